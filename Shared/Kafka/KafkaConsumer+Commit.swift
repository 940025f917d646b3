// Telling the group how far this member is.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    /// How often noted positions are committed at most.
    private static let notedCommitInterval = Duration.seconds(1)
    private static let commitTimeout = Duration.seconds(10)

    /// Commits next offsets to the group and waits for the broker's answer.
    /// - Throws: `isRetriable`; `.misuse` without a group, and between a cooperative revocation and the next assignment
    ///   (librdkafka before 2.10 can lose the assignment then).
    public func commit(_ positions: [TopicPartition: Offset]) async throws(KafkaError) {
        guard let handle else { throw .closed("commit offsets") }
        guard case .group(let group, _) = mode else {
            throw .own(.misuse, "commit offsets", "this consumer belongs to no group")
        }
        let operation = "commit offsets of group \(group.name)"
        guard !holdsCommits else {
            throw .own(
                .misuse, operation, "commits are held back until the next assignment; use commitSoon", retriable: true)
        }
        guard !positions.isEmpty else { return }
        let list = PartitionList(positions)
        guard let answers = rd_kafka_queue_new(handle.raw) else { throw .closed(operation) }
        defer { rd_kafka_queue_destroy(answers) }
        let code = rd_kafka_commit_queue(handle.raw, list.raw, answers, nil, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation) }
        guard let event = rd_kafka_queue_poll(answers, Self.commitTimeout.milliseconds) else {
            throw .timedOut(operation, after: Self.commitTimeout)
        }
        defer { rd_kafka_event_destroy(event) }
        let result = rd_kafka_event_error(event)
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, operation) }
        let elements = PartitionList.elements(of: rd_kafka_event_topic_partition_list(event))
        if let failed = elements.first(where: { $0.error != RD_KAFKA_RESP_ERR_NO_ERROR }) {
            throw KafkaError(failed.error, operation, partition: failed.partition)
        }
        for (partition, offset) in positions where (notedCommits[partition] ?? offset) <= offset {
            notedCommits[partition] = nil
        }
    }

    /// Notes next offsets to be committed within about a second, at release and at close; failures are logged only.
    /// For those whose own store is the truth and the group's offsets are for lag alone.
    public func commitSoon(_ positions: [TopicPartition: Offset]) async {
        guard case .group = mode else { return }
        if notedCommits.isEmpty { nextNotedCommit = max(nextNotedCommit, .now) }
        for (partition, offset) in positions where ledger.entries[partition] != nil {
            notedCommits[partition] = max(offset, notedCommits[partition] ?? offset)
        }
    }

    /// Sends what is noted, without waiting for the answer.
    func commitNoted(_ handle: ClientHandle) {
        guard !holdsCommits, !notedCommits.isEmpty else { return }
        let list = PartitionList(notedCommits)
        notedCommits = [:]
        nextNotedCommit = .now + Self.notedCommitInterval
        let code = rd_kafka_commit(handle.raw, list.raw, 1)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { logCommitFailure(code) }
    }

    func noteCommitResult(_ event: OpaquePointer) {
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET { logCommitFailure(code) }
    }

    private func logCommitFailure(_ code: rd_kafka_resp_err_t) {
        meters.errors.increment()
        logger.warning(
            "offsets not committed",
            metadata: ["error": "\(String(cString: rd_kafka_err2str(code)))"])
    }
}
