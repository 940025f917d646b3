// LagWatch: how far behind each partition is in time. Always: a partition has an entry while messages of it are in hand.
import Foundation
import Kafka
import Metrics
import Synchronization

/// The age of the oldest message that is read and not landed, by partition: as long as the warehouse takes nothing, it
/// grows.
final class LagWatch: Sendable {
    fileprivate struct State {
        /// Milliseconds since 1970 of the oldest message in hand.
        var oldest: [TopicPartition: Int64] = [:]
        var gauges: [TopicPartition: Gauge] = [:]
    }

    private let state = Mutex(State())

    /// Messages of a partition were read; the oldest was written at `milliseconds`.
    func took(_ partition: TopicPartition, from milliseconds: Int64) {
        state.withLock { state in
            state.oldest[partition] = min(milliseconds, state.oldest[partition] ?? milliseconds)
        }
    }

    /// What was in hand of these partitions has landed, or is somebody else's now.
    func finished(_ partitions: some Sequence<TopicPartition>, at now: Date = Date()) {
        state.withLock { state in
            for partition in partitions {
                guard let oldest = state.oldest.removeValue(forKey: partition) else { continue }
                state.gauge(of: partition).record(Self.seconds(since: oldest, now))
            }
        }
    }

    /// Everything that there is has landed.
    func caughtUp() {
        state.withLock { state in
            state.oldest = [:]
            for gauge in state.gauges.values { gauge.record(0) }
        }
    }

    /// The longest that a message in hand has waited since it was written, in seconds.
    func longest(at now: Date = Date()) -> Double {
        state.withLock { $0.oldest.values.min().map { Self.seconds(since: $0, now) } ?? 0 }
    }

    private static func seconds(since milliseconds: Int64, _ now: Date) -> Double {
        max(0, now.timeIntervalSince1970 - Double(milliseconds) / 1_000)
    }
}

extension LagWatch.State {
    fileprivate mutating func gauge(of partition: TopicPartition) -> Gauge {
        if let known = gauges[partition] { return known }
        let made = Gauge(
            label: "raw_sink_lag_seconds",
            dimensions: [("topic", partition.topic), ("partition", "\(partition.partition)")])
        gauges[partition] = made
        return made
    }
}
