import CLibrdkafka

// Makers: from librdkafka's codes, from its error objects, and for what never reached it.
extension KafkaError {
    /// From an error code.
    /// - Parameters:
    ///   - detail: What the library said; its own description of the code when `nil`.
    ///   - fatal: Whether the library said that the client is done for.
    init(
        _ code: rd_kafka_resp_err_t, _ operation: String, detail: String? = nil, partition: TopicPartition? = nil,
        retriable: Bool = false, fatal: Bool = false, needsAbort: Bool = false
    ) {
        let reason = Reason(code)
        self.init(
            reason: reason, code: code.rawValue, name: String(cString: rd_kafka_err2name(code)), operation: operation,
            detail: detail ?? String(cString: rd_kafka_err2str(code)), partition: partition,
            isRetriable: !fatal && reason != .fenced && (retriable || Self.passing.contains(code)),
            isFatal: fatal || code == RD_KAFKA_RESP_ERR__FATAL || reason == .fenced, needsAbort: needsAbort)
    }

    /// From an error object, which is freed.
    init(consuming error: OpaquePointer, _ operation: String) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            rd_kafka_error_code(error), operation, detail: String(cString: rd_kafka_error_string(error)),
            retriable: rd_kafka_error_is_retriable(error) != 0, fatal: rd_kafka_error_is_fatal(error) != 0,
            needsAbort: rd_kafka_error_txn_requires_abort(error) != 0)
    }

    /// For what this module found out itself.
    static func own(
        _ reason: Reason, _ operation: String, _ detail: String, partition: TopicPartition? = nil,
        retriable: Bool = false, fatal: Bool = false
    ) -> KafkaError {
        KafkaError(
            reason: reason, code: 0, name: "", operation: operation, detail: detail, partition: partition,
            isRetriable: retriable, isFatal: fatal, needsAbort: false)
    }

    static func closed(_ operation: String) -> KafkaError {
        own(.closed, operation, "the client is closed")
    }

    static func timedOut(_ operation: String, after limit: Duration) -> KafkaError {
        own(.timedOut, operation, "no answer within \(limit)", retriable: true)
    }

    /// Codes that pass by themselves, beyond those that the library marks.
    private static let passing: Set<rd_kafka_resp_err_t> = [
        RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__QUEUE_FULL,
        RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE,
        RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
        RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
        RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
    ]
}

extension KafkaError.Reason {
    init(_ code: rd_kafka_resp_err_t) {
        self =
            switch code {
            case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
                .timedOut
            case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                RD_KAFKA_RESP_ERR__NO_OFFSET:
                .offsetOutOfRange
            case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
                RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
                .fenced
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
                .unknownTopic
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: .topicExists
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: .messageTooLarge
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR__AUTHENTICATION:
                .notAuthorized
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
                .unreachable
            case RD_KAFKA_RESP_ERR__DESTROY: .closed
            default: .other
            }
    }
}

extension KafkaError {
    /// For those who send through this module and find, before sending, that they cannot: a message that has no form.
    public static func unsendable(_ what: String, _ detail: String) -> KafkaError {
        own(.misuse, "send \(what)", detail)
    }

    /// For those who own a producer and have closed it.
    public static func publisherClosed(_ topic: String) -> KafkaError {
        closed("send to \(topic)")
    }
}
