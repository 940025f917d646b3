import BlockingIO
import CLibrdkafka
import Logging
import Synchronization

/// What a producer, its bulk deliveries and its delivery thread share.
final class ProducerCore: Sendable {
    let logger: Logger
    let calls = BlockingCalls(label: "kafka-producer")
    /// Raised when no new message is taken any more.
    let closing = Flag()
    /// Raised when a transaction call did not come back: nothing more can be asked of this client.
    let wedged = Flag()
    let room = Room()
    let meters: ProducerMeters
    private let live: Mutex<ClientHandle?>
    private let topics = Mutex<[String: Topic]>([:])
    private let stopped = Flag()

    init(handle: ClientHandle, client: String, logger: Logger) {
        live = Mutex(handle)
        self.logger = logger
        meters = ProducerMeters(client: client)
    }

    /// `nil` once shut down.
    var handle: ClientHandle? { live.withLock { $0 } }

    /// A topic object of the client; freed with the last reference, before the client itself. `@unchecked Sendable`: the
    /// library's object may be used from any thread, and nothing in here changes.
    final class Topic: @unchecked Sendable {
        let raw: OpaquePointer
        let handle: ClientHandle

        init?(_ name: String, _ handle: ClientHandle) {
            guard let raw = rd_kafka_topic_new(handle.raw, name, nil) else { return nil }
            self.raw = raw
            self.handle = handle
        }

        deinit { rd_kafka_topic_destroy(raw) }
    }

    /// The topic's object. On first use its metadata is asked for, on a thread that may wait.
    func topic(_ name: String) async throws(KafkaError) -> Topic {
        guard !closing.isRaised, let handle else { throw .closed("send to \(name)") }
        if let known = topics.withLock({ $0[name] }) { return known }
        guard let topic = Topic(name, handle) else {
            throw KafkaError(rd_kafka_last_error(), "send to \(name)")
        }
        await calls.run {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            // Only to warm up: when it fails, the message itself will tell.
            if rd_kafka_metadata(handle.raw, 0, topic.raw, &metadata, 2_000) == RD_KAFKA_RESP_ERR_NO_ERROR {
                rd_kafka_metadata_destroy(metadata)
            }
        }
        return topics.withLock { topics in
            if let known = topics[name] { return known }
            topics[name] = topic
            return topic
        }
    }

    /// The topic's object, made by `make` when it is the first use.
    func known(_ name: String, make: () -> Topic?) -> Topic? {
        topics.withLock { topics in
            if let known = topics[name] { return known }
            topics[name] = make()
            return topics[name]
        }
    }

    /// Queues a message. Never blocks; `receipt` hears of it exactly once if, and only if, the answer is no error.
    func enqueue(_ message: ProducerMessage, _ topic: Topic, receipt: Receipt) -> rd_kafka_resp_err_t {
        let headers = message.headers.isEmpty ? nil : Self.headers(message.headers)
        let opaque = receipt.hold()
        let code = Self.withBytes(of: message.key) { key in
            Self.withBytes(of: message.value) { value in
                millrace_kafka_produce(
                    topic.handle.raw, topic.raw, message.partition ?? RD_KAFKA_PARTITION_UA, key.start, key.count,
                    value.start, value.count, message.timestamp?.milliseconds ?? 0, headers, opaque)
            }
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            receipt.letGo()
            if let headers { rd_kafka_headers_destroy(headers) }
        }
        return code
    }

    /// Why a message was not queued.
    func refusal(_ code: rd_kafka_resp_err_t, _ topic: String) -> KafkaError {
        if let fatal = handle?.fatalError("send to \(topic)") { return fatal }
        return KafkaError(code, "send to \(topic)")
    }

    /// Waits until something has left the queue since `ticket` was drawn.
    func waitForRoom(_ ticket: Room.Ticket) async throws(KafkaError) {
        await room.wait(ticket)
        if closing.isRaised { throw .closed("send") }
    }

    /// Stops the delivery thread and lets go of the client. What is queued then is given up.
    func shutDown() {
        closing.raise()
        stopped.raise()
        room.open()
        topics.withLock { $0 = [:] }
        live.withLock { handle in
            if let handle { rd_kafka_queue_yield(handle.queue) }
            handle = nil
        }
    }

    /// Starts the thread that takes delivery reports. It ends, and lets go of the client, once `shutDown` was called
    /// and every message has been answered.
    func startDeliveries() {
        guard let handle else { return }
        let loop = DeliveryLoop(handle: handle, room: room, meters: meters, stopped: stopped)
        DedicatedThread.start(label: "kafka-delivery") { loop.run() }
    }

    private static func headers(_ headers: [KafkaHeader]) -> OpaquePointer? {
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            withBytes(of: header.value) { value in
                _ = rd_kafka_header_add(list, header.name, -1, value.start, value.count)
            }
        }
        return list
    }

    /// Bytes for C: a null pointer says null, an empty array is a pointer to nothing.
    private static func withBytes<R>(
        of bytes: [UInt8]?, _ body: ((start: UnsafeRawPointer?, count: Int)) -> R
    ) -> R {
        guard let bytes else { return body((nil, 0)) }
        return bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else {
                return withUnsafeBytes(of: UInt8(0)) { body(($0.baseAddress, 0)) }
            }
            return body((start, buffer.count))
        }
    }
}
