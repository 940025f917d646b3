// TroubleLog: a trouble that goes on is told when it begins, and then at growing distances: a log says what is wrong, and is
// not filled by it.
import Logging
import Synchronization

/// Logs the failures of something that is tried again and again.
public final class TroubleLog: Sendable {
    private struct State {
        var since: ContinuousClock.Instant?
        var times = 0
        var nextAt = ContinuousClock.now
        var distance = TroubleLog.first
    }

    private let what: Logger.Message
    private let logger: Logger
    private let level: Logger.Level
    private let state = Mutex(State())
    private static let first: Duration = .seconds(10)
    private static let last: Duration = .seconds(600)

    /// - Parameter what: The line, as `control topic not readable`.
    public init(_ what: Logger.Message, level: Logger.Level = .warning, logger: Logger) {
        self.what = what
        self.logger = logger
        self.level = level
    }

    /// It failed. Told at once for the first time, then after ten seconds, and each time twice as long, up to ten minutes.
    public func note(_ error: any Error, _ more: Logger.Metadata = [:]) {
        let now = ContinuousClock.now
        let times: Int? = state.withLock { state in
            state.times += 1
            if state.since == nil { state = State(since: now, times: 1, nextAt: now) }
            guard now >= state.nextAt else { return nil }
            if state.times > 1 { state.distance = min(state.distance * 2, Self.last) }
            state.nextAt = now + state.distance
            return state.times
        }
        guard let times else { return }
        var metadata = more
        metadata["error"] = "\(error)"
        if times > 1 { metadata["times"] = "\(times)" }
        logger.log(level: level, what, metadata: metadata)
    }

    /// It failed, or with `nil`: it works.
    public func note(outcome error: (any Error)?) {
        if let error { note(error) } else { over() }
    }

    /// It works. Said once, when it had failed before more often than once.
    public func over() {
        let (times, since) = state.withLock { state in
            defer { if state.since != nil { state = State() } }
            return (state.times, state.since)
        }
        guard let since, times > 1 else { return }
        logger.info(
            "works again",
            metadata: ["what": "\(what)", "times": "\(times)", "after": "\(ContinuousClock.now - since)"])
    }
}
