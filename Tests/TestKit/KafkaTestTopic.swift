import Kafka

/// A topic of one test.
public struct KafkaTestTopic: Sendable {
    public let name: String
    public let partitions: Int
    public let settings: KafkaSettings

    /// A record that was read back, copied out of its batch.
    public struct Message: Sendable, Equatable {
        public let partition: Int32
        public let offset: Offset
        public let key: [UInt8]?
        public let value: [UInt8]?
        public let headers: [KafkaHeader]
        public let timestamp: KafkaTimestamp?

        public var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
        public var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }

        init(_ record: Record) {
            partition = record.partition
            offset = record.offset
            key = record.key
            value = record.value
            headers = record.headers
            timestamp = record.timestamp
        }
    }

    /// Creates a topic of a name of its own. `withTopic` also deletes it.
    public static func make(
        _ prefix: String = "test", partitions: Int = 1, configuration: [String: String] = [:]
    ) async throws -> KafkaTestTopic {
        let settings = KafkaTestServer.settings()
        let name = KafkaTestServer.uniqueName(prefix)
        let admin = try KafkaAdmin(settings, logger: KafkaTestServer.logger())
        try await admin.create(
            TopicSpecification(name, partitions: partitions, replicationFactor: 1, configuration: configuration))
        await admin.close()
        return KafkaTestTopic(name: name, partitions: partitions, settings: settings)
    }

    /// Best effort: a topic left behind disturbs nobody.
    public func delete() async {
        guard let admin = try? KafkaAdmin(settings, logger: KafkaTestServer.logger()) else { return }
        try? await admin.delete(topic: name)
        await admin.close()
    }

    public func partition(_ number: Int32) -> TopicPartition { TopicPartition(name, number) }

    public var allPartitions: [TopicPartition] { (0..<Int32(partitions)).map(partition) }

    /// Sends messages and waits for all acknowledgements.
    /// - Parameter bytesMax: Of one message, where it is more than usual.
    public func produce(_ messages: [ProducerMessage], bytesMax: Int? = nil) async throws {
        var settings = settings
        if let bytesMax { settings.properties["message.max.bytes"] = "\(bytesMax)" }
        let producer = try KafkaProducer(settings, logger: KafkaTestServer.logger())
        let bulk = producer.bulk()
        try await bulk.enqueue(messages)
        let report = await bulk.flush()
        await producer.close()
        if let error = report.firstError { throw error }
    }

    /// Sends texts, to one partition or (`nil`) as their keys have it.
    public func produce(_ texts: [String], key: String? = nil, partition: Int32? = nil) async throws {
        try await produce(
            texts.map { text in
                var message = ProducerMessage(topic: name, key: key, text: text)
                message.partition = partition
                return message
            })
    }

    /// Everything that is in the topic now, partition by partition in offset order.
    public func consumeAll() async throws -> [Message] {
        try await consumeTopic(name, settings)
    }
}

/// Everything that is in a topic now, partition by partition in offset order. Empty when there is no such topic.
public func consumeTopic(
    _ topic: String, _ settings: KafkaSettings = KafkaTestServer.settings()
) async throws -> [KafkaTestTopic.Message] {
    let admin = try KafkaAdmin(settings, logger: KafkaTestServer.logger())
    guard try await admin.topics([topic])[topic] != nil else {
        await admin.close()
        return []
    }
    let watermarks = try await admin.watermarks(of: topic)
    await admin.close()
    var open = watermarks.filter { !$0.value.isEmpty }.mapValues(\.upperBound)
    let consumer = try KafkaConsumer(
        settings, partitions: open.mapValues { _ in .beginning }, limits: BatchLimits(waitMax: .zero),
        reportsPartitionEnd: true, logger: KafkaTestServer.logger())
    var messages: [KafkaTestTopic.Message] = []
    /// The last offset may be a transaction's mark, which no record comes for: then the partition's end says it.
    func note(_ partition: TopicPartition, _ next: Offset) {
        if let end = open[partition], next >= end { open[partition] = nil }
    }
    while !open.isEmpty, let event = try await consumer.next() {
        switch event {
        case .records(let batch):
            messages += batch.map(KafkaTestTopic.Message.init)
            for (partition, next) in batch.nextOffsets { note(partition, next) }
        case .reachedEnd(let partition, let next): note(partition, next)
        case .assigned, .revoked: break
        }
    }
    try await consumer.close()
    return messages.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
}
