import Kafka

/// The topics of the control plane.
public enum ControlTopic: String, Sendable, CaseIterable {
    /// What is to be done. Key: environment.
    case commands = "millrace.commands"
    /// What happened. Key: subject.
    case events = "millrace.events"
    /// The manifest of each environment, compacted. Key: environment.
    case environments = "millrace.environments"
    /// Sessions that ended before their time, kept for longer than any session lives. Key: user.
    case sessions = "millrace.sessions"
}

/// Makes the control plane's topics.
public enum ControlTopics {
    /// Creates the topics that are missing and leaves the others as they are, but for two things, in case a broker that
    /// makes topics by itself was faster: `environments` is made to be compacted, and `sessions` to keep its messages.
    /// Any service may call it, at any time, several at once too.
    /// - Parameter partitions: Of commands and events; the others have one.
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
        for topic in [ControlTopic.environments, .sessions] where existing[topic.rawValue] != nil {
            let configuration = try await admin.configuration(of: topic.rawValue)
            let wrong = topic.configuration.filter { !Self.suffices(configuration[$0.key]?.value, for: $0) }
            if !wrong.isEmpty { try await admin.alterConfiguration(of: topic.rawValue, setting: wrong) }
        }
    }
}

extension ControlTopics {
    /// Whether a topic's own setting does what ours asks for: a longer retention does, and compaction with deletion.
    private static func suffices(_ value: String?, for ours: (key: String, value: String)) -> Bool {
        guard let value else { return false }
        guard let wanted = Int(ours.value) else { return value.contains(ours.value) }
        return Int(value).map { $0 >= wanted || $0 < 0 } ?? false
    }

    /// Names of those that are not there, which `ensure` would create.
    public static func missing(_ admin: KafkaAdmin) async throws(KafkaError) -> [String] {
        let wanted = ControlTopic.allCases.map(\.rawValue)
        let existing = try await admin.topics(wanted)
        return wanted.filter { existing[$0] == nil }
    }
}

extension ControlTopic {
    func specification(partitions: Int, replicationFactor: Int) -> TopicSpecification {
        let isShared = self == .commands || self == .events
        return TopicSpecification(
            rawValue, partitions: isShared ? partitions : 1, replicationFactor: replicationFactor,
            configuration: configuration)
    }

    fileprivate var configuration: [String: String] {
        switch self {
        case .commands, .events: ["cleanup.policy": "delete"]
        case .environments: ["cleanup.policy": "compact"]
        // 32 days; a session lives for 30 at most.
        case .sessions: ["cleanup.policy": "delete", "retention.ms": "2764800000"]
        }
    }
}
