import Kafka

/// A control message of a known type that this version cannot read: a newer version wrote it, or nobody of Millrace did.
public struct UnreadableMessage: Sendable {
    public let id: String
    public let type: String
    public let key: String?
    /// Its data as it came.
    public let text: String
    /// What is wrong with it, and where.
    public let reason: String
    /// Where it was read.
    public let position: TopicPartition
    public let offset: Offset

    public init(
        id: String, type: String, key: String?, text: String, reason: String, position: TopicPartition, offset: Offset
    ) {
        self.id = id
        self.type = type
        self.key = key
        self.text = text
        self.reason = reason
        self.position = position
        self.offset = offset
    }
}
