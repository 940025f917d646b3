/// What a consumer has to say, in order.
public enum ConsumerEvent: Sendable {
    /// The group gives these partitions to this member (with `cooperative-sticky`: in addition). Nothing of them is
    /// fetched until the caller answers with `assign(from:)`; asking for the next event before is a misuse error.
    case assigned([TopicPartition])
    /// The group takes these partitions away. Finish or drop what is open, then answer with `release(_:)`; asking for
    /// the next event releases them too. `lost`: they are gone already and others may be at work on them.
    case revoked([TopicPartition], lost: Bool)
    /// Records, at least one.
    case records(RecordBatch)
    /// The end of a partition was reached; only with `reportsPartitionEnd`. More may come later.
    case reachedEnd(TopicPartition, next: Offset)
}
