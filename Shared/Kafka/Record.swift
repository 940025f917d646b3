import CLibrdkafka

/// One record of a batch. Holds the batch's memory alive: keep copies, not records, for long.
public struct Record: Sendable {
    let storage: RecordStorage
    let index: Int

    public var source: TopicPartition { storage.partition(at: index) }
    public var topic: String { source.topic }
    public var partition: Int32 { source.partition }
    public var offset: Offset { storage.message(at: index).offset }
    /// `nil` when the message carries none.
    public var timestamp: KafkaTimestamp? { storage.timestamp(at: index) }

    /// A copy; `nil` when the value is null.
    public var value: [UInt8]? { withValue { $0.map(Array.init) } }
    /// A copy; `nil` when there is no key.
    public var key: [UInt8]? { withKey { $0.map(Array.init) } }
    /// Copies, in their order.
    public var headers: [KafkaHeader] { storage.headers(at: index) }

    /// The value where it lies, without a copy; `nil` when it is null. The bytes must not leave the closure.
    public func withValue<R, E: Error>(_ body: (UnsafeRawBufferPointer?) throws(E) -> R) throws(E) -> R {
        let message = storage.message(at: index)
        defer { withExtendedLifetime(storage) {} }
        return try body(message.payload.map { UnsafeRawBufferPointer(start: $0, count: message.len) })
    }

    /// The key where it lies, without a copy; `nil` when there is none. The bytes must not leave the closure.
    public func withKey<R, E: Error>(_ body: (UnsafeRawBufferPointer?) throws(E) -> R) throws(E) -> R {
        let message = storage.message(at: index)
        defer { withExtendedLifetime(storage) {} }
        return try body(message.key.map { UnsafeRawBufferPointer(start: $0, count: message.key_len) })
    }
}
