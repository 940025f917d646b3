import Kafka

/// Messages handed over at once, and what each of them is.
struct EventBatch: Sendable {
    /// Of the scenario.
    let topics: [String]
    private(set) var messages: [ProducerMessage] = []
    /// One for each message.
    private(set) var marks: [EventMark] = []
    /// Events in it; a duplicate is a message more, but no event.
    private(set) var events = 0
    private var repeated: [Int] = []

    init(topics: [String], capacity: Int) {
        self.topics = topics
        messages.reserveCapacity(capacity)
        marks.reserveCapacity(capacity)
    }

    mutating func append<Event: SimulatedEvent>(_ event: Event, faults: inout FaultInjector) {
        var event = event
        let fault = faults.next()
        if fault == .late { event.time -= faults.delay() }
        var value = event.value()
        if let fault { faults.spoil(&value, by: fault, timeField: Event.timeField, time: event.time) }
        // Of two equal messages the second is the duplicate: it is marked when it is added.
        if fault == .duplicate { repeated.append(messages.count) }
        messages.append(ProducerMessage(topic: topics[event.topic], key: event.key(), value: value))
        marks.append(EventMark(id: event.id, topic: event.topic, fault: fault == .duplicate ? nil : fault))
        events += 1
    }

    /// Adds the duplicates, behind all events of the batch as a sender that tries again would.
    mutating func finish() {
        for index in repeated {
            messages.append(messages[index])
            marks.append(EventMark(id: marks[index].id, topic: marks[index].topic, fault: .duplicate))
        }
        repeated = []
    }
}
