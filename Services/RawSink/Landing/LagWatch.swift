// LagWatch: how far behind each partition is in time. Always: what is in hand of a partition is in the order of its
// offsets, and landed from the front.
import Foundation
import Kafka
import Metrics
import Synchronization

/// How far behind a sink may be before it is unready; `nil`: as far as it likes.
public struct LagLimits: Sendable, Equatable {
    /// Age of the oldest message in hand.
    var age: Duration?
    /// Messages of all its partitions.
    var messages: Int?
}

/// The age of the oldest message that is read and not landed, by partition: as long as the warehouse takes nothing, it
/// grows.
final class LagWatch: Sendable {
    /// Messages in hand, up to an offset; the oldest was written at so many milliseconds since 1970.
    fileprivate struct Stretch {
        let next: Offset
        let oldest: Int64
    }

    fileprivate struct State {
        var inHand: [TopicPartition: [Stretch]] = [:]
        var landed: [TopicPartition: Date] = [:]
        var gauges: [TopicPartition: Gauge] = [:]
        var shown = Date.distantPast
        var messages = 0
    }

    private let state = Mutex(State())

    /// How long the age of what has landed stays to be seen.
    private static let afterglow: TimeInterval = 5

    /// Messages of a partition were read, up to `next`; the oldest was written at `milliseconds`.
    func took(_ partition: TopicPartition, to next: Offset, from milliseconds: Int64) {
        state.withLock { $0.inHand[partition, default: []].append(Stretch(next: next, oldest: milliseconds)) }
    }

    /// What was in hand of a partition has landed, up to `next`.
    func landed(_ partition: TopicPartition, to next: Offset, at now: Date = Date()) {
        state.withLock { state in
            let done = state.inHand[partition, default: []].prefix { $0.next <= next }
            guard let oldest = done.map(\.oldest).min() else { return }
            state.inHand[partition]?.removeFirst(done.count)
            state.landed[partition] = now
            state.gauge(of: partition).record(Self.seconds(since: oldest, now))
        }
    }

    /// Nothing is in hand any more: what comes is read anew.
    func forgetAll() { forget(state.withLock { Set($0.inHand.keys).union($0.gauges.keys) }) }

    /// These partitions are somebody else's now.
    func forget(_ partitions: some Sequence<TopicPartition>) {
        state.withLock { state in
            for partition in partitions {
                state.inHand[partition] = nil
                state.landed[partition] = nil
                state.gauges.removeValue(forKey: partition)?.destroy()
            }
        }
    }

    /// Shows how things stand, once a second at most.
    /// - Parameter messages: How many the sink is behind, as the consumer knows it.
    func show(messages: Int, at now: Date = Date()) {
        state.withLock { state in
            state.messages = messages
            guard now.timeIntervalSince(state.shown) >= 1 else { return }
            state.shown = now
            for partition in Set(state.inHand.keys).union(state.gauges.keys) {
                if let oldest = state.inHand[partition]?.map(\.oldest).min() {
                    state.gauge(of: partition).record(Self.seconds(since: oldest, now))
                } else if now.timeIntervalSince(state.landed[partition] ?? .distantPast) > Self.afterglow {
                    state.gauge(of: partition).record(0)
                }
            }
        }
    }

    /// The longest that a message in hand has waited since it was written, in seconds.
    func longest(at now: Date = Date()) -> Double {
        state.withLock { state in
            state.inHand.values.joined().map(\.oldest).min().map { Self.seconds(since: $0, now) } ?? 0
        }
    }

    /// What is beyond the limits; `nil` when nothing is.
    func excess(over limits: LagLimits) -> String? {
        let age = longest()
        if let most = limits.age, age > Double(most.nanoseconds) / 1e9 {
            return "The oldest message in hand is \(Int(age)) s old; SINK_LAG_MAX allows \(most)."
        }
        let messages = state.withLock(\.messages)
        if let most = limits.messages, messages > most {
            return "The sink is \(messages) messages behind; SINK_LAG_MESSAGES_MAX allows \(most)."
        }
        return nil
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
