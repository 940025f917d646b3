// RecordBatch: many records, as they lie in the client's fetch buffers. Nothing is copied until asked for.
// Always: within a partition, offsets rise; every record's partition is a key of `source`.

/// Many records of one wake-up. The memory of their payloads is given back when the batch and all its records are gone.
public struct RecordBatch: Sendable, RandomAccessCollection {
    let storage: RecordStorage

    /// Offsets that this batch covers, half open: from the first record to after the last. Offsets in between may be
    /// absent (compaction, transaction markers).
    public let source: [TopicPartition: Range<Offset>]

    /// Bytes of keys and values together.
    public let byteCount: Int

    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.count }
    public subscript(position: Int) -> Record { Record(storage: storage, index: position) }

    /// The partitions of the batch, as `forEach` numbers them.
    public var sources: [TopicPartition] { storage.partitions }

    /// Goes through the records of a range in their order: the way to look at very many.
    /// - Parameter body: Is given the partition's index in `sources`, the offset, and the value where it lies (`nil` when
    ///   it is null); the bytes must not leave the closure.
    public func forEach(
        in range: Range<Int>, _ body: (_ source: Int, _ offset: Offset, _ value: UnsafeRawBufferPointer?) -> Void
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range is beyond the batch")
        storage.forEach(in: range, body)
    }

    /// When the first record of each partition was written, where it says so.
    public var oldest: [TopicPartition: KafkaTimestamp] {
        var oldest: [TopicPartition: KafkaTimestamp] = [:]
        for (partition, index) in zip(storage.partitions, storage.firsts) {
            oldest[partition] = index.flatMap { storage.timestamp(at: $0) }
        }
        return oldest
    }

    /// Where to go on after this batch: what to commit when it is done with.
    public var nextOffsets: [TopicPartition: Offset] { source.mapValues(\.upperBound) }
}
