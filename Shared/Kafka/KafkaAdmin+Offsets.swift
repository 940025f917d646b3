import CLibrdkafka

extension KafkaAdmin {
    /// First and next offset of every partition of a topic.
    /// - Throws: `.unknownTopic`.
    public func watermarks(of topic: String) async throws(KafkaError) -> [TopicPartition: Range<Offset>] {
        guard let description = try await topics([topic])[topic] else {
            throw .own(.unknownTopic, "read the watermarks of topic \(topic)", "there is no such topic")
        }
        return try watermarks(of: description.topicPartitions)
    }

    private func watermarks(
        of partitions: some Sequence<TopicPartition>
    ) throws(KafkaError) -> [TopicPartition: Range<Offset>] {
        let operation = "read watermarks"
        let handle = try client(operation)
        var ranges: [TopicPartition: Range<Offset>] = [:]
        for partition in partitions {
            var low: Int64 = 0
            var high: Int64 = 0
            let code = rd_kafka_query_watermark_offsets(
                handle.raw, partition.topic, partition.partition, &low, &high, timeout.milliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(code, operation, partition: partition)
            }
            ranges[partition] = low..<max(low, high)
        }
        return ranges
    }

    /// The offset of the first record at or after each time; the partition's end when there is none.
    public func offsets(for times: [TopicPartition: KafkaTimestamp]) async throws(KafkaError) -> [TopicPartition:
        Offset]
    {
        let operation = "find offsets for times"
        let handle = try client(operation)
        let list = PartitionList(times.mapValues(\.milliseconds))
        let code = rd_kafka_offsets_for_times(handle.raw, list.raw, timeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation) }
        var offsets: [TopicPartition: Offset] = [:]
        for element in list.elements {
            guard element.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(element.error, operation, partition: element.partition)
            }
            offsets[element.partition] =
                element.offset >= 0
                ? element.offset : try watermarks(of: [element.partition])[element.partition]?.upperBound
        }
        return offsets
    }

    /// Next offsets the group has committed; partitions without one are absent.
    public func committedOffsets(of group: String) async throws(KafkaError) -> [TopicPartition: Offset] {
        let operation = "read the offsets of group \(group)"
        let asked = rd_kafka_ListConsumerGroupOffsets_new(group, nil)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(asked) }
        return try request(operation, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS) { client, options, answers in
            var groups: [OpaquePointer?] = [asked]
            rd_kafka_ListConsumerGroupOffsets(client, &groups, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            return try offsets(operation, groups, count)
        }
    }

    /// Sets a group's committed offsets. Refused by the broker while the group has members.
    public func setCommittedOffsets(of group: String, to positions: [TopicPartition: Offset]) async throws(KafkaError) {
        let operation = "set the offsets of group \(group)"
        let list = PartitionList(positions)
        let wanted = rd_kafka_AlterConsumerGroupOffsets_new(group, list.raw)
        defer { rd_kafka_AlterConsumerGroupOffsets_destroy(wanted) }
        _ = try request(operation, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS) { client, options, answers in
            var groups: [OpaquePointer?] = [wanted]
            rd_kafka_AlterConsumerGroupOffsets(client, &groups, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
                rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count)
            return try offsets(operation, groups, count)
        }
    }

    /// What each partition that the group has committed for still holds for it.
    public func lag(of group: String) async throws(KafkaError) -> [TopicPartition: ConsumerLag] {
        let committed = try await committedOffsets(of: group)
        let ends = try watermarks(of: committed.keys)
        var lags: [TopicPartition: ConsumerLag] = [:]
        for (partition, offset) in committed {
            lags[partition] = ConsumerLag(committed: offset, end: ends[partition]?.upperBound ?? offset)
        }
        return lags
    }

    /// Deletes the records before these offsets.
    /// - Returns: The new first offset of each partition.
    @discardableResult
    public func deleteRecords(before: [TopicPartition: Offset]) async throws(KafkaError) -> [TopicPartition: Offset] {
        let operation = "delete records"
        let list = PartitionList(before)
        let wanted = rd_kafka_DeleteRecords_new(list.raw)
        defer { rd_kafka_DeleteRecords_destroy(wanted) }
        return try request(operation, RD_KAFKA_ADMIN_OP_DELETERECORDS) { client, options, answers in
            var requests: [OpaquePointer?] = [wanted]
            rd_kafka_DeleteRecords(client, &requests, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            let result = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
            return try offsets(operation, PartitionList.elements(of: result))
        }
    }

    /// Deletes a group without members, with its offsets.
    public func delete(group: String) async throws(KafkaError) {
        let operation = "delete group \(group)"
        let old = rd_kafka_DeleteGroup_new(group)
        defer { rd_kafka_DeleteGroup_destroy(old) }
        try request(operation, RD_KAFKA_ADMIN_OP_DELETEGROUPS) { client, options, answers in
            var groups: [OpaquePointer?] = [old]
            rd_kafka_DeleteGroups(client, &groups, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let groups = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count)
            for group in UnsafeBufferPointer(start: groups, count: count) {
                try check(operation, rd_kafka_group_result_error(group))
            }
        }
    }

    private func check(_ operation: String, _ error: OpaquePointer?) throws(KafkaError) {
        guard let error, rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(
            rd_kafka_error_code(error), operation, detail: String(cString: rd_kafka_error_string(error)))
    }

    /// Offsets of a group's result; partitions without one are left out.
    private func offsets(
        _ operation: String, _ groups: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) throws(KafkaError) -> [TopicPartition: Offset] {
        guard count > 0, let group = groups?.pointee else { return [:] }
        try check(operation, rd_kafka_group_result_error(group))
        return try offsets(operation, PartitionList.elements(of: rd_kafka_group_result_partitions(group)))
    }

    private func offsets(
        _ operation: String, _ elements: [PartitionList.Element]
    ) throws(KafkaError) -> [TopicPartition: Offset] {
        var offsets: [TopicPartition: Offset] = [:]
        for element in elements {
            guard element.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(element.error, operation, partition: element.partition)
            }
            if element.offset >= 0 { offsets[element.partition] = element.offset }
        }
        return offsets
    }
}
