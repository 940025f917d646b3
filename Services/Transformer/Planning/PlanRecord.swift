import ModelProject
import Pipeline

/// What a plan does, kept while somebody looks at it: what is carried out later is no more than what was shown.
public struct PlanRecord: Sendable, Codable, Equatable {
    /// What makes a model's rows, table and properties what they are.
    struct Model: Sendable, Codable, Equatable { let fingerprint: String, metadata: String, version: String }

    public let environment: String
    /// The promotion that it was made against; nil: there was no environment.
    public let basis: String?
    private let models: [String: Model]
    /// What runs before and after everything else.
    private let statements: EnvironmentStatements?
    /// Each step by what it does, such as `make the table of analytics.a`.
    private let steps: Set<String>
    /// The times that each step is for, beginnings and ends in turn; only of steps that compute, or take as
    /// done, models whose intervals are computed one by one.
    private let times: [String: [Moment]]

    public init(_ plan: Plan) {
        environment = plan.environment
        basis = plan.basis
        models = Dictionary(
            uniqueKeysWithValues: plan.models.map { model in
                (
                    model.name.description,
                    Model(
                        fingerprint: model.snapshot.fingerprint, metadata: model.snapshot.metadataHash,
                        version: model.version)
                )
            })
        statements = plan.statements
        var steps: Set<String> = []
        var times: [String: [Moment]] = [:]
        func compute(_ what: String, _ work: [ModelWork]) {
            for item in work {
                let step = "\(what) \(item.model.name)"
                steps.insert(step)
                // What is computed as a whole is so for any time.
                guard item.model.snapshot.definition.kind.options.isIncremental else { continue }
                times[step] = item.missing.due.intervals.flatMap { [$0.start, $0.end] }
            }
        }
        for stage in plan.stages {
            switch stage {
            case .migrate(let models):
                for model in models where model.isExtended {
                    let columns = (model.forward?.added ?? []).joined(separator: ", ")
                    steps.insert("add \(columns) to \(model.name)")
                }
            case .createTables(let models): steps.formUnion(models.map { "make the table of \($0.name)" })
            case .backfill(let work): compute("compute", work)
            case .assume(let work): compute("take as done", work)
            case .runStatements(let models): steps.formUnion(models.map { "run the statements of \($0.name)" })
            case .audit(let models): steps.formUnion(models.map { "audit \($0.name)" })
            case .promote(let views, let dropped):
                steps.formUnion(views.map { "point the view of \($0.name)" })
                steps.formUnion(dropped.map { "drop the view of \($0)" })
            }
        }
        self.steps = steps
        self.times = times
    }

    /// Why what is planned now is not what was shown; empty when it does the same, or less because some of it has been done
    /// meanwhile.
    public func differences(from now: PlanRecord) -> [String] {
        if basis != now.basis {
            let what = now.basis == nil ? "was removed" : "has been promoted"
            return ["\(environment) \(what) since"]
        }
        var found: [String] = []
        func note(_ names: some Sequence<String>, _ what: String) {
            let list = names.sorted()
            guard !list.isEmpty else { return }
            let more = list.count > Self.namesMax ? " and \(list.count - Self.namesMax) more" : ""
            found.append("\(what) \(list.prefix(Self.namesMax).joined(separator: ", "))\(more)")
        }
        let all = Set(models.keys).union(now.models.keys)
        let edited = all.filter { name in
            models[name]?.fingerprint != now.models[name]?.fingerprint
                || models[name]?.metadata != now.models[name]?.metadata
        }
        note(edited, "the files say something else of")
        if statements != now.statements { found.append("before_all or after_all of config.yaml are others") }
        if !found.isEmpty { return found }
        note(all.filter { models[$0] != now.models[$0] }, "there is another table for")
        note(now.steps.subtracting(steps), "it would also")
        note(now.times.keys.filter { steps.contains($0) && exceeds(now, in: $0) }, "for other times it would")
        return found
    }

    /// How many names a message has.
    private static let namesMax = 10

    private func exceeds(_ now: PlanRecord, in step: String) -> Bool {
        !now.set(step).subtracting(set(step)).isEmpty
    }

    private func set(_ step: String) -> IntervalSet {
        let bounds = times[step] ?? []
        return IntervalSet(
            stride(from: 0, to: bounds.count - 1, by: 2).compactMap { Interval(from: bounds[$0], to: bounds[$0 + 1]) })
    }
}
