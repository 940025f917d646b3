import Kafka
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// How far a simulation is: read by its log line, its metrics and its end.
final class SimulationProgress: Sendable {
    /// Events by what became of them.
    struct Counts: Equatable, Sendable {
        var sent = 0
        var delivered = 0
        var failed = 0
    }

    private struct State {
        var finished = Counts()
        var current: BulkDelivery?
    }

    private let state = Mutex(State())

    func follow(_ bulk: BulkDelivery) { state.withLock { $0.current = bulk } }

    /// `bulk` has come to its end; its counts stay.
    func finish(_ bulk: BulkDelivery) {
        state.withLock { state in
            guard state.current === bulk else { return }
            state.finished = Self.sum(state.finished, bulk.report)
            state.current = nil
        }
    }

    /// Counts messages whose receipts are not those of a bulk delivery that is followed.
    func count(sent: Int = 0, delivered: Int = 0, failed: Int = 0) {
        state.withLock { state in
            state.finished.sent += sent
            state.finished.delivered += delivered
            state.finished.failed += failed
        }
    }

    var counts: Counts {
        state.withLock { state in state.current.map { Self.sum(state.finished, $0.report) } ?? state.finished }
    }

    private static func sum(_ counts: Counts, _ report: BulkReport) -> Counts {
        Counts(
            sent: counts.sent + report.enqueued, delivered: counts.delivered + report.delivered,
            failed: counts.failed + report.failed)
    }
}

/// Says every ten seconds how far the simulation is, and keeps its metrics.
struct ProgressReporter: Service {
    let progress: SimulationProgress
    let topic: String
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.report() }
        } catch is CancellationError {
            return  // the simulation has ended, or is told to
        }
    }

    private func report() async throws {
        let delivered = Counter(label: "producer_events_delivered_total", dimensions: [("topic", topic)])
        let failed = Counter(label: "producer_events_failed_total", dimensions: [("topic", topic)])
        var before = SimulationProgress.Counts()
        for second in 1... {
            try await Task.sleep(for: .seconds(1))
            let now = progress.counts
            delivered.increment(by: now.delivered - before.delivered)
            failed.increment(by: now.failed - before.failed)
            before = now
            guard second.isMultiple(of: 10) else { continue }
            logger.info(
                "events delivered",
                metadata: [
                    "topic": "\(topic)", "delivered": "\(now.delivered)", "failed": "\(now.failed)",
                    "pending": "\(now.sent - now.delivered - now.failed)",
                ])
        }
    }
}
