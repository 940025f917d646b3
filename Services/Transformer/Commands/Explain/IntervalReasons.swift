import ModelProject
import Pipeline
import Planning

/// Why parts of a model's time are computed, or are not.
struct IntervalReasons {
    /// A stretch of time and what holds for all of it.
    struct Part: Equatable {
        let intervals: IntervalSet
        let isComputed: Bool
        let reason: String
    }

    /// What is known when it is asked.
    struct Situation {
        /// Data before this time.
        var upTo: Moment
        /// What counts as done in the model's table.
        var done = IntervalSet()
        /// There is no table yet.
        var isNew = false
        /// What is computed of the models that it reads.
        var parents: [(name: ModelName, computed: IntervalSet)] = []
        /// Somebody wants this to be computed, done or not.
        var requested = IntervalSet()
        /// What keeps it back; nil: nothing does.
        var limit: Readiness.Limit?
        /// What is left to others, and why: `--start and --end leave it out`.
        var left = ""
    }

    let parts: [Part]

    /// - Parameter missing: What is to be computed.
    init(_ model: ModelSnapshot, _ missing: MissingIntervals, _ situation: Situation) {
        let isWhole = !model.definition.kind.options.isIncremental
        let found = isWhole ? Self.whole(model, missing, situation) : Self.byTime(model, missing, situation)
        parts = found + Self.waiting(model, situation)
    }

    /// What would be computed, were the data there.
    private static func waiting(_ model: ModelSnapshot, _ now: Situation) -> [Part] {
        guard let limit = now.limit, model.definition.kind.options.hasRelation else { return [] }
        let ready = MissingIntervals(of: model, done: now.done, upTo: now.upTo, limit: limit.moment)
        let all = MissingIntervals(of: model, done: now.done, upTo: now.upTo)
        let held = all.due.subtracting(ready.due)
        return held.isEmpty ? [] : [Part(intervals: held, isComputed: false, reason: "\(limit)")]
    }

    /// A model that is computed as a whole has one reason.
    private static func whole(_ model: ModelSnapshot, _ missing: MissingIntervals, _ now: Situation) -> [Part] {
        guard model.definition.kind.options.hasRelation else {
            return [Part(intervals: now.done, isComputed: false, reason: "has no table: it stands in what reads it")]
        }
        guard !missing.due.isEmpty else {
            return [Part(intervals: now.done, isComputed: false, reason: "is done: nothing that it reads has changed")]
        }
        let reason: String
        if now.isNew {
            reason = "there is no table of this version yet"
        } else if now.done.isEmpty {
            reason = "its table is empty"
        } else if now.requested.intersects(missing.due) {
            reason = "asked for"
        } else if let parent = now.parents.first(where: { $0.computed.intersects(missing.due) }) {
            reason = "reads \(parent.name), which is computed again"
        } else if let end = now.done.end, missing.due.start.map({ $0 >= end }) ?? false {
            reason =
                "its cron's tick of \(missing.completeUpTo.timestamp(fraction: false)) has passed since it was computed"
        } else {
            reason = "what it reads has got other rows since"
        }
        return [Part(intervals: missing.due, isComputed: true, reason: reason)]
    }

    private static func byTime(_ model: ModelSnapshot, _ missing: MissingIntervals, _ now: Situation) -> [Part] {
        let all = IntervalSet(
            from: model.grid.floor(model.definition.start ?? .beginning), to: missing.completeUpTo)
        let open = all.subtracting(now.done)
        let due = missing.due
        var parts: [Part] = []
        func add(_ set: IntervalSet, computed: Bool = true, _ reason: String) {
            if !set.isEmpty { parts.append(Part(intervals: set, isComputed: computed, reason: reason)) }
        }
        var rest = due
        func take(_ set: IntervalSet, _ reason: String) {
            add(rest.intersection(set), reason)
            rest = rest.subtracting(set)
        }
        take(now.requested, "asked for")
        if let first = now.done.start, let last = now.done.end {
            let between = IntervalSet(from: first, to: last)
            take(open.intersection(between), "is open again: late rows, or a run that failed")
            take(open.intersection(IntervalSet(from: last, to: missing.completeUpTo)), "is over since the last run")
            take(open, "was never computed")
        } else {
            take(open, now.isNew ? "there is no table of this version yet" : "was never computed")
        }
        for parent in now.parents { take(parent.computed, "reads \(parent.name), which is computed again") }
        if let complete = Interval(from: missing.completeUpTo, to: .distant) {
            take(IntervalSet([complete]), "is not over yet, and the model allows partials: computed again each time")
        }
        take(rest, "lookback of \(model.lookback): comes before what is computed")
        add(open.subtracting(due), computed: false, now.left.isEmpty ? "is left to later runs" : now.left)
        add(now.done.subtracting(due), computed: false, "is done")
        return parts.sorted { ($0.intervals.start ?? .epoch) < ($1.intervals.start ?? .epoch) }
    }
}

extension IntervalReasons.Part {
    /// `2026-11-01 to 2026-11-05: computed, as it was never computed`
    func text(isWhole: Bool) -> String {
        let time = isWhole ? "the whole" : IntervalText.days(intervals)
        return isComputed ? "\(time): computed (\(reason))" : "\(time): not computed (\(reason))"
    }
}
