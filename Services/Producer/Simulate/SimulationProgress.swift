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
        var share: Double?
    }

    private let state = Mutex(State())

    /// How much of the time that the events are to be of has been gone through, 0 to 1; `nil` where it has no end.
    var share: Double? { state.withLock { $0.share } }

    func reached(_ share: Double) { state.withLock { $0.share = share } }

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

/// Shows people how far a simulation is: a line on a terminal, else a log line every ten seconds. Keeps its metrics.
struct ProgressReporter: Service {
    let progress: SimulationProgress
    let scenario: Scenario
    /// How many events there will be, where that is known.
    let total: Int?
    let logger: Logger

    func run() async throws { try await ProgressBar.untilDone { isWatched in try await report(isWatched) } }

    private func report(_ isWatched: Bool) async throws {
        let dimensions = [("scenario", scenario.rawValue)]
        let delivered = Counter(label: "producer_events_delivered_total", dimensions: dimensions)
        let failed = Counter(label: "producer_events_failed_total", dimensions: dimensions)
        let clock = ContinuousClock()
        let began = clock.now
        var before = SimulationProgress.Counts()
        for second in 1... {
            try await Task.sleep(for: .seconds(1))
            let now = progress.counts
            delivered.increment(by: now.delivered - before.delivered)
            failed.increment(by: now.failed - before.failed)
            if isWatched { ProgressBar.draw(line(now, before, began.duration(to: clock.now))) }
            before = now
            guard second.isMultiple(of: 10), !isWatched else { continue }
            logger.info(
                "events delivered",
                metadata: [
                    "scenario": "\(scenario.rawValue)", "delivered": "\(now.delivered)", "failed": "\(now.failed)",
                    "pending": "\(now.sent - now.delivered - now.failed)",
                ])
        }
    }

    private func line(
        _ now: SimulationProgress.Counts, _ before: SimulationProgress.Counts, _ elapsed: Duration
    ) -> String {
        let counts = "\(ProgressBar.grouped(now.delivered)) delivered, \(ProgressBar.grouped(now.failed)) failed"
        return ProgressBar.line(
            share: total.map { Double(now.delivered) / Double($0) } ?? progress.share, counts: counts,
            perSecond: Double(now.delivered - before.delivered), elapsed: elapsed)
    }
}
