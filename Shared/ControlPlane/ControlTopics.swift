import Kafka

/// The topics of the control plane.
public enum ControlTopic: String, Sendable, CaseIterable {
    /// What is to be done. Key: environment.
    case commands = "millrace.commands"
    /// What happened. Key: subject.
    case events = "millrace.events"
    /// The manifest of each environment, compacted. Key: environment.
    case environments = "millrace.environments"
}

/// Makes the control plane's topics.
public enum ControlTopics {
    /// Creates the topics that are missing and leaves the others as they are, but for one thing: `environments` is made
    /// to be compacted, in case a broker that makes topics by itself was faster. Any service may call it, at any time,
    /// several at once too.
    /// - Parameter partitions: Of commands and events; environments has one.
    public static func ensure(
        _ admin: KafkaAdmin, partitions: Int = 3, replicationFactor: Int = -1
    ) async throws(KafkaError) {
        let existing = try await admin.topics(ControlTopic.allCases.map(\.rawValue))
        for topic in ControlTopic.allCases where existing[topic.rawValue] == nil {
            do {
                try await admin.create(
                    topic.specification(partitions: partitions, replicationFactor: replicationFactor))
            } catch  where error.reason == .topicExists {
                continue  // another service was faster
            }
        }
        let environments = ControlTopic.environments.rawValue
        let cleanup = "cleanup.policy"
        guard existing[environments] != nil,
            try await admin.configuration(of: environments)[cleanup]?.value?.contains("compact") != true
        else { return }
        try await admin.alterConfiguration(of: environments, setting: [cleanup: "compact"])
    }
}

extension ControlTopics {
    /// Names of those that are not there, which `ensure` would create.
    public static func missing(_ admin: KafkaAdmin) async throws(KafkaError) -> [String] {
        let wanted = ControlTopic.allCases.map(\.rawValue)
        let existing = try await admin.topics(wanted)
        return wanted.filter { existing[$0] == nil }
    }
}

extension ControlTopic {
    func specification(partitions: Int, replicationFactor: Int) -> TopicSpecification {
        switch self {
        case .commands, .events:
            TopicSpecification(
                rawValue, partitions: partitions, replicationFactor: replicationFactor,
                configuration: ["cleanup.policy": "delete"])
        case .environments:
            TopicSpecification(
                rawValue, partitions: 1, replicationFactor: replicationFactor,
                configuration: ["cleanup.policy": "compact"])
        }
    }
}
