import Kafka
import Logging
import Pipeline
import ServiceLifecycle
import TestKit
import Testing

@testable import Producer

@Suite("On a real broker", .enabled(if: KafkaTestServer.isAvailable)) struct ProducerOnBrokerTests {
    @Test("topics are created, altered, and then left alone")
    func topics() async throws {
        let admin = try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
        let keeper = TopicKeeper(admin: admin)
        let name = KafkaTestServer.uniqueName("plan")
        func plan(partitions: Int, retention: String) async throws -> TopicPlan {
            let present = try await admin.topics([name])
            var existing: [String: ExistingTopic] = [:]
            if let topic = present[name] {
                existing[name] = ExistingTopic(
                    partitions: topic.partitions.count, replicationFactor: 1,
                    configuration: try await admin.configuration(of: name).compactMapValues(\.value))
            }
            return TopicPlan(
                wanted: [
                    WantedTopic(
                        name: name, partitions: partitions, replicationFactor: nil,
                        configuration: ["retention.ms": retention])
                ], existing: existing)
        }
        for (partitions, retention) in [(2, "60000"), (4, "60000"), (4, "120000")] {
            let changes = try await plan(partitions: partitions, retention: retention).changes
            #expect(changes.count == 1)
            for change in changes { try await keeper.make(change) }
            #expect(try await plan(partitions: partitions, retention: retention).changes.isEmpty)
        }
        try await admin.delete(topic: name)
        await admin.close()
    }

    @Test("a simulation sends as many events as asked for, history first, and counts them")
    func simulation() async throws {
        try await withTopic("simulate", partitions: 3) { topic in
            let from = Moment("2026-11-01")!.microseconds
            let settings = SimulateSettings(
                rate: 0, count: 5_000, users: 100, seed: 1, from: from, to: from + 5 * 86_400_000_000,
                topics: [topic.name]
            )
            let progress = SimulationProgress()
            let simulation = Simulation(
                settings: settings, kafka: topic.settings, progress: progress, logger: KafkaTestServer.logger())
            try await simulation.run()
            let counts = progress.counts
            #expect(counts.failed == 0)
            #expect(counts.sent == counts.delivered)
            #expect(progress.share.map { $0 > 0 && $0 <= 1 } == true)
            let messages = try await topic.consumeAll()
            #expect(messages.count == counts.delivered)
            let keys = Dictionary(grouping: messages, by: \.keyText)
            #expect(keys.values.allSatisfy { Set($0.map(\.partition)).count == 1 }, "a user's events keep their order")
        }
    }
}
