// DeadLetterLimit: how many of a partition's messages may become dead letters. A producer that begins to send rubbish
// should be noticed by people, not by the size of a table.
import Kafka
import Synchronization
import Warehouse

/// A share of messages, over a window of time.
public struct DeadLetterLimit: Sendable, Equatable {
    /// What happens beyond the limit.
    public enum Action: String, Sendable, CaseIterable {
        /// It is logged and counted.
        case warn
        /// The partition is read no further until the sink is started anew; `/readyz` fails.
        case partition
        /// The service ends with an error.
        case service
    }

    var action = Action.warn
    /// From 0 to 1; more than that is too much.
    var shareMax = 0.2
    /// Below so many messages within the window the share says nothing.
    var messagesMin = 1_000
    var window: Duration = .seconds(300)
}

/// How many messages of a partition came, and how many of them were refused, over a sliding window. A plain value.
struct DeadLetterShare {
    private struct Slot {
        let begin: ContinuousClock.Instant
        var messages: Int
        var rejected: Int
    }

    private let window: Duration
    /// In the order of time; a slot is a tenth of the window.
    private var slots: [Slot] = []

    init(window: Duration) { self.window = window }

    /// Takes a batch in.
    /// - Returns: The sums over the window.
    mutating func add(messages: Int, rejected: Int, at now: ContinuousClock.Instant) -> (messages: Int, rejected: Int) {
        slots.removeAll { $0.begin.duration(to: now) >= window }
        if let last = slots.last, last.begin.duration(to: now) < window / 10 {
            slots[slots.count - 1].messages += messages
            slots[slots.count - 1].rejected += rejected
        } else {
            slots.append(Slot(begin: now, messages: messages, rejected: rejected))
        }
        return slots.reduce((0, 0)) { ($0.0 + $1.messages, $0.1 + $1.rejected) }
    }
}

/// Watches the partitions of a sink, over all its sessions.
final class DeadLetterWatch: Sendable {
    /// A partition with too many dead letters.
    struct Finding: Sendable, Equatable {
        let partition: TopicPartition
        let messages: Int
        let rejected: Int
    }

    private struct State {
        var shares: [TopicPartition: DeadLetterShare] = [:]
        var findings: [Finding] = []
        var stopped: Set<TopicPartition> = []
    }

    let limit: DeadLetterLimit
    private let state = Mutex(State())

    init(_ limit: DeadLetterLimit) { self.limit = limit }

    /// Partitions that are not to be read any more.
    var stopped: Set<TopicPartition> { state.withLock(\.stopped) }

    /// Counts a batch that was landed.
    func landed(_ batch: RawBatch, at now: ContinuousClock.Instant = .now) {
        var rejected: [Int32: Int] = [:]
        for letter in batch.deadLetters { rejected[letter.position.partition, default: 0] += 1 }
        state.withLock { state in
            for source in batch.sources {
                let partition = TopicPartition(batch.contract.topic.name, source.partition)
                var share = state.shares[partition] ?? DeadLetterShare(window: limit.window)
                let sums = share.add(
                    messages: Int(source.next - source.first), rejected: rejected[source.partition] ?? 0, at: now)
                state.shares[partition] = share
                guard sums.messages >= limit.messagesMin,
                    Double(sums.rejected) > limit.shareMax * Double(sums.messages)
                else { continue }
                state.findings.append(
                    Finding(partition: partition, messages: sums.messages, rejected: sums.rejected))
                if limit.action == .partition { state.stopped.insert(partition) }
                // The next finding needs a window's messages of its own.
                state.shares[partition] = nil
            }
        }
    }

    /// What was found since the last time.
    func takeFindings() -> [Finding] {
        state.withLock { state in
            defer { state.findings = [] }
            return state.findings
        }
    }
}
