import ModelProject
import Pipeline
import Planning

/// Of each model of a plan, why it will or will not be computed.
struct PlanExplanation {
    struct Model {
        let model: PlannedModel
        let reasons: IntervalReasons
        /// When its cron ticks next.
        let next: Moment?
    }

    let models: [Model]

    /// - Parameter done: What has been computed, by table.
    init(_ plan: Plan, _ request: PlanRequest, done: [VersionID: IntervalSet]) throws {
        var work: [ModelName: MissingIntervals] = [:]
        for item in plan.work { work[item.model.name] = item.missing }
        var computed: [ModelName: IntervalSet] = [:]
        var models: [Model] = []
        for model in plan.models {
            let snapshot = model.snapshot
            let parents = snapshot.parents.compactMap { name in computed[name].map { (name: name, computed: $0) } }
            var situation = IntervalReasons.Situation(
                upTo: request.upTo, done: done[model.id] ?? IntervalSet(), isNew: model.isNew, parents: parents,
                limit: plan.waiting[model.name])
            if model.isNew { situation.done = IntervalSet() }
            if plan.restated.contains(model.name) {
                let wanted = request.window ?? Interval(from: .beginning, to: .distant)
                situation.requested = IntervalSet([wanted].compactMap { $0 })
            }
            switch request.backfill {
            case .compute:
                if request.window != nil { situation.left = "--start and --end leave it to later runs" }
                if request.backfilled != nil { situation.left = "--backfill-model leaves it to later runs" }
            case .skip: situation.left = "--skip-backfill leaves it to later runs"
            case .assume: situation.left = "--empty-backfill takes it as done"
            }
            let missing =
                work[model.name]
                ?? MissingIntervals(
                    of: snapshot, done: IntervalSet(from: .beginning, to: .distant), upTo: request.upTo,
                    limit: plan.waiting[model.name]?.moment, includesPartials: false)
            computed[model.name] = missing.due
            models.append(
                Model(
                    model: model, reasons: IntervalReasons(snapshot, missing, situation),
                    next: snapshot.schedule.next(after: request.upTo)))
        }
        self.models = models
    }

    /// Lines for people.
    var text: String {
        var lines = ["Why:"]
        for item in models {
            let kind = item.model.snapshot.definition.kind
            lines.append("  \(item.model.name)  (\(kind.name))")
            lines += item.reasons.parts.map { "    \($0.text(isWhole: !kind.options.isIncremental))" }
            if let next = item.next { lines.append("    next tick: \(next.timestamp(fraction: false)) UTC") }
        }
        return lines.joined(separator: "\n")
    }
}
