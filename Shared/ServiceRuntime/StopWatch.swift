// StopWatch: knows when the stop of a service began, and ends the process when it does not come to an end.
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The part of a service group that is stopped first.
final class StopWatch: Service {
    private let grace: Duration
    private let cancellationMax: Duration
    private let health: HealthChecks?
    private let logger: Logger
    private let state = Mutex((isStopping: false, isOverdue: false))
    private let done = DispatchSemaphore(value: 0)

    init(grace: Duration, cancellationMax: Duration, health: HealthChecks?, logger: Logger) {
        self.grace = grace
        self.cancellationMax = cancellationMax
        self.health = health
        self.logger = logger
    }

    /// True from the moment in which the stop began.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// True when the grace ran out before every part had stopped.
    var isOverdue: Bool { state.withLock { $0.isOverdue } }

    var overdue: ExitError { ExitError(.failed, "did not stop within \(grace); what was left was cancelled") }

    func run() async throws {
        try await gracefulShutdown()
        state.withLock { $0.isStopping = true }
        health?.markStopping()
        logger.info("stopping")
        // A thread, because the last resort must work when the cooperative pool is stuck.
        let (done, limit, logger) = (self.done, grace + cancellationMax, self.logger)
        Thread.detachNewThread {
            let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
            guard done.wait(timeout: .now() + seconds) == .timedOut else { return }
            logger.critical("a part did not stop after it was cancelled; ending the process")
            ProcessEnd.now(ExitCode.failed.rawValue)
        }
    }

    /// A part was cancelled. While stopping, that means that the grace ran out before it had stopped.
    func noteCancelled() { state.withLock { $0.isOverdue = $0.isOverdue || $0.isStopping } }

    /// Every part has ended.
    func finish() { done.signal() }
}

/// A part of a service, watched: one that ends before it was told to is a failure, unless it is the job.
struct WatchedPart: Service, CustomStringConvertible {
    let part: any Service
    let mayEnd: Bool
    let watch: StopWatch

    var description: String { "\(type(of: part))" }

    func run() async throws {
        defer { if Task.isCancelled { watch.noteCancelled() } }
        try await part.run()
        if !mayEnd && !watch.isStopping && !Task.isCancelled {
            throw ExitError(.failed, "\(self) ended although nothing told it to")
        }
    }
}
