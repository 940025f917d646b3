import CLibrdkafka
import Synchronization

/// The fast path for hundreds of thousands of messages a second: no task waits for a single message.
///
///     let bulk = producer.bulk()
///     try await bulk.enqueue(messages)      // returns when all are queued; waits while the queue is full
///     let report = await bulk.flush()       // everything delivered or given up
///
/// May be used by several tasks at once, and for any number of messages, one after another.
public final class BulkDelivery: Sendable {
    private let core: ProducerCore
    private let receipt = BulkReceipt()

    init(core: ProducerCore) { self.core = core }

    /// Queues `messages`, waiting for room as often as needed.
    /// - Throws: What refused a message (too large, fatal, closed); the messages before it are queued and counted.
    public func enqueue(_ messages: some Sequence<ProducerMessage> & Sendable) async throws(KafkaError) {
        var topic: (name: String, object: ProducerCore.Topic)?
        for message in messages {
            let object: ProducerCore.Topic
            if let topic, topic.name == message.topic {
                object = topic.object
            } else {
                object = try await core.topic(message.topic)
                topic = (message.topic, object)
            }
            try await enqueue(message, object)
        }
    }

    /// Queues one message, waiting for room if needed.
    public func enqueue(_ message: ProducerMessage) async throws(KafkaError) {
        try await enqueue(message, core.topic(message.topic))
    }

    private func enqueue(_ message: ProducerMessage, _ topic: ProducerCore.Topic) async throws(KafkaError) {
        while true {
            let wait = core.room.ticket()
            receipt.expect()
            switch core.enqueue(message, topic, receipt: receipt) {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                return
            case RD_KAFKA_RESP_ERR__QUEUE_FULL:
                receipt.unexpect()
                try await core.waitForRoom(wait)
            case let code:
                receipt.unexpect()
                throw core.refusal(code, message.topic)
            }
        }
    }

    /// The counts as they are now.
    public var report: BulkReport { receipt.report }

    /// Waits until every message queued so far is delivered or given up, which takes `message.timeout.ms` at most.
    public func flush() async -> BulkReport { await receipt.settled() }
}

/// Counts for all messages of a bulk delivery together.
final class BulkReceipt: Receipt, @unchecked Sendable {
    private struct State {
        var report = BulkReport()
        var waiting: [CheckedContinuation<BulkReport, Never>] = []
    }

    private let state = Mutex(State())

    var report: BulkReport { state.withLock { $0.report } }

    /// Counted before the message is queued: its report may come at once.
    func expect() { state.withLock { $0.report.enqueued += 1 } }

    func unexpect() { change { $0.enqueued -= 1 } }

    /// So many of its messages were delivered; their holds end.
    func settle(delivered count: Int) {
        change { $0.delivered += count }
        for _ in 0..<count { letGo() }
    }

    override func settle(_ message: UnsafePointer<rd_kafka_message_t>, failure: KafkaError?) {
        change { report in
            if let failure {
                report.failed += 1
                report.firstError = report.firstError ?? failure
                if failure.isRetriable || failure.isFatal { report.firstCurable = report.firstCurable ?? failure }
            } else {
                report.delivered += 1
            }
        }
    }

    func settled() async -> BulkReport {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> BulkReport? in
                if state.report.pending == 0 { return state.report }
                state.waiting.append(continuation)
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    private func change(_ body: (inout BulkReport) -> Void) {
        let (report, waiting) = state.withLock { state -> (BulkReport, [CheckedContinuation<BulkReport, Never>]) in
            body(&state.report)
            guard state.report.pending == 0 else { return (state.report, []) }
            defer { state.waiting = [] }
            return (state.report, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: report) }
    }
}
