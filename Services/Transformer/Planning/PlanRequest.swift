import ModelProject
import Pipeline

/// What somebody wants of a plan.
public struct PlanRequest: Sendable {
    /// What becomes of the intervals that are missing.
    public enum Backfill: Sendable {
        case compute
        /// They stay missing: later runs compute them.
        case skip
        /// They count as done without being computed.
        case assume
    }

    public var environment: String
    /// The plan's present: data before this time is wanted.
    public var upTo: Moment
    /// When given, nothing outside of it is computed: a preview of some days.
    public var window: Interval?
    public var backfill = Backfill.compute
    /// Only changes of these models are taken; nil: all.
    public var selected: [ModelSelection]?
    /// These models are computed again within `window`, and what reads them.
    public var restated: [ModelSelection] = []

    /// Only these models are computed, and what they read; the others are left to later runs. Nil: all.
    public var backfilled: [ModelSelection]?

    /// Changes of incremental models hold for new intervals alone, as if their kinds said so.
    public var forwardOnly = false
    /// What somebody says that changes mean; of several for one model the last counts.
    public var categories: [CategoryChoice] = []
    /// Forward-only changes hold for intervals from this time on; nil: for new ones.
    public var effectiveFrom: Moment?
    /// Models that may lose columns by a forward-only change, whatever their kinds say.
    public var allowedDestructive: [ModelSelection] = []
    /// For selections by `git:branch`: the files that differ from the branch's, relative to the pipeline folder.
    public var changedFiles: [String: Set<String>] = [:]

    /// All that names models.
    public var selections: [ModelSelection] {
        (selected ?? []) + (backfilled ?? []) + restated + allowedDestructive + categories.map(\.models)
    }

    /// The time for which forward-only changes hold besides new intervals.
    var effective: Interval? { effectiveFrom.flatMap { Interval(from: $0, to: upTo) } }

    public init(environment: String, upTo: Moment, window: Interval? = nil) {
        self.environment = environment
        self.upTo = upTo
        self.window = window
    }
}
