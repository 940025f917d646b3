// How a consumer comes to its topics: by joining its group, or, without one, by looking for the partitions itself, now
// and then again.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    private static let lookAgain = Duration.seconds(30)
    private static let lookSoon = Duration.seconds(1)

    /// Takes up partitions that are not read yet. Brokers that do not answer are asked again a second later.
    func lookAtTopics(_ handle: ClientHandle) throws(KafkaError) {
        switch mode {
        case .group(let group, let topics): try join(group, topics, handle)
        case .partitions(let starts):
            guard ledger.entries.isEmpty, !starts.isEmpty, ContinuousClock.now >= nextLookAtTopics else { return }
            try takeUp(starts, handle)
        case .broadcast(let topics, let start):
            guard ContinuousClock.now >= nextLookAtTopics else { return }
            let first = !wasAssigned
            var fresh: [TopicPartition: StartPosition] = [:]
            for topic in topics {
                guard let partitions = partitions(of: topic, handle) else {
                    nextLookAtTopics = .now + Self.lookSoon
                    return
                }
                for partition in partitions where ledger.entries[partition] == nil {
                    // What was added since is new from its first record on.
                    fresh[partition] = first ? start : .beginning
                }
            }
            nextLookAtTopics = .now + Self.lookAgain
            if !fresh.isEmpty { try takeUp(fresh, handle) }
        }
    }

    private func join(_ group: ConsumerGroup, _ topics: [String], _ handle: ClientHandle) throws(KafkaError) {
        guard !hasSubscribed else { return }
        let list = PartitionList(topics.map { TopicPartition($0, -1) })
        let code = rd_kafka_subscribe(handle.raw, list.raw)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "join group \(group.name)") }
        hasSubscribed = true
    }

    private func takeUp(_ starts: [TopicPartition: StartPosition], _ handle: ClientHandle) throws(KafkaError) {
        let offsets: [TopicPartition: Offset]
        do {
            offsets = try resolve(starts, handle)
        } catch {
            guard error.isRetriable else { throw error }
            nextLookAtTopics = .now + Self.lookSoon
            logger.warning("partitions not found yet", metadata: ["error": "\(error)"])
            return
        }
        let all = ledger.entries.mapValues(\.position).merging(offsets) { known, _ in known }
        let list = PartitionList(all)
        let code = rd_kafka_assign(handle.raw, list.raw)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "assign partitions") }
        ledger.assign(offsets)
        wasAssigned = true
    }

    /// What Kafka has of a partition now: from the first record up to, without, the end. Asks the brokers, for five seconds at
    /// most.
    public func watermarks(of partition: TopicPartition) async throws(KafkaError) -> Range<Offset> {
        let operation = "read watermarks"
        guard let handle else { throw .closed(operation) }
        var (low, high): (Int64, Int64) = (0, 0)
        let code = rd_kafka_query_watermark_offsets(
            handle.raw, partition.topic, partition.partition, &low, &high, 5_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation, partition: partition) }
        return low..<max(low, high)
    }

    /// `nil` when the topic does not exist or the brokers did not say.
    private func partitions(of topic: String, _ handle: ClientHandle) -> [TopicPartition]? {
        guard let object = rd_kafka_topic_new(handle.raw, topic, nil) else { return nil }
        defer { rd_kafka_topic_destroy(object) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.raw, 0, object, &metadata, 5_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { return nil }
        defer { rd_kafka_metadata_destroy(metadata) }
        guard metadata.pointee.topic_cnt == 1, let found = metadata.pointee.topics?.pointee,
            found.err == RD_KAFKA_RESP_ERR_NO_ERROR, found.partition_cnt > 0, let list = found.partitions
        else { return nil }
        return UnsafeBufferPointer(start: list, count: Int(found.partition_cnt)).map { TopicPartition(topic, $0.id) }
    }
}
