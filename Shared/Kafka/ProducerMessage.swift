/// A message to send. A null value is data too (a tombstone on a compacted topic).
public struct ProducerMessage: Sendable, Equatable {
    public var topic: String
    /// Messages of one key keep their order and share a partition (murmur2, as Java's producer).
    public var key: [UInt8]?
    public var value: [UInt8]?
    public var headers: [KafkaHeader]
    /// `nil`: chosen by the key; without a key, at random.
    public var partition: Int32?
    /// `nil`: now.
    public var timestamp: KafkaTimestamp?

    public init(
        topic: String, key: [UInt8]? = nil, value: [UInt8]?, headers: [KafkaHeader] = [], partition: Int32? = nil,
        timestamp: KafkaTimestamp? = nil
    ) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.partition = partition
        self.timestamp = timestamp
    }

    /// A message whose key and value are text.
    public init(topic: String, key: String?, text: String, headers: [KafkaHeader] = []) {
        self.init(topic: topic, key: key.map { Array($0.utf8) }, value: Array(text.utf8), headers: headers)
    }
}

/// Where an acknowledged message went: every in-sync replica has it.
public struct DeliveryReport: Sendable, Equatable {
    public let position: TopicPartition
    public let offset: Offset
    public let timestamp: KafkaTimestamp?
}

/// What became of the messages of a `BulkDelivery` so far.
public struct BulkReport: Sendable, Equatable {
    /// Messages handed to the client.
    public var enqueued = 0
    /// Of these, acknowledged.
    public var delivered = 0
    /// Of these, given up.
    public var failed = 0
    /// Why the first of those was given up.
    public var firstError: KafkaError?
    /// Why the first of those was given up that another attempt, or another client, may get through.
    public var firstCurable: KafkaError?
    /// Still on their way.
    public var pending: Int { enqueued - delivered - failed }
}
