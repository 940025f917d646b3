import DataContract
import Kafka

/// Reads the topics as they are, and makes the changes of a plan.
struct TopicKeeper {
    let admin: KafkaAdmin

    /// What the contracts ask for and the cluster does not have yet.
    func plan(for contracts: [Contract]) async throws(KafkaError) -> TopicPlan {
        let wanted = contracts.flatMap(WantedTopic.topics)
        let present = try await admin.topics(wanted.map(\.name))
        var existing: [String: ExistingTopic] = [:]
        for (name, topic) in present {
            let configuration = try await admin.configuration(of: name).compactMapValues(\.value)
            existing[name] = ExistingTopic(
                partitions: topic.partitions.count,
                replicationFactor: topic.partitions.map(\.replicas.count).min() ?? 0, configuration: configuration)
        }
        return TopicPlan(wanted: wanted, existing: existing)
    }

    /// Makes one change. A topic that somebody else has created meanwhile is left to the next plan.
    func make(_ change: TopicChange) async throws(KafkaError) {
        switch change {
        case .create(let topic):
            do {
                try await admin.create(
                    TopicSpecification(
                        topic.name, partitions: topic.partitions, replicationFactor: topic.replicationFactor ?? -1,
                        configuration: topic.configuration))
            } catch  where error.reason == .topicExists {
                return
            }
        case .addPartitions(let topic, _, let count):
            try await admin.setPartitionCount(of: topic, to: count)
        case .setConfiguration(let topic, let name, _, let value):
            try await admin.alterConfiguration(of: topic, setting: [name: value])
        case .refuse:
            return  // the command has refused before it made any change
        }
    }
}
