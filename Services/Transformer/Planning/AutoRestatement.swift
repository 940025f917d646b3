import CivilTime
import ModelProject
import Pipeline

/// When a model's latest intervals are computed again without being asked, and which: `auto_restatement_cron` and
/// `auto_restatement_intervals` of its kind.
public struct AutoRestatement: Sendable {
    private let schedule: CronSchedule
    /// Nil: all.
    private let intervals: Int?
    private let grid: IntervalGrid
    /// No part of the table belongs to an interval: it is emptied, and all of it computed.
    public let isOfWhole: Bool

    /// Nil for a model that is not computed again by itself.
    public init?(_ model: ModelSnapshot) {
        let kind = model.definition.kind.options
        // Checked when the model was read.
        guard kind.canRestate, let cron = kind.evolution.autoRestatementCron,
            let schedule = try? CronSchedule(cron, zone: "UTC")
        else { return nil }
        self.schedule = schedule
        intervals = kind.evolution.autoRestatementIntervals
        grid = model.grid
        isOfWhole = kind.restatesWhole
    }

    /// Whether the cron has ticked after `last`, at `now` or before. However often it has, that is one time.
    public func isDue(since last: Moment, at now: Moment) -> Bool {
        schedule.next(after: last).map { $0 <= now } ?? false
    }

    /// What is computed again: the last intervals that are over.
    public func times(at now: Moment) -> IntervalSet {
        let end = grid.floor(now)
        return IntervalSet(from: intervals.map { grid.step(end, by: -$0) } ?? .beginning, to: end)
    }
}
