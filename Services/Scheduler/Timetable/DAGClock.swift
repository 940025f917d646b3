// DAGClock: which ticks of a DAG become runs. A plain value: event in, action out; the clock on the wall is passed in.
// Always: every time up to `cursor` is decided on, and never again; at most one scheduled run is handed out at a time; the
// next tick of each schedule is known, and worked out anew only when it is past: looking costs next to nothing.
import Foundation

/// What becomes of ticks that nobody was there for: the scheduler was down, the DAG paused.
public enum CatchUp: String, Sendable, CaseIterable, Codable {
    /// Nothing; wait for the next tick.
    case none
    /// They become one run, for the latest of them.
    case latest
    /// Each becomes a run, oldest first.
    case all
}

/// Decides when a DAG runs.
public struct DAGClock: Sendable, Equatable {
    /// A run to begin now.
    public struct Tick: Sendable, Equatable {
        /// The time the run stands for: the latest tick in it.
        public let time: Date
        /// The models due, each with its own latest tick: data before that is to be there.
        public let models: [String: Date]

        public init(time: Date, models: [String: Date]) {
            self.time = time
            self.models = models
        }
    }

    public enum Action: Sendable, Equatable {
        case start(Tick)
        /// Nothing to do before this time.
        case wait(until: Date)
        /// Nothing to do before another event.
        case idle
    }

    /// Models that share a schedule.
    private struct Line: Sendable, Equatable {
        let schedule: Schedule
        let models: [String]
        /// The first tick after the cursor.
        var next: Date?
    }

    private var lines: [Line] = []
    public private(set) var cursor: Date
    /// The next time that is not decided on, due or not.
    public private(set) var nextTick: Date?
    public private(set) var isPaused: Bool
    public var catchUp: CatchUp
    /// A tick is missed, rather than late, when it is older than this, in seconds.
    public static let graceMax: TimeInterval = 60

    /// - Parameter cursor: Ticks up to here are dealt with.
    public init(schedules: [String: Schedule], cursor: Date, isPaused: Bool = false, catchUp: CatchUp = .latest) {
        self.cursor = cursor
        self.isPaused = isPaused
        self.catchUp = catchUp
        take(schedules)
    }

    /// The models changed. Ticks from now on are the new schedules'; none is made up for the past. Ticks that wait for a
    /// run to end keep waiting.
    public mutating func replace(_ schedules: [String: Schedule], at now: Date) {
        if nextTick.map({ $0 > now }) ?? true { cursor = max(cursor, now) }
        take(schedules)
    }

    private mutating func take(_ schedules: [String: Schedule]) {
        lines = Dictionary(grouping: schedules.keys) { schedules[$0] }.compactMap { schedule, models in
            schedule.map { Line(schedule: $0, models: models.sorted(), next: $0.next(after: cursor)) }
        }
        nextTick = lines.compactMap(\.next).min()
    }

    private mutating func move(to cursor: Date) {
        self.cursor = cursor
        for index in lines.indices {
            guard let next = lines[index].next, next <= cursor else { continue }
            lines[index].next = lines[index].schedule.next(after: cursor)
        }
        nextTick = lines.compactMap(\.next).min()
    }

    /// Stops handing out runs. The run in hand goes on.
    public mutating func pause() { isPaused = true }

    /// Hands out runs again; ticks that fell into the pause are caught up with as after any other absence.
    public mutating func unpause() { isPaused = false }

    /// Looks at the clock.
    /// - Parameter isBusy: Whether a run of the DAG is going on: what falls due meanwhile waits, and collapses.
    public mutating func look(at now: Date, isBusy: Bool, hasBeenAway: Bool = false) -> Action {
        guard !isPaused, !lines.isEmpty else { return .idle }
        if hasBeenAway, catchUp == .none { skipMissed(now) }
        guard let first = nextTick else { return .idle }
        guard first <= now else { return .wait(until: first) }
        if isBusy { return .idle }
        let end = catchUp == .all ? first : now
        var models: [String: Date] = [:]
        for line in lines {
            guard let next = line.next, next <= end, let tick = line.schedule.last(atOrBefore: end) else { continue }
            for model in line.models { models[model] = tick }
        }
        guard let time = models.values.max() else { return .idle }
        move(to: time)
        return .start(Tick(time: time, models: models))
    }

    private mutating func skipMissed(_ now: Date) {
        let horizon = now.addingTimeInterval(-Self.graceMax)
        if let first = nextTick, first < horizon { move(to: max(cursor, horizon)) }
    }
}
