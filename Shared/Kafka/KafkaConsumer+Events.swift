// What the library reports besides records.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    /// Turns a library event, which is freed, into one for the caller; `nil` when it holds nothing for the caller.
    func take(_ event: OpaquePointer, _ handle: ClientHandle) throws(KafkaError) -> ConsumerEvent? {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE: return try rebalance(event, handle)
        case RD_KAFKA_EVENT_ERROR: return try error(event)
        case RD_KAFKA_EVENT_STATS:
            if let text = rd_kafka_event_stats(event), let statistics = ClientStatistics(text) {
                meters.take(statistics, ledger: ledger)
                standingNow.withLock { $0.brokers(up: statistics.brokersUp) }
            }
        case RD_KAFKA_EVENT_OFFSET_COMMIT: noteCommitResult(event)
        default: break
        }
        return nil
    }

    private func error(_ event: OpaquePointer) throws(KafkaError) -> ConsumerEvent? {
        let code = rd_kafka_event_error(event)
        var place: (partition: TopicPartition, offset: Offset)?
        if let found = rd_kafka_event_topic_partition(event) {
            if found.pointee.partition >= 0 {
                let partition = TopicPartition(String(cString: found.pointee.topic), found.pointee.partition)
                place = (partition, found.pointee.offset)
            }
            rd_kafka_topic_partition_destroy(found)
        }
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            guard let place, ledger.floor(of: place.partition) != nil else { return nil }
            return .reachedEnd(place.partition, next: place.offset)
        }
        let failure = KafkaError(
            code, "read", detail: String(cString: rd_kafka_event_error_string(event)), partition: place?.partition,
            fatal: rd_kafka_event_error_is_fatal(event) != 0)
        if failure.isFatal {
            self.failure = failure
            throw failure
        }
        // An error of a partition that has been taken away is nobody's any more.
        if let place, ledger.floor(of: place.partition) == nil { return nil }
        if code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN { standingNow.withLock { $0.brokers(up: 0) } }
        guard Self.stopping.contains(failure.reason) || Self.stoppingCodes.contains(code) else {
            logger.warning("consumer error", metadata: ["error": "\(failure)"])
            meters.errors.increment()
            return nil
        }
        throw failure
    }

    /// Errors that asking on does not cure. Everything else the library retries by itself: brokers that are away,
    /// topics that do not exist yet, coordinators that move.
    private static let stopping: Set<KafkaError.Reason> = [.offsetOutOfRange, .notAuthorized, .fenced]
    private static let stoppingCodes: Set<rd_kafka_resp_err_t> = [
        RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR_INVALID_MSG,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
        RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
    ]
}
