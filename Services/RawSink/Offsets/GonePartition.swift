import Kafka

/// A partition whose next record Kafka does not have: what happened, and what somebody should do. A plain value.
struct GonePartition: CustomStringConvertible {
    private let partition: TopicPartition
    private let next: Offset?
    /// `nil` when Kafka did not say what it has.
    private let standing: OffsetStanding?

    init(_ partition: TopicPartition, next: Offset?, _ standing: OffsetStanding?) {
        self.partition = partition
        self.next = next
        self.standing = standing
    }

    /// One sentence, and the advice.
    var description: String {
        let name = "partition \(partition.partition) of \(partition.topic)"
        let next = next.map { "\($0)" } ?? "its first offset"
        guard let kept = standing?.kept else {
            return "\(name) cannot go on from \(next): Kafka has no such record. \(advice)"
        }
        let has =
            kept.isEmpty ? "none (its next is \(kept.upperBound))" : "\(kept.lowerBound) to \(kept.upperBound - 1)"
        return "\(name) cannot go on from \(next): of its offsets Kafka has \(has). \(advice)"
    }

    /// What to run, by what happened.
    var advice: String {
        let command = "`raw-sink offsets --topic \(partition.topic)"
        guard let standing, let next else { return "See \(command)`." }
        if next > standing.kept.upperBound {
            return
                "Kafka ends before what was landed. If the topic was made anew (its data were lost, or it was deleted): "
                + "\(command) --to earliest --topic-is-new` lands what it has now. If it lost its newest records only: "
                + "\(command) --to latest` goes on from its end; --to earliest would land the others twice."
        }
        return "\(standing.kept.lowerBound - next) records were deleted before they were landed: "
            + "\(command) --to earliest` goes on behind them."
    }
}
