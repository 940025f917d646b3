// SinkOffsets: where sinks stand, beside what Kafka has; and the one move of a position that loses nothing that is there.
import DataContract
import Kafka
import ServiceRuntime
import Warehouse

/// Where to move a position.
enum OffsetTarget: Equatable {
    /// The first record that Kafka has.
    case earliest
    /// Behind the last record that Kafka has.
    case latest
    case offset(Offset)

    init?(_ text: String) {
        if text == "earliest" {
            self = .earliest
        } else if text == "latest" {
            self = .latest
        } else {
            guard let offset = Offset(text), offset >= 0 else { return nil }
            self = .offset(offset)
        }
    }
}

/// Where a partition stands. A plain value.
struct OffsetStanding: Equatable, CustomStringConvertible {
    let partition: TopicPartition
    /// The next offset to land; `nil` before the first landing.
    let next: Offset?
    /// What Kafka has: from the first record up to, without, the end.
    let kept: Range<Offset>

    /// Whether the next record is not there any more, or not there yet although the sink has been beyond.
    var isGone: Bool { next.map { $0 < kept.lowerBound || $0 > kept.upperBound } ?? false }

    var description: String {
        let name = "\(partition.topic)/\(partition.partition)"
        let state =
            switch next {
            case nil: "nothing landed yet"
            case let next? where next < kept.lowerBound: "gone: \(kept.lowerBound - next) records were deleted unlanded"
            case let next? where next > kept.upperBound:
                "gone: the topic was made anew, or Kafka lost its newest records"
            case let next?: "behind \(kept.upperBound - next)"
            }
        return "\(name)  next \(next.map { "\($0)" } ?? "-")  kafka \(kept.lowerBound)..\(kept.upperBound)  \(state)"
    }

    /// Offsets that are landed already, though Kafka ends before them: it may have the same records there, or others.
    func contested(from wanted: Offset) -> Range<Offset>? {
        guard let next, next > kept.upperBound, wanted < kept.upperBound else { return nil }
        return wanted..<kept.upperBound
    }

    /// The offset to go on from.
    /// - Throws: `ExitError` for a move that would land records twice, or leave out some that are there.
    func resolve(_ target: OffsetTarget) throws -> Offset {
        let name = "partition \(partition.partition) of \(partition.topic)"
        let wanted: Offset
        switch target {
        case .earliest: wanted = kept.lowerBound
        case .latest: wanted = kept.upperBound
        case .offset(let offset): wanted = offset
        }
        guard let next else { throw ExitError(.failed, "nothing of \(name) was landed yet: there is nothing to move.") }
        guard (kept.lowerBound...kept.upperBound).contains(wanted) else {
            throw ExitError(
                .failed,
                "Kafka has offsets \(kept.lowerBound) to \(kept.upperBound) of \(name); \(wanted) is none of them.")
        }
        if next <= kept.upperBound, wanted < next {
            throw ExitError(
                .failed,
                "records of \(name) up to \(next) are landed; landing them again would double them. `raw-sink replay` "
                    + "puts back what the table lacks.")
        }
        return wanted
    }
}

/// Positions of sinks, in the warehouse and in Kafka.
struct SinkOffsets {
    let warehouse: any RawWarehouse
    let admin: KafkaAdmin

    /// The partitions of a topic, in order.
    func standings(of topic: String) async throws -> [OffsetStanding] {
        let kept = try await admin.watermarks(of: topic)
        let positions = try await warehouse.sinkPositions(of: topic)
        return kept.sorted { $0.key < $1.key }.map {
            OffsetStanding(partition: $0.key, next: positions[$0.key.partition], kept: $0.value)
        }
    }

    /// Moves a partition's position.
    /// - Parameter topicIsNew: The caller knows that Kafka's records are others than those that were landed with the same
    ///   offsets. Dead letters of those offsets make way: they get offsets below zero.
    /// - Returns: What was done.
    /// - Throws: `ExitError` where records may be landed twice, and nobody said that they are others.
    func move(
        _ partition: TopicPartition, of contract: Contract, to target: OffsetTarget, topicIsNew: Bool
    ) async throws -> String {
        guard let standing = try await standings(of: partition.topic).first(where: { $0.partition == partition }) else {
            throw ExitError(.failed, "\(partition.topic) has no partition \(partition.partition).")
        }
        let wanted = try standing.resolve(target)
        guard let next = standing.next, next != wanted else { return "\(standing): already there" }
        if !topicIsNew, let contested = standing.contested(from: wanted) {
            let landed = try await warehouse.landedCount(of: contract, partition: partition.partition, in: contested)
            guard landed == 0 else { throw Self.mayDouble(standing, contested, landed) }
        }
        try await warehouse.moveSinkPosition(
            of: partition.topic, partition: partition.partition, from: next, to: wanted)
        return "\(partition.topic)/\(partition.partition) moved from \(next) to \(wanted)"
            + (standing.isGone ? "" : ", over \(wanted - next) records that will not be landed")
    }

    static func mayDouble(_ standing: OffsetStanding, _ contested: Range<Offset>, _ landed: Int) -> ExitError {
        let (name, partition) = (standing.partition.topic, standing.partition.partition)
        return ExitError(
            .failed,
            "\(landed) messages of \(name), partition \(partition), with offsets \(contested.lowerBound) to "
                + "\(contested.upperBound - 1), are landed already. If Kafka still has the same ones, and lost newer ones, "
                + "they would be landed twice: use --to latest. If the topic was made anew, and these are others: add "
                + "--topic-is-new.")
    }
}
