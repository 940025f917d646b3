import Foundation

/// librdkafka's properties for a consumer.
struct ConsumerProperties {
    /// May be overridden by the settings.
    var defaults: [String: String] = [
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": "100",
        "topic.metadata.refresh.interval.ms": "10000",
        "allow.auto.create.topics": "false",
    ]
    /// Offsets come from our own bookkeeping: nothing is committed, stored or reset by itself.
    var enforced: [String: String] = [
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
    ]

    init(_ mode: KafkaConsumer.Mode, readAhead: ReadAhead, reportsPartitionEnd: Bool) {
        defaults["queued.max.messages.kbytes"] = "\(max(1, readAhead.bytesMax / 1024))"
        // Bytes are the limit: a queue of many small messages must not be full long before.
        defaults["queued.min.messages"] = "\(min(10_000_000, max(1_000, readAhead.bytesMax / 64)))"
        // An answer comes on top of the queue.
        defaults["fetch.max.bytes"] = "\(min(50 << 20, max(1 << 20, readAhead.bytesMax / 4)))"
        enforced["enable.partition.eof"] = reportsPartitionEnd ? "true" : "false"
        guard case .group(let group, _) = mode else {
            // The library wants a group's name even when nothing is ever asked of that group.
            enforced["group.id"] = "millrace-none-\(UUID().uuidString.lowercased())"
            return
        }
        enforced["group.id"] = group.name
        enforced["partition.assignment.strategy"] = group.assignor.rawValue
        enforced["session.timeout.ms"] = "\(group.sessionTimeout.milliseconds)"
        enforced["max.poll.interval.ms"] = "\(max(group.pollIntervalMax, group.sessionTimeout).milliseconds)"
        enforced["heartbeat.interval.ms"] = "\(min(3000, group.sessionTimeout.milliseconds / 3))"
        enforced["group.instance.id"] = group.instanceID
    }
}

extension ConsumerGroup {
    /// `group.instance.id`; `nil` for a dynamic member.
    var instanceID: String? {
        switch instance {
        case .hostName: "\(name)-\(ProcessInfo.processInfo.hostName)"
        case .named(let own): own
        case .dynamic: nil
        }
    }
}
