import ModelProject
import Pipeline

/// Which intervals of a model are to be computed.
public struct MissingIntervals: Sendable {
    /// What to compute, ascending. For FULL and VIEW: the time since which input has changed; the whole model is due.
    public let due: IntervalSet
    /// Intervals that reach past this moment are computed and not counted as done: they are not over yet.
    public let completeUpTo: Moment
    /// True when the table is to be emptied first.
    public let startsAnew: Bool

    /// - Parameters:
    ///   - done: What has been computed and still holds.
    ///   - upTo: Data before this time. The model's cron decides how much of it is due.
    ///   - requested: Computed whether done or not; of a model whose rows are written once, only what is not done.
    ///   - startsAnew: The whole table is computed anew, whatever is done.
    ///   - window: When given, nothing outside of it is computed.
    ///   - limit: When given, nothing that ends later is computed: the data is not there.
    ///   - ignoresCron: Whatever the cron says, all of that time is due.
    ///   - includesPartials: False leaves out intervals that are not over, whatever the model allows.
    public init(
        of model: ModelSnapshot, done: IntervalSet, upTo: Moment, requested: IntervalSet = IntervalSet(),
        startsAnew: Bool = false, window: Interval? = nil, limit: Moment? = nil,
        ignoresCron: Bool = false, includesPartials: Bool = true
    ) {
        let grid = model.grid
        let kind = model.definition.kind.options
        let requested = kind.isComputedOnce ? IntervalSet() : requested
        var tick = ignoresCron ? upTo : model.schedule.floor(upTo)
        if let end = model.definition.end { tick = min(tick, end) }
        // What is computed as a whole is so at ticks alone.
        if let limit, limit < tick { tick = kind.isIncremental ? limit : model.schedule.floor(limit) }
        self.startsAnew = startsAnew && kind.isIncremental
        guard kind.hasRelation else {
            completeUpTo = tick
            due = IntervalSet()
            return
        }
        guard kind.isIncremental else {
            if !includesPartials { tick = grid.floor(tick) }
            let all = IntervalSet(from: .beginning, to: tick)
            completeUpTo = tick
            due = all.subtracting(done).union(requested.intersection(all))
            return
        }
        completeUpTo = grid.floor(tick)
        let end = model.definition.allowPartials && includesPartials ? grid.ceiling(tick) : completeUpTo
        var bounds = IntervalSet(from: grid.floor(model.definition.start ?? .beginning), to: end)
        if startsAnew {
            due = bounds
            return
        }
        if let window { bounds = bounds.intersection(grid.covering(IntervalSet([window]))) }
        var missing = grid.covering(bounds.subtracting(done).union(requested)).intersection(bounds)
        // Where rows of any interval replace those that are there, an old interval alone would win over later ones.
        if kind.restatesWhole, !kind.isComputedOnce, let first = missing.intervals.first {
            missing = bounds.intersection(IntervalSet(from: first.start, to: bounds.end ?? first.end))
        }
        due = grid.extended(missing, back: model.lookback).intersection(bounds)
    }

    /// `due` cut into the stretches that one statement computes each.
    public func batches(of model: ModelSnapshot) -> [Interval] {
        let kind = model.definition.kind.options
        guard kind.isIncremental, let size = kind.intervalsPerBatch else { return due.intervals }
        var batches: [Interval] = []
        for interval in due.intervals {
            var start = interval.start
            // Nearly always empty, and a batch for each of its days would be none that anybody asked for.
            if start < .epoch, model.definition.start == nil,
                let early = Interval(from: start, to: min(model.grid.floor(.epoch), interval.end))
            {
                batches.append(early)
                start = early.end
            }
            while let batch = Interval(from: start, to: min(model.grid.step(start, by: size), interval.end)) {
                batches.append(batch)
                start = batch.end
            }
        }
        return batches
    }

    /// The part of `batch` that counts as done once it is computed.
    public func complete(_ batch: Interval) -> IntervalSet {
        IntervalSet(from: batch.start, to: min(batch.end, completeUpTo))
    }
}
