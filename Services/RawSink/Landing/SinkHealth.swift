import Kafka
import ServiceRuntime
import Synchronization

/// What `/readyz` is told: the last that was heard of the warehouse, of each topic's table and of the group.
final class SinkHealth: Sendable {
    private struct State {
        var warehouse: String? = "not reached yet"
        var topics: [String: String] = [:]
        var group: String? = "not joined yet"
        var deadLetters: String?
        /// Partitions that cannot go on.
        var gone: [TopicPartition: String] = [:]
        /// Since when the warehouse has had a batch of a topic in hand.
        var inHand: [String: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())

    /// A batch that takes longer than this is worth a look.
    private static let inHandMax: Duration = .seconds(60)

    /// How far behind the partitions are.
    let lag = LagWatch()

    /// Whether the warehouse can be asked.
    func warehouse(_ failure: String?) { state.withLock { $0.warehouse = failure } }

    /// Whether a topic's batches land. One that landed says as much of the warehouse.
    func topic(_ topic: String, _ failure: String?) {
        state.withLock { state in
            state.topics[topic] = failure
            if failure == nil { state.warehouse = nil }
        }
    }

    /// The topic is not this sink's any more.
    func forget(_ topic: String) { state.withLock { $0.topics[topic] = nil } }

    /// A session is over: the next one may have other partitions.
    func forgetPartitions() {
        state.withLock { state in
            state.topics = [:]
            state.inHand = [:]
            state.gone = [:]
        }
        lag.forgetAll()
    }

    /// The warehouse has been given a batch of a topic, or is done with it.
    func inHand(_ topic: String, _ isInHand: Bool) { state.withLock { $0.inHand[topic] = isInHand ? .now : nil } }

    /// What keeps the group from giving records.
    func group(_ failure: String?) { state.withLock { $0.group = failure } }

    /// Whether the last that was heard of the group was bad.
    var isGroupFailing: Bool { state.withLock { $0.group != nil } }

    /// The next record of a partition is gone from Kafka, or it is so no longer.
    func gone(_ partition: TopicPartition, _ failure: String?) { state.withLock { $0.gone[partition] = failure } }

    /// Stays until the sink is started anew.
    func deadLetters(_ failure: String) { state.withLock { $0.deadLetters = failure } }

    /// Whether a partition was stopped for its dead letters.
    var isOverDeadLetterLimit: Bool { state.withLock { $0.deadLetters != nil } }

    /// Whether the last that was heard of the warehouse, or of a table in it, was bad.
    var isWarehouseFailing: Bool { warehouseFailure != nil }

    private var warehouseFailure: String? {
        state.withLock { state in
            if let failure = state.warehouse { return failure }
            if let (topic, failure) = state.topics.min(by: { $0.key < $1.key }) { return "\(topic): \(failure)" }
            guard let (topic, since) = state.inHand.min(by: { $0.value < $1.value }) else { return nil }
            let time = since.duration(to: .now)
            guard time > Self.inHandMax else { return nil }
            return "\(topic): the warehouse has had a batch in hand for \(time.components.seconds) s"
        }
    }

    /// - Parameter contracts: What of them is set aside.
    func register(
        with checks: HealthChecks, limits: LagLimits = LagLimits(), contracts: (@Sendable () -> String?)? = nil
    ) {
        func add(_ name: String, _ failure: @escaping @Sendable () -> String?) {
            checks.add(name) { failure().map(HealthStatus.failing) ?? .ok }
        }
        if limits != LagLimits() { add("lag") { [self] in lag.excess(over: limits) } }
        if let contracts { checks.add("contracts") { contracts().map(HealthStatus.warning) ?? .ok } }
        add("warehouse") { [self] in warehouseFailure }
        add("dead_letters") { [self] in state.withLock(\.deadLetters) }
        add("kafka") { [self] in state.withLock { $0.group ?? $0.gone.min { $0.key < $1.key }?.value } }
    }
}
