/// A topic as it is to be.
public struct TopicSpecification: Sendable, Equatable {
    public var name: String
    public var partitions: Int
    /// -1: the cluster's default.
    public var replicationFactor: Int
    /// Topic configuration by Kafka's names: `retention.ms`, `cleanup.policy` …
    public var configuration: [String: String]

    public init(_ name: String, partitions: Int, replicationFactor: Int = -1, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}

/// A topic as it is.
public struct TopicDescription: Sendable, Equatable {
    /// A partition, and which brokers hold it.
    public struct Partition: Sendable, Equatable {
        public let id: Int32
        /// Broker id; -1 when there is none at the moment.
        public let leader: Int32
        public let replicas: [Int32]
        public let inSyncReplicas: [Int32]
    }

    public let name: String
    /// In the order of their ids.
    public let partitions: [Partition]

    public var topicPartitions: [TopicPartition] { partitions.map { TopicPartition(name, $0.id) } }
}

/// An entry of a topic's configuration.
public struct TopicConfigurationEntry: Sendable, Equatable {
    /// `nil` when the broker keeps it to itself (secrets).
    public let value: String?
    /// Whether it was not set on the topic itself.
    public let isDefault: Bool
    public let isReadOnly: Bool
}

/// How far a group is behind in a partition.
public struct ConsumerLag: Sendable, Equatable {
    public let committed: Offset
    public let end: Offset
    public var records: Int64 { max(0, end - committed) }
}
