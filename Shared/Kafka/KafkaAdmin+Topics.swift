import CLibrdkafka

extension KafkaAdmin {
    /// Topics by name; those that do not exist are absent from the answer. `nil`: all.
    public func topics(_ names: [String]? = nil) async throws(KafkaError) -> [String: TopicDescription] {
        let operation = "list topics"
        let handle = try client(operation)
        var metadata: UnsafePointer<rd_kafka_metadata>?
        // All topics are asked for and the wanted ones picked: asking for one by name may create it.
        let code = rd_kafka_metadata(handle.raw, 1, nil, &metadata, timeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaError(code, operation) }
        defer { rd_kafka_metadata_destroy(metadata) }
        var topics: [String: TopicDescription] = [:]
        for topic in UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt)) {
            let name = String(cString: topic.topic)
            guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, names?.contains(name) ?? true else { continue }
            topics[name] = TopicDescription(name: name, topic)
        }
        return topics
    }

    /// Creates a topic.
    /// - Throws: `.topicExists`.
    public func create(_ topic: TopicSpecification) async throws(KafkaError) {
        let operation = "create topic \(topic.name)"
        var text = [CChar](repeating: 0, count: 256)
        guard
            let new = rd_kafka_NewTopic_new(
                topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replicationFactor), &text,
                text.count)
        else { throw .own(.configuration, operation, String(terminated: text)) }
        defer { rd_kafka_NewTopic_destroy(new) }
        for (name, value) in topic.configuration {
            let code = rd_kafka_NewTopic_set_config(new, name, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation) }
        }
        try request(operation, RD_KAFKA_ADMIN_OP_CREATETOPICS) { client, options, answers in
            var topics: [OpaquePointer?] = [new]
            rd_kafka_CreateTopics(client, &topics, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            try check(operation, results, count)
        }
    }

    /// Deletes a topic with everything in it.
    /// - Throws: `.unknownTopic`.
    public func delete(topic: String) async throws(KafkaError) {
        let operation = "delete topic \(topic)"
        let old = rd_kafka_DeleteTopic_new(topic)
        defer { rd_kafka_DeleteTopic_destroy(old) }
        try request(operation, RD_KAFKA_ADMIN_OP_DELETETOPICS) { client, options, answers in
            var topics: [OpaquePointer?] = [old]
            rd_kafka_DeleteTopics(client, &topics, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
            try check(operation, results, count)
        }
    }

    /// Raises the number of partitions. Keys land elsewhere from then on; there is no way back.
    public func setPartitionCount(of topic: String, to count: Int) async throws(KafkaError) {
        let operation = "set the partitions of topic \(topic) to \(count)"
        var text = [CChar](repeating: 0, count: 256)
        guard let new = rd_kafka_NewPartitions_new(topic, max(0, count), &text, text.count) else {
            throw .own(.configuration, operation, String(terminated: text))
        }
        defer { rd_kafka_NewPartitions_destroy(new) }
        try request(operation, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS) { client, options, answers in
            var partitions: [OpaquePointer?] = [new]
            rd_kafka_CreatePartitions(client, &partitions, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_CreatePartitions_result_topics(
                rd_kafka_event_CreatePartitions_result(event), &count)
            try check(operation, results, count)
        }
    }

    /// The topic's configuration, defaults included.
    public func configuration(of topic: String) async throws(KafkaError) -> [String: TopicConfigurationEntry] {
        let operation = "read the configuration of topic \(topic)"
        let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        return try request(operation, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) { client, options, answers in
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_DescribeConfigs(client, &resources, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &count)
            let found = try single(operation, results, count)
            var entryCount = 0
            let entries = rd_kafka_ConfigResource_configs(found, &entryCount)
            var configuration: [String: TopicConfigurationEntry] = [:]
            for entry in UnsafeBufferPointer(start: entries, count: entryCount) {
                configuration[String(cString: rd_kafka_ConfigEntry_name(entry))] = TopicConfigurationEntry(
                    value: rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) },
                    isDefault: rd_kafka_ConfigEntry_source(entry) != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG,
                    isReadOnly: rd_kafka_ConfigEntry_is_read_only(entry) > 0)
            }
            return configuration
        }
    }

    /// Sets these entries and leaves the topic's other own entries as they are. Two callers at once may undo each
    /// other: the protocol that librdkafka 2.0.2 speaks replaces all entries.
    public func alterConfiguration(of topic: String, setting: [String: String]) async throws(KafkaError) {
        let operation = "alter the configuration of topic \(topic)"
        var entries: [String: String] = [:]
        for (name, entry) in try await configuration(of: topic) where !entry.isDefault && !entry.isReadOnly {
            entries[name] = entry.value
        }
        entries.merge(setting) { _, new in new }
        let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        for (name, value) in entries {
            let code = rd_kafka_ConfigResource_set_config(resource, name, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, operation) }
        }
        try request(operation, RD_KAFKA_ADMIN_OP_ALTERCONFIGS) { client, options, answers in
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_AlterConfigs(client, &resources, 1, options, answers)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let results = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count)
            _ = try single(operation, results, count)
        }
    }

    /// The one resource that a request was about.
    private func single(
        _ operation: String, _ resources: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) throws(KafkaError) -> OpaquePointer {
        guard count == 1, let resource = resources?.pointee else {
            throw .own(.other, operation, "the brokers answered about \(count) resources instead of one")
        }
        let code = rd_kafka_ConfigResource_error(resource)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let detail = rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }
            throw KafkaError(code, operation, detail: detail)
        }
        return resource
    }
}

extension TopicDescription {
    init(name: String, _ topic: rd_kafka_metadata_topic) {
        func ids(_ start: UnsafePointer<Int32>?, _ count: Int32) -> [Int32] {
            Array(UnsafeBufferPointer(start: start, count: Int(count)))
        }
        self.name = name
        partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            .map { partition in
                Partition(
                    id: partition.id, leader: partition.leader,
                    replicas: ids(partition.replicas, partition.replica_cnt),
                    inSyncReplicas: ids(partition.isrs, partition.isr_cnt))
            }
            .sorted { $0.id < $1.id }
    }
}
