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
        let delivery = try ResilientDelivery(kafka, progress: progress, logger: logger)
        let clock = ContinuousClock()
        let began = clock.now
        let failure: (any Error)?
        do {
            try await cancelWhenGracefulShutdown {
                try await self.sendHistory(through: delivery)
                try await self.sendLive(through: delivery)
            }
            failure = nil
        } catch is CancellationError {
            failure = nil  // a signal: what was sent is flushed and counted below, as at any end
        } catch {
            failure = error
        }
        await delivery.close()
        let counts = progress.counts
        let seconds =
            Double((clock.now - began).components.seconds) + Double((clock.now - began).components.attoseconds) / 1e18
        logger.info(
            "simulation ended",
            metadata: [
                "topic": "\(settings.topic)", "delivered": "\(counts.delivered)", "failed": "\(counts.failed)",
                "seconds": "\(seconds)", "seed": "\(settings.seed)",
            ])
        if let failure { throw failure }
        if counts.failed > 0 { throw SimulationError.undelivered(counts.failed, of: counts.delivered + counts.failed) }
    }

    private func sendHistory(through delivery: ResilientDelivery) async throws {
        guard let from = settings.from else { return }
        var source = HistorySource(
            users: settings.users, seed: settings.seed, from: from, to: settings.to ?? WallClock.microseconds())
        var encoder = PageViewEncoder()
        var remaining = settings.count ?? .max
        while remaining > 0 {
            try Task.checkCancellation()
            var messages: [ProducerMessage] = []
            messages.reserveCapacity(Self.chunk)
            while messages.count < min(Self.chunk, remaining), let event = source.next() {
                messages.append(message(event, &encoder))
            }
            if messages.isEmpty { break }
            try await delivery.send(messages)
            remaining -= messages.count
        }
    }

    private func sendLive(through delivery: ResilientDelivery) async throws {
        guard settings.to == nil else { return }
        // The live visits are others than those of the history, by the same seed.
        var source = LiveSource(users: settings.users, seed: settings.seed &+ 1, rate: settings.rate)
        var encoder = PageViewEncoder()
        var pace = Pace(rate: settings.rate, chunk: Self.chunk)
        var remaining = settings.count.map { $0 - progress.counts.sent } ?? .max
        while remaining > 0 {
            let due = min(try await pace.next(), remaining)
            var messages: [ProducerMessage] = []
            messages.reserveCapacity(due)
            for _ in 0..<due { messages.append(message(source.next(at: WallClock.microseconds()), &encoder)) }
            try await delivery.send(messages)
            remaining -= due
        }
    }

    private func message(_ event: PageViewEvent, _ encoder: inout PageViewEncoder) -> ProducerMessage {
        ProducerMessage(topic: settings.topic, key: encoder.key(of: event), value: encoder.value(of: event))
    }
}

/// Why a simulation ended with an exit code of 1.
enum SimulationError: Error, CustomStringConvertible {
    case undelivered(Int, of: Int)

    var description: String {
        switch self {
        case .undelivered(let failed, let all):
            "\(failed) of \(all) events were not acknowledged by Kafka; see the log for the reason. Run it again for as many more."
        }
    }
}
