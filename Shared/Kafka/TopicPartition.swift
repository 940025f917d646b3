import struct Foundation.Date

/// Position of a record in its partition, counted from 0. A *next* offset is the position after the last one.
public typealias Offset = Int64

/// One partition of one topic.
public struct TopicPartition: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public init(topic: String, partition: Int32) {
        self.init(topic, partition)
    }

    /// `topic[partition]`.
    public var description: String { "\(topic)[\(partition)]" }

    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// A header of a record. Names may repeat; a value may be null or any bytes.
public struct KafkaHeader: Sendable, Equatable {
    public let name: String
    public let value: [UInt8]?

    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    /// A header whose value is text.
    public init(_ name: String, text: String) {
        self.init(name, Array(text.utf8))
    }

    /// The value as text; `nil` when null or not UTF-8.
    public var text: String? { value.flatMap { String(validating: $0, as: UTF8.self) } }
}

/// Time stamped on a record, in milliseconds since 1970, UTC.
public struct KafkaTimestamp: Sendable, Hashable, Comparable {
    /// Whose clock it is.
    public enum Clock: Sendable, Hashable { case producer, broker }

    public let milliseconds: Int64
    public let clock: Clock

    public init(milliseconds: Int64, clock: Clock = .producer) {
        self.milliseconds = milliseconds
        self.clock = clock
    }

    /// Cut to the millisecond.
    public init(_ date: Date) {
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    public static func < (left: KafkaTimestamp, right: KafkaTimestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
