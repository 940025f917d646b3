// KafkaAdmin: how it is made, and how one request is carried out. What it can do is in KafkaAdmin+Topics and +Offsets.
import BlockingIO
import CLibrdkafka
import Logging

/// Looks after topics, and answers what the brokers know about offsets. Every call ends within its timeout; one that finds
/// no broker, because they refuse or have no such name, ends within a few seconds, and says so.
public actor KafkaAdmin {
    private let executor = BlockingExecutor(label: "kafka-admin")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let timeout: Duration
    private var handle: ClientHandle?
    /// Whether a broker has answered.
    private var isReached = false
    /// For so long a broker that is just starting may refuse.
    private static let refusalMax: Duration = .seconds(4)

    /// - Parameter timeout: For each request to the brokers.
    /// - Throws: `.configuration`.
    public init(_ settings: KafkaSettings, timeout: Duration = .seconds(30), logger: Logger) throws(KafkaError) {
        self.timeout = timeout
        // Some requests are routed by what the client knows of the topics: let it know of changes soon.
        handle = try ClientHandle(
            .producer, settings, defaults: ["topic.metadata.refresh.sparse": "true"],
            enforced: ["statistics.interval.ms": "0"], events: RD_KAFKA_EVENT_ERROR, logger: logger)
    }

    /// Stops the client. Safe to call twice.
    public func close() async {
        handle = nil
    }

    func client(_ operation: String) throws(KafkaError) -> ClientHandle {
        guard let handle else { throw .closed(operation) }
        if isReached {
            _ = Trouble(draining: handle.queue)
        } else {
            try reach(operation, handle)
        }
        return handle
    }

    /// Waits for the first broker that answers. The library would try for as long as a request may take, and then say no
    /// more than that it took too long.
    private func reach(_ operation: String, _ handle: ClientHandle) throws(KafkaError) {
        let begin = ContinuousClock.now
        var trouble = Trouble()
        while true {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(handle.raw, 0, nil, &metadata, 500)
            if let metadata { rd_kafka_metadata_destroy(metadata) }
            trouble.merge(Trouble(draining: handle.queue))
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else {
                isReached = true
                return
            }
            let time = begin.duration(to: .now)
            if let error = trouble.error(operation), time > (trouble.isFinal ? .zero : Self.refusalMax) { throw error }
            guard time < timeout else { throw trouble.error(operation) ?? .timedOut(operation, after: timeout) }
        }
    }

    /// What the library told of brokers that it cannot reach.
    private struct Trouble {
        private var areAllDown = false
        private var cause: (code: rd_kafka_resp_err_t, text: String)?

        init() {}

        init(draining queue: OpaquePointer) {
            while let event = rd_kafka_queue_poll(queue, 0) {
                defer { rd_kafka_event_destroy(event) }
                guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR else { continue }
                let code = rd_kafka_event_error(event)
                if code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
                    areAllDown = true
                } else {
                    cause = (code, String(cString: rd_kafka_event_error_string(event)))
                }
            }
        }

        /// Whether waiting is of no use: the login was refused.
        var isFinal: Bool { cause?.code == RD_KAFKA_RESP_ERR__AUTHENTICATION }

        mutating func merge(_ later: Trouble) {
            areAllDown = areAllDown || later.areAllDown
            cause = later.cause ?? cause
        }

        /// `nil` while a broker may still answer.
        func error(_ operation: String) -> KafkaError? {
            guard areAllDown || isFinal else { return nil }
            return KafkaError(
                cause?.code ?? RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, operation,
                detail: cause.map { "no broker can be reached: \($0.text)" } ?? "no broker can be reached")
        }
    }

    /// Carries out one request of the admin API and hands its result to `read`.
    /// - Parameter start: Sends the request: client, options, queue for the answer.
    func request<Answer>(
        _ operation: String, _ api: rd_kafka_admin_op_t,
        start: (OpaquePointer, OpaquePointer?, OpaquePointer) -> Void,
        read: (OpaquePointer) throws(KafkaError) -> Answer
    ) throws(KafkaError) -> Answer {
        let handle = try client(operation)
        let options = rd_kafka_AdminOptions_new(handle.raw, api)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var text = [CChar](repeating: 0, count: 256)
        // Deleting a group's offsets and the like know no operation timeout; a refusal of an option changes nothing.
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, &text, text.count)
        rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, &text, text.count)
        guard let answers = rd_kafka_queue_new(handle.raw) else { throw .closed(operation) }
        defer { rd_kafka_queue_destroy(answers) }
        start(handle.raw, options, answers)
        guard let event = rd_kafka_queue_poll(answers, (timeout + .seconds(2)).milliseconds) else {
            throw .timedOut(operation, after: timeout)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code, operation, detail: String(cString: rd_kafka_event_error_string(event)))
        }
        return try read(event)
    }

    /// Throws the first error among a request's results, one per topic.
    func check(
        _ operation: String, _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) throws(KafkaError) {
        for result in UnsafeBufferPointer(start: results, count: count) {
            let code = rd_kafka_topic_result_error(result)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                let detail = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
                throw KafkaError(code, operation, detail: detail)
            }
        }
    }
}
