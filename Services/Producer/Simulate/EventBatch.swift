import Kafka

/// Messages handed over at once, and what each of them is.
struct EventBatch: Sendable {
    let topic: String
    private(set) var messages: [ProducerMessage] = []
    /// One for each message.
    private(set) var marks: [EventMark] = []
    /// Events in it; a duplicate is a message more, but no event.
    private(set) var events = 0
    private var repeated: [Int] = []

    init(topic: String, capacity: Int) {
        self.topic = topic
        messages.reserveCapacity(capacity)
        marks.reserveCapacity(capacity)
    }

    mutating func append(_ event: PageViewEvent, encoder: PageViewEncoder, faults: inout FaultInjector) {
        var event = event
        let fault = faults.next()
        if fault == .late { event.time -= faults.delay() }
        var value = encoder.value(of: event)
        if let fault { faults.spoil(&value, by: fault, time: event.time) }
        // Of two equal messages the second is the duplicate: it is marked when it is added.
        if fault == .duplicate { repeated.append(messages.count) }
        messages.append(ProducerMessage(topic: topic, key: encoder.key(of: event), value: value))
        marks.append(EventMark(id: event.id, fault: fault == .duplicate ? nil : fault))
        events += 1
    }

    /// Adds the duplicates, behind all events of the batch as a sender that tries again would.
    mutating func finish() {
        for index in repeated {
            messages.append(messages[index])
            marks.append(EventMark(id: marks[index].id, fault: .duplicate))
        }
        repeated = []
    }
}
