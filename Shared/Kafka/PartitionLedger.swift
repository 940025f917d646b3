/// What a consumer owns and where it stands: a plain value, event in, answer out.
///
/// Always: `next` of a partition only grows while it is owned; a partition that is paused or not owned lets nothing in.
struct PartitionLedger: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        /// Where reading starts: an offset, or one of the library's negative marks for the beginning.
        let start: Offset
        /// After the last record given out; `nil` before the first.
        var next: Offset?
        var isPaused = false

        /// Where to go on after an interruption.
        var position: Offset { next ?? start }
    }

    private(set) var entries: [TopicPartition: Entry] = [:]

    var partitions: [TopicPartition] { entries.keys.sorted() }

    mutating func assign(_ starts: [TopicPartition: Offset]) {
        for (partition, start) in starts { entries[partition] = Entry(start: start) }
    }

    mutating func release(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions { entries[partition] = nil }
    }

    /// The least offset to give out; `nil`: nothing of this partition.
    func floor(of partition: TopicPartition) -> Offset? {
        guard let entry = entries[partition], !entry.isPaused else { return nil }
        return max(0, entry.position)
    }

    mutating func advance(_ partition: TopicPartition, to next: Offset) {
        guard let entry = entries[partition], next > entry.position else { return }
        entries[partition]?.next = next
    }

    /// - Returns: Those that were not paused before.
    mutating func pause(_ partitions: some Sequence<TopicPartition>) -> [TopicPartition] {
        partitions.filter { partition in
            guard entries[partition]?.isPaused == false else { return false }
            entries[partition]?.isPaused = true
            return true
        }
    }

    /// - Returns: Those that were paused, with where they go on. Resuming others would make librdkafka 2.0.2 repeat.
    mutating func resume(_ partitions: some Sequence<TopicPartition>) -> [TopicPartition: Offset] {
        var resumed: [TopicPartition: Offset] = [:]
        for partition in partitions where entries[partition]?.isPaused == true {
            entries[partition]?.isPaused = false
            resumed[partition] = entries[partition]?.position
        }
        return resumed
    }
}
