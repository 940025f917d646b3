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

    /// Where to go on after this batch: what to commit when it is done with.
    public var nextOffsets: [TopicPartition: Offset] { source.mapValues(\.upperBound) }
}
