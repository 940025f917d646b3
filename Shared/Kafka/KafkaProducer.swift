// KafkaProducer: how it is made, sends one message, waits for room, and ends.
// Always: every message that was queued is answered exactly once: delivered, or given up with an error.
import BlockingIO
import CLibrdkafka
import Logging
import Synchronization

/// Sends messages: idempotent, acknowledged by all in-sync replicas, lz4, partitioned as Java's producer does.
///
/// After an error with `isFatal` a producer can do no more: close it, make a new one, and send again what was not
/// acknowledged (librdkafka before 2.3.0 can lose its place in the sequence after a disconnect; some of these messages
/// may be there already).
public final class KafkaProducer: Sendable {
    let core: ProducerCore
    let transactionalID: String?

    /// Starts the client; brokers are contacted in the background.
    /// - Parameter transactionalID: Set for transactions; call `prepareTransactions()` first then. A newer producer of
    ///   the same id fences this one.
    /// - Throws: `.configuration`.
    public init(_ settings: KafkaSettings, transactionalID: String? = nil, logger: Logger) throws(KafkaError) {
        // What is acknowledged is never lost nor doubled: no property may take that away.
        var enforced = ["enable.idempotence": "true", "acks": "all"]
        enforced["transactional.id"] = transactionalID
        let handle = try ClientHandle(
            .producer, settings, defaults: transactionalID == nil ? Self.defaults : Self.transactionalDefaults,
            enforced: enforced,
            events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS, logger: logger)
        self.transactionalID = transactionalID
        core = ProducerCore(handle: handle, client: settings.clientID, logger: logger)
        core.startDeliveries()
    }

    private static let defaults = [
        "compression.type": "lz4",
        "linger.ms": "20",
        "partitioner": "murmur2_random",
        "message.timeout.ms": "120000",
        "queue.buffering.max.messages": "200000",
        "queue.buffering.max.kbytes": "131072",
    ]
    /// A message must not outlive its transaction.
    private static let transactionalDefaults = defaults.merging(
        ["transaction.timeout.ms": "60000", "message.timeout.ms": "60000"]) { _, new in new }

    deinit { core.shutDown() }

    /// Sends one message and waits until it is acknowledged. Waits for room when the queue is full.
    /// - Throws: `isFatal`: close this producer, make a new one, send again what was not acknowledged.
    @discardableResult
    public func send(_ message: ProducerMessage) async throws(KafkaError) -> DeliveryReport {
        let topic = try await core.topic(message.topic)
        while true {
            let wait = core.room.ticket()
            let outcome: Result<DeliveryReport, KafkaError>? = await withCheckedContinuation { continuation in
                let receipt = SingleDelivery(continuation)
                let code = core.enqueue(message, topic, receipt: receipt)
                if code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                    receipt.resign()?.resume(returning: nil)
                } else if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                    receipt.resign()?.resume(returning: .failure(core.refusal(code, message.topic)))
                }
            }
            if let outcome { return try outcome.get() }
            try await core.waitForRoom(wait)
        }
    }

    /// Starts a bulk delivery: many messages, counted instead of reported one by one.
    public func bulk() -> BulkDelivery { BulkDelivery(core: core) }

    /// Asks for the topics' partitions ahead of the first message, which librdkafka before 2.10.1 may hold back for a
    /// second otherwise. Sending does it by itself.
    public func prepare(topics: [String]) async throws(KafkaError) {
        for topic in topics { _ = try await core.topic(topic) }
    }

    /// Waits until everything sent so far is acknowledged or given up.
    /// - Throws: `.timedOut` when something is still on its way then; it stays on its way.
    public func flush(within limit: Duration = .seconds(30)) async throws(KafkaError) {
        guard let handle = core.handle else { throw .closed("flush") }
        let code = await core.calls.run { rd_kafka_flush(handle.raw, limit.milliseconds) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "deliver everything that was sent") }
    }

    /// Flushes, gives up what is not acknowledged within the deadline (its senders get an error), and stops.
    /// Safe to call twice.
    /// - Returns: Messages that were given up.
    @discardableResult
    public func close(within limit: Duration = .seconds(30)) async -> Int {
        guard let handle = core.handle, core.closing.raise() else { return 0 }
        core.room.open()
        guard !core.wedged.isRaised else {
            core.shutDown()
            return Int(rd_kafka_outq_len(handle.raw))
        }
        let left = await core.calls.run { () -> Int in
            rd_kafka_flush(handle.raw, limit.milliseconds)
            let left = Int(rd_kafka_outq_len(handle.raw))
            guard left > 0 else { return 0 }
            rd_kafka_purge(handle.raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            rd_kafka_flush(handle.raw, 5_000)  // the reports of what was given up
            return left
        }
        if left > 0 { core.logger.warning("messages given up at close", metadata: ["messages": "\(left)"]) }
        core.shutDown()
        return left
    }
}
