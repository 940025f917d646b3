// Simulation: sends events to Kafka, history first and then live, and counts what was acknowledged.
// Always: when it ends, by its count, its end or a signal, everything sent was acknowledged or counted as failed.
import Kafka
import Logging
import Metrics
import ServiceLifecycle

/// The run of `producer simulate`.
struct Simulation: Service {
    let settings: SimulateSettings
    let kafka: KafkaSettings
    let progress: SimulationProgress
    let logger: Logger

    /// Events handed over at once: enough to be fast, few enough to stop soon.
    private static let chunk = 2_000

    func run() async throws {
        let log = try settings.log.map { try EventLog(path: $0) }
        let delivery = try ResilientDelivery(
            kafka, topics: settings.topics, progress: progress, log: log, logger: logger)
        let clock = ContinuousClock()
        let began = clock.now
        let failure: (any Error)?
        do {
            try await cancelWhenGracefulShutdown {
                try await self.send(through: delivery)
            }
            failure = nil
        } catch is CancellationError {
            failure = nil  // a signal: what was sent is flushed and counted below, as at any end
        } catch {
            failure = error
        }
        try await delivery.close()
        let counts = progress.counts
        let seconds =
            Double((clock.now - began).components.seconds) + Double((clock.now - began).components.attoseconds) / 1e18
        logger.info(
            "simulation ended",
            metadata: [
                "scenario": "\(settings.scenario.rawValue)", "delivered": "\(counts.delivered)",
                "failed": "\(counts.failed)",
                "seconds": "\(seconds)", "seed": "\(settings.seed)",
            ])
        if let failure { throw failure }
        if counts.failed > 0 { throw SimulationError.undelivered(counts.failed, of: counts.delivered + counts.failed) }
    }

    private func send(through delivery: ResilientDelivery) async throws {
        let (users, seed) = (settings.users, settings.seed)
        let from = settings.from, to = settings.to ?? WallClock.microseconds()
        switch settings.scenario {
        case .pageViews:
            let past = from.map { HistorySource(users: users, seed: seed, from: $0, to: to) }
            // The live visits are others than those of the history, by the same seed.
            let live = LiveSource(users: users, seed: seed &+ 1, rate: settings.rate)
            try await sendLive(live, through: delivery, after: sendHistory(past, through: delivery))
        case .subscriptions:
            let past = from.map { SubscriptionHistory(users: users, seed: seed, from: $0, to: to) }
            let live = SubscriptionLive(users: users, seed: seed)
            try await sendLive(live, through: delivery, after: sendHistory(past, through: delivery))
        }
    }

    /// - Returns: How many events it sent.
    private func sendHistory<Source: IteratorProtocol & Sendable>(
        _ source: Source?, through delivery: ResilientDelivery
    ) async throws -> Int where Source.Element: SimulatedEvent {
        guard var source else { return 0 }
        var faults = FaultInjector(settings.faults, lateness: settings.lateness, seed: settings.seed &+ 2)
        var remaining = settings.count ?? .max
        while remaining > 0 {
            try Task.checkCancellation()
            var batch = EventBatch(topics: settings.topics, capacity: Self.chunk)
            var latest: Int64?
            while batch.events < min(Self.chunk, remaining), let event = source.next() {
                latest = event.time
                batch.append(event, faults: &faults)
            }
            if batch.events == 0 { break }
            if let latest, let from = settings.from, let to = settings.to {
                progress.reached(Double(latest - from) / Double(to - from))
            }
            batch.finish()
            try await delivery.send(batch)
            remaining -= batch.events
        }
        return (settings.count ?? .max) - remaining
    }

    private func sendLive<Source: LiveEvents & Sendable>(
        _ source: Source, through delivery: ResilientDelivery, after sent: Int
    ) async throws {
        guard settings.to == nil else { return }
        var source = source
        var faults = FaultInjector(settings.faults, lateness: settings.lateness, seed: settings.seed &+ 3)
        var pace = Pace(rate: settings.rate, chunk: Self.chunk)
        var remaining = settings.count.map { $0 - sent } ?? .max
        while remaining > 0 {
            let due = min(try await pace.next(), remaining)
            var batch = EventBatch(topics: settings.topics, capacity: due)
            for _ in 0..<due { batch.append(source.next(at: WallClock.microseconds()), faults: &faults) }
            batch.finish()
            try await delivery.send(batch)
            remaining -= due
        }
    }
}

/// Why a simulation ended with an exit code of 1.
enum SimulationError: Error, CustomStringConvertible {
    case undelivered(Int, of: Int)
    case log(String, String)

    var description: String {
        switch self {
        case .undelivered(let failed, let all):
            "\(failed) of \(all) events were not acknowledged by Kafka; see the log for the reason. Run it again for as many more."
        case .log(let path, let reason):
            "Cannot write the log of events to \(path): \(reason). Nothing more is sent; name another file with --log."
        }
    }
}
