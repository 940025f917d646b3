// DeliveryGroup: several messages whose sender is called, not resumed, when the last of them is settled. For event
// loops: no task waits, and nothing here ever does.
import CLibrdkafka
import Synchronization

extension KafkaProducer {
    /// Queues `messages` and returns at once; a full queue is a failure like any other.
    /// - Parameter completion: Called exactly once, on the delivery thread or before this returns, with the failures by
    ///   the message's index; empty when all are acknowledged. It must not block.
    public func submit(_ messages: [ProducerMessage], completion: @escaping @Sendable ([Int: KafkaError]) -> Void) {
        let group = DeliveryGroup(count: messages.count, completion)
        for (index, message) in messages.enumerated() {
            guard let topic = core.topicNow(message.topic) else {
                group.settle(index, .closed("send to \(message.topic)"))
                continue
            }
            let code = core.enqueue(message, topic, receipt: GroupMember(group: group, index: index))
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { group.settle(index, core.refusal(code, message.topic)) }
        }
        if messages.isEmpty { completion([:]) }
    }
}

extension ProducerCore {
    /// The topic's object, without waiting for its metadata; `nil` once closing.
    func topicNow(_ name: String) -> Topic? {
        guard !closing.isRaised, let handle else { return nil }
        return known(name) { Topic(name, handle) }
    }
}

/// Counts down to the last message of a submission.
private final class DeliveryGroup: Sendable {
    private struct State {
        var open: Int
        var failures: [Int: KafkaError] = [:]
    }

    private let state: Mutex<State>
    private let completion: @Sendable ([Int: KafkaError]) -> Void

    init(count: Int, _ completion: @escaping @Sendable ([Int: KafkaError]) -> Void) {
        state = Mutex(State(open: count))
        self.completion = completion
    }

    func settle(_ index: Int, _ failure: KafkaError?) {
        let outcome: [Int: KafkaError]? = state.withLock { state in
            if let failure { state.failures[index] = failure }
            state.open -= 1
            return state.open == 0 ? state.failures : nil
        }
        if let outcome { completion(outcome) }
    }
}

/// One message of a group. `@unchecked Sendable`, as its superclass asks: nothing in it changes.
private final class GroupMember: Receipt, @unchecked Sendable {
    private let group: DeliveryGroup
    private let index: Int

    init(group: DeliveryGroup, index: Int) {
        self.group = group
        self.index = index
    }

    override func settle(_ message: UnsafePointer<rd_kafka_message_t>, failure: KafkaError?) {
        group.settle(index, failure)
    }
}
