// TopicPlan: what lies between the topics as the contracts want them and the topics as they are. Pure: no I/O.
import DataContract

/// A topic as it is to be.
struct WantedTopic: Sendable, Equatable {
    let name: String
    let partitions: Int
    /// `nil`: the cluster's default.
    let replicationFactor: Int?
    /// Entries of the topic's configuration that matter here; others are left as they are.
    let configuration: [String: String]

    /// A contract's topic, and the topic of its dead letters, which are kept until somebody has dealt with them.
    static func topics(of contract: Contract) -> [WantedTopic] {
        var configuration: [String: String] = [:]
        if let retention = contract.topic.retention {
            configuration["retention.ms"] = String(
                retention.components.seconds * 1_000 + retention.components.attoseconds / 1_000_000_000_000_000)
        }
        return [
            WantedTopic(
                name: contract.topic.name, partitions: contract.topic.partitions,
                replicationFactor: contract.topic.replicationFactor, configuration: configuration),
            WantedTopic(
                name: contract.deadLetterTopic, partitions: 1, replicationFactor: contract.topic.replicationFactor,
                configuration: ["retention.ms": "-1"]),
        ]
    }
}

/// A topic as it is.
struct ExistingTopic: Sendable, Equatable {
    let partitions: Int
    let replicationFactor: Int
    let configuration: [String: String]
}

/// One thing to do, or one thing that cannot be done.
enum TopicChange: Sendable, Equatable, CustomStringConvertible {
    case create(WantedTopic)
    case addPartitions(topic: String, from: Int, to: Int)
    case setConfiguration(topic: String, name: String, from: String?, to: String)
    /// What cannot be altered without losing messages or their order.
    case refuse(topic: String, reason: String)

    var isRefusal: Bool { if case .refuse = self { true } else { false } }

    var description: String {
        switch self {
        case .create(let topic):
            "+ create \(topic.name): \(topic.partitions) partition\(topic.partitions == 1 ? "" : "s")"
                + topic.configuration.sorted { $0.key < $1.key }.map { ", \($0.key)=\($0.value)" }.joined()
        case .addPartitions(let topic, let old, let new):
            "~ \(topic): partitions \(old) -> \(new) (keys move to other partitions from then on)"
        case .setConfiguration(let topic, let name, let old, let new):
            "~ \(topic): \(name) \(old ?? "unset") -> \(new)"
        case .refuse(let topic, let reason):
            "! \(topic): \(reason)"
        }
    }
}

/// The changes that make the topics as they are wanted, in the order in which they are made.
struct TopicPlan: Sendable, Equatable {
    let changes: [TopicChange]

    init(wanted: [WantedTopic], existing: [String: ExistingTopic]) {
        changes = wanted.flatMap { topic in
            guard let present = existing[topic.name] else { return [TopicChange.create(topic)] }
            return Self.changes(of: topic, from: present)
        }
    }

    var refusals: [TopicChange] { changes.filter(\.isRefusal) }

    private static func changes(of wanted: WantedTopic, from present: ExistingTopic) -> [TopicChange] {
        var changes: [TopicChange] = []
        if present.partitions > wanted.partitions {
            changes.append(
                .refuse(
                    topic: wanted.name,
                    reason:
                        "it has \(present.partitions) partitions and the contract wants \(wanted.partitions): Kafka "
                        + "cannot take partitions away. Raise the contract's number, or make a new topic and move to it."
                ))
        } else if present.partitions < wanted.partitions {
            changes.append(.addPartitions(topic: wanted.name, from: present.partitions, to: wanted.partitions))
        }
        if let factor = wanted.replicationFactor, factor != present.replicationFactor {
            changes.append(
                .refuse(
                    topic: wanted.name,
                    reason: "its replication factor is \(present.replicationFactor) and the contract wants \(factor): "
                        + "that needs a reassignment of partitions (kafka-reassign-partitions). Do that first, or change "
                        + "the contract."))
        }
        for (name, value) in wanted.configuration.sorted(by: { $0.key < $1.key })
        where present.configuration[name] != value {
            changes.append(
                .setConfiguration(topic: wanted.name, name: name, from: present.configuration[name], to: value))
        }
        return changes
    }
}
