// EventDelivery: takes messages and tells when Kafka has acknowledged all of them, or the spool has them on disk.
// Always: `.taken` is only told when every message of the request is safe; what is held in memory is bounded.
import Kafka
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// What became of a request's messages.
enum DeliveryOutcome: Sendable, Equatable {
    case taken
    /// Kafka will never take some of them: trying again is of no use. The others are safe.
    case refused(count: Int, reason: String)
    /// Not all of them are safe; the sender should try again.
    case unavailable(reason: String)
}

/// A message that Kafka did not take.
struct FailedDelivery: Sendable {
    let delivery: Delivery
    let error: KafkaError

    /// Whether no attempt will get it through.
    var isHopeless: Bool { error.reason == .messageTooLarge }

    /// Whether it is the copy of a rejected event, whose topic cannot be written to. The event was answered for; it must not
    /// keep others from being taken.
    var isLostCopy: Bool {
        guard delivery.topic.hasSuffix(".dead-letters") else { return false }
        return isHopeless || error.reason == .unknownTopic || error.reason == .notAuthorized
    }

    /// Whether it is worth another attempt.
    var isRetriable: Bool { !isHopeless && !isLostCopy }
}

/// The way of messages to Kafka, over as many producers as it takes.
final class EventDelivery: Sendable {
    private struct State {
        var producer: KafkaProducer
        var generation = 0
        /// Why Kafka takes nothing, as far as one can see without sending.
        var trouble: String?
        /// Topics that are not there, although others are.
        var missing: String?
        /// What the last events met that were not taken; nil since some were.
        var refusal: (reason: String, at: ContinuousClock.Instant)?
        /// Whether it was told that events are not taken.
        var isTold = false

        /// Nobody sends to a collector that is not ready, so that a refusal cannot be disproved: it is believed for a
        /// while, and then tried again.
        func why(at now: ContinuousClock.Instant) -> String? {
            if let trouble { return trouble }
            guard let refusal, refusal.at.duration(to: now) < EventDelivery.refusalHolds else { return nil }
            return refusal.reason
        }
    }

    private let kafka: KafkaSettings
    private let logger: Logger
    private let spool: Spool?
    private let budget: MemoryBudget
    private let state: Mutex<State>

    /// How often a request's messages are handed to a new producer after a fatal error.
    private static let attemptsMax = 3
    /// How long a refusal speaks against Kafka, when everything else looks well.
    static let refusalHolds: Duration = .seconds(30)

    /// - Throws: `KafkaError` for a wrong property.
    init(
        _ kafka: KafkaSettings, ackTimeout: Duration, budget: MemoryBudget, spool: Spool?, logger: Logger
    ) throws(KafkaError) {
        var kafka = kafka
        let milliseconds = Int(ackTimeout / .milliseconds(1))
        let defaults = [
            "linger.ms": "2", "message.timeout.ms": "\(milliseconds)",
            "request.timeout.ms": "\(min(milliseconds, 30_000))",
            "queue.buffering.max.messages": "1000000",
            "queue.buffering.max.kbytes": "\(max(budget.bytesMax >> 9, 1024))",
        ]
        kafka.properties.merge(defaults) { operators, _ in operators }
        self.kafka = kafka
        self.budget = budget
        self.spool = spool
        self.logger = logger
        state = Mutex(State(producer: try KafkaProducer(kafka, logger: logger)))
    }

    /// Why Kafka takes no events, when that is so; for readiness.
    var trouble: String? { state.withLock { $0.why(at: .now) } }

    /// Topics that are not there, although others are.
    var missing: HealthStatus { state.withLock { $0.missing }.map { .warning($0) } ?? .ok }

    /// Asks for the topics' partitions ahead of the first event. What goes wrong is told by that event.
    func warmUp(topics: [String]) async {
        let producer = state.withLock { $0.producer }
        do {
            try await producer.prepare(topics: topics)
        } catch {
            logger.debug("topics not asked for ahead", metadata: ["error": "\(error)"])
        }
    }

    /// Delivers all of `deliveries`.
    /// - Parameter completion: Called once, on a thread that must not be held up.
    func deliver(_ deliveries: [Delivery], completion: @escaping @Sendable (DeliveryOutcome) -> Void) {
        if let spool, spool.isInUse { return spool.append(deliveries, completion: completion) }
        let bytes = deliveries.reduce(0) { $0 + $1.bytes }
        guard budget.take(bytes) else {
            if let spool { return spool.append(deliveries, completion: completion) }
            return completion(.unavailable(reason: "Too many events wait for Kafka. Nothing was taken; send it again."))
        }
        let budget = self.budget
        submit(deliveries, attempt: 1) { [self] failures in
            budget.give(bytes)
            noteLostCopies(failures.filter(\.isLostCopy))
            let failures = failures.filter { !$0.isLostCopy }
            let waiting = failures.filter { !$0.isHopeless }
            guard let first = waiting.first else {
                guard let refused = failures.first else { return completion(.taken) }
                return completion(.refused(count: failures.count, reason: "\(refused.error.reason)"))
            }
            if let spool, waiting.count == failures.count {
                return spool.append(waiting.map(\.delivery), completion: completion)
            }
            let taken = deliveries.count - failures.count
            completion(
                .unavailable(
                    reason: "Kafka did not take the events: \(first.error.reason). "
                        + (taken == 0
                            ? "Nothing was taken; send it again."
                            : "\(taken) of \(deliveries.count) may have been taken; send all again, with the same ids.")
                ))
        }
    }

    /// Sends, and sends again what a producer that met a fatal error left behind.
    /// - Parameter done: Is given what was not taken.
    func submit(
        _ deliveries: [Delivery], attempt: Int, done: @escaping @Sendable ([FailedDelivery]) -> Void
    ) {
        let (producer, generation) = state.withLock { ($0.producer, $0.generation) }
        producer.submit(deliveries.map(\.message)) { [self] errors in
            let failures = errors.sorted { $0.key < $1.key }.map {
                FailedDelivery(delivery: deliveries[$0.key], error: $0.value)
            }
            guard let error = failures.first?.error else {
                tell { $0.refusal = nil }
                return done([])
            }
            if error.isFatal { replace(generation, error) }
            let isReplaced = state.withLock { $0.generation } != generation
            if isReplaced, attempt < Self.attemptsMax {
                return submit(failures.map(\.delivery), attempt: attempt + 1, done: done)
            }
            if let real = failures.first(where: \.isRetriable) {
                tell { $0.refusal = ("\(real.error)", .now) }
            }
            done(failures)
        }
    }

    private func noteLostCopies(_ failures: [FailedDelivery]) {
        guard let first = failures.first else { return }
        Counter(label: "collector_rejections_not_kept_total").increment(by: failures.count)
        logger.error(
            "rejected events not kept",
            metadata: [
                "events": "\(failures.count)", "topic": "\(first.delivery.topic)", "error": "\(first.error)",
            ])
    }

    /// Waits for what is on its way, and stops.
    func close(within limit: Duration) async {
        let producer = state.withLock { $0.producer }
        await producer.close(within: limit)
    }

    /// Puts a new producer in the place of the one that failed; the first of its failures does it.
    private func replace(_ generation: Int, _ error: KafkaError) {
        let old: KafkaProducer? = state.withLock { state in
            guard state.generation == generation else { return nil }
            do {
                let new = try KafkaProducer(kafka, logger: logger)
                defer { state.producer = new }
                state.generation += 1
                return state.producer
            } catch {
                logger.error("no new producer", metadata: ["error": "\(error)"])
                return nil
            }
        }
        guard let old else { return }
        logger.error("producer replaced", metadata: ["error": "\(error)"])
        Counter(label: "collector_producer_replacements_total").increment()
        Task { await old.close(within: .zero) }  // its unacknowledged messages fail now, and go to the new one
    }

    /// Notes what one can see of Kafka without sending: `nil` when all looks well.
    func note(trouble: String?, missing: String?) {
        tell { ($0.trouble, $0.missing) = (trouble, missing) }
    }

    /// Changes what is known, and tells when events are taken no longer, or again.
    private func tell(_ change: (inout State) -> Void) {
        let news: (why: String?, isNews: Bool) = state.withLock { state in
            change(&state)
            let why = state.why(at: .now)
            defer { state.isTold = why != nil }
            return (why, state.isTold != (why != nil))
        }
        guard news.isNews else { return }
        if let why = news.why {
            logger.error("kafka does not take events", metadata: ["error": "\(why)"])
        } else {
            logger.info("kafka takes events")
        }
    }
}

extension Delivery {
    /// As Kafka's client wants it.
    var message: ProducerMessage {
        ProducerMessage(
            topic: topic, key: key, value: value, headers: headers.map { KafkaHeader($0.name, $0.value) })
    }
}

/// How much may be held at once. Taken and given back by whoever holds.
final class MemoryBudget: Sendable {
    let bytesMax: Int
    private let held = Atomic<Int>(0)

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var bytesHeld: Int { held.load(ordering: .relaxed) }

    /// `false` when there is no room; nothing is taken then.
    func take(_ bytes: Int) -> Bool {
        let now = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        if now <= bytesMax { return true }
        held.wrappingSubtract(bytes, ordering: .relaxed)
        return false
    }

    func give(_ bytes: Int) { held.wrappingSubtract(bytes, ordering: .relaxed) }
}
