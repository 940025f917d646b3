// EventDelivery: takes messages and tells when Kafka has acknowledged all of them, or the spool has them on disk.
// Always: `.taken` is only told when every message of the request is safe; what is held in memory is bounded.
import Kafka
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// What became of a request's messages.
enum DeliveryOutcome: Sendable, Equatable {
    case taken
    /// Nothing is promised; the sender should try again.
    case unavailable(reason: String)
}

/// The way of messages to Kafka, over as many producers as it takes.
final class EventDelivery: Sendable {
    private struct State {
        var producer: KafkaProducer
        var generation = 0
        var isAway = false
    }

    private let kafka: KafkaSettings
    private let logger: Logger
    private let spool: Spool?
    private let budget: MemoryBudget
    private let state: Mutex<State>

    /// How often a request's messages are handed to a new producer after a fatal error.
    private static let attemptsMax = 3

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

    /// Whether Kafka answered lately; for readiness.
    var isAway: Bool { state.withLock { $0.isAway } }

    /// Asks for the topics' partitions ahead of the first event.
    func prepare(topics: [String]) async throws(KafkaError) {
        let producer = state.withLock { $0.producer }
        try await producer.prepare(topics: topics)
    }

    /// Delivers all of `deliveries`.
    /// - Parameter completion: Called once, on a thread that must not be held up.
    func deliver(_ deliveries: [Delivery], completion: @escaping @Sendable (DeliveryOutcome) -> Void) {
        if let spool, spool.isInUse { return spool.append(deliveries, completion: completion) }
        let bytes = deliveries.reduce(0) { $0 + $1.bytes }
        guard budget.take(bytes) else {
            if let spool { return spool.append(deliveries, completion: completion) }
            return completion(.unavailable(reason: "Too many events wait for Kafka."))
        }
        let budget = self.budget
        submit(deliveries, attempt: 1) { [spool] failed, error in
            budget.give(bytes)
            guard let error else { return completion(.taken) }
            if let spool { return spool.append(failed, completion: completion) }
            completion(.unavailable(reason: "Kafka did not take the events: \(error.reason)."))
        }
    }

    /// Sends, and sends again what a producer that met a fatal error left behind.
    func submit(
        _ deliveries: [Delivery], attempt: Int, done: @escaping @Sendable ([Delivery], KafkaError?) -> Void
    ) {
        let (producer, generation) = state.withLock { ($0.producer, $0.generation) }
        producer.submit(deliveries.map(\.message)) { [self] failures in
            guard let error = failures.min(by: { $0.key < $1.key })?.value else {
                note(away: nil)
                return done([], nil)
            }
            let failed = failures.keys.sorted().map { deliveries[$0] }
            if error.isFatal { replace(generation, error) }
            let isReplaced = state.withLock { $0.generation } != generation
            if isReplaced, attempt < Self.attemptsMax { return submit(failed, attempt: attempt + 1, done: done) }
            note(away: error)
            done(failed, error)
        }
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

    private func note(away error: KafkaError?) {
        let isNews = state.withLock { state in
            defer { state.isAway = error != nil }
            return state.isAway != (error != nil)
        }
        guard isNews else { return }
        if let error {
            logger.error("kafka does not take events", metadata: ["error": "\(error)"])
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
