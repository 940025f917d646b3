import CLibrdkafka

/// librdkafka's codes as test arguments.
enum RD: Sendable {
    case timedOut, transport, unknownTopic, offsetOutOfRange, fencedInstance, producerFenced, tooLarge, notAuthorized
    case fatal, rebalance

    var code: rd_kafka_resp_err_t {
        switch self {
        case .timedOut: RD_KAFKA_RESP_ERR__TIMED_OUT
        case .transport: RD_KAFKA_RESP_ERR__TRANSPORT
        case .unknownTopic: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
        case .offsetOutOfRange: RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE
        case .fencedInstance: RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
        case .producerFenced: RD_KAFKA_RESP_ERR_PRODUCER_FENCED
        case .tooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
        case .notAuthorized: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        case .fatal: RD_KAFKA_RESP_ERR__FATAL
        case .rebalance: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
        }
    }
}
