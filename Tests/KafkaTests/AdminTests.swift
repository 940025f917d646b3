import Foundation
import TestKit
import Testing

@testable import Kafka

@Suite("The admin client", .enabled(if: KafkaTestServer.isAvailable), .timeLimit(.minutes(10)))
struct AdminTests {
    private func makeAdmin() throws -> KafkaAdmin {
        try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
    }

    private func withAdmin(_ body: (KafkaAdmin) async throws -> Void) async throws {
        let admin = try makeAdmin()
        try await body(admin)
        await admin.close()
    }

    @Test(
        "says why it reaches no broker, and does not wait for the end of its time",
        arguments: [
            ("127.0.0.1:1", "Connection refused"), ("no-such-broker.invalid:9092", "Failed to resolve"),
            ("127.0.0.1:1,no-such-broker.invalid:9092", "no broker can be reached"),
        ])
    func unreachable(brokers: String, reason: String) async throws {
        let admin = try KafkaAdmin(
            KafkaSettings(bootstrapServers: brokers, clientID: "admin"), timeout: .seconds(3_600),
            logger: KafkaTestServer.logger(.critical))
        let error = await #expect(throws: KafkaError.self) { try await admin.topics() }
        #expect(error?.reason == .unreachable)
        #expect(error?.isRetriable == true)
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("Check KAFKA_BOOTSTRAP_SERVERS") == true)
        await admin.close()
    }

    @Test("creates, describes, widens and deletes topics")
    func topics() async throws {
        try await withAdmin { admin in
            let name = KafkaTestServer.uniqueName("admin")
            #expect(try await admin.topics([name]).isEmpty)
            let topic = TopicSpecification(
                name, partitions: 2, replicationFactor: 1, configuration: ["retention.ms": "3600000"])
            try await admin.create(topic)
            let again = await #expect(throws: KafkaError.self) { try await admin.create(topic) }
            #expect(again?.reason == .topicExists)
            #expect(
                try await admin.topics([name])[name]?.topicPartitions == [
                    TopicPartition(name, 0), TopicPartition(name, 1),
                ])
            try await admin.setPartitionCount(of: name, to: 5)
            #expect(try await admin.topics()[name]?.partitions.map(\.id) == [0, 1, 2, 3, 4])
            try await admin.delete(topic: name)
            #expect(try await admin.topics([name]).isEmpty)
            let gone = await #expect(throws: KafkaError.self) { try await admin.delete(topic: name) }
            #expect(gone?.reason == .unknownTopic)
            let nothing = await #expect(throws: KafkaError.self) { try await admin.watermarks(of: name) }
            #expect(nothing?.reason == .unknownTopic)
        }
    }

    @Test("changes entries of a topic's configuration and leaves its others as they are")
    func configuration() async throws {
        try await withTopic(configuration: ["retention.ms": "3600000"]) { topic in
            let admin = try makeAdmin()
            try await admin.alterConfiguration(of: topic.name, setting: ["max.message.bytes": "2000000"])
            let configuration = try await admin.configuration(of: topic.name)
            #expect(configuration["retention.ms"]?.value == "3600000")
            #expect(configuration["retention.ms"]?.isDefault == false)
            #expect(configuration["max.message.bytes"]?.value == "2000000")
            #expect(configuration["cleanup.policy"]?.value == "delete")
            await admin.close()
        }
    }

    @Test("knows where a partition begins and ends, also after records were deleted")
    func watermarks() async throws {
        try await withTopic(partitions: 2) { topic in
            try await topic.produce((0..<100).map(String.init), partition: 0)
            let admin = try makeAdmin()
            #expect(
                try await admin.watermarks(of: topic.name) == [
                    topic.partition(0): 0..<100, topic.partition(1): 0..<0,
                ])
            #expect(try await admin.deleteRecords(before: [topic.partition(0): 40]) == [topic.partition(0): 40])
            #expect(try await admin.watermarks(of: topic.name)[topic.partition(0)] == 40..<100)
            #expect(try await topic.consumeAll().first?.text == "40")
            await admin.close()
            // A reader that goes on at a place that is gone must hear of it.
            let consumer = try KafkaConsumer(
                topic.settings, partitions: [topic.partition(0): .offset(10)], logger: KafkaTestServer.logger(.critical)
            )
            let error = await #expect(throws: KafkaError.self) { try await consumer.read(1) }
            #expect(error?.reason == .offsetOutOfRange)
            try await consumer.close()
        }
    }

    @Test("finds the first record at or after a time, and the end after the last")
    func times() async throws {
        try await withTopic { topic in
            let start = KafkaTimestamp(.now).milliseconds - 100_000
            try await topic.produce(
                (0..<10).map { index in
                    ProducerMessage(
                        topic: topic.name, value: [1],
                        timestamp: KafkaTimestamp(milliseconds: start + Int64(index) * 1000))
                })
            let admin = try makeAdmin()
            for (milliseconds, offset) in [(Int64(-5), Offset(0)), (2_500, 3), (9_000, 9), (9_001, 10)] {
                let time = KafkaTimestamp(milliseconds: start + milliseconds)
                #expect(try await admin.offsets(for: [topic.partition(0): time]) == [topic.partition(0): offset])
            }
            await admin.close()
        }
    }

    @Test("reads, sets and deletes a group's offsets, and how far it is behind")
    func groups() async throws {
        try await withTopic(partitions: 2) { topic in
            try await topic.produce((0..<10).map(String.init), partition: 0)
            let admin = try makeAdmin()
            let group = KafkaTestServer.uniqueName("group")
            #expect(try await admin.committedOffsets(of: group).isEmpty)
            try await admin.setCommittedOffsets(of: group, to: [topic.partition(0): 4])
            #expect(try await admin.committedOffsets(of: group) == [topic.partition(0): 4])
            let lag = try await admin.lag(of: group)
            #expect(lag == [topic.partition(0): ConsumerLag(committed: 4, end: 10)])
            #expect(lag[topic.partition(0)]?.records == 6)
            try await admin.delete(group: group)
            #expect(try await admin.committedOffsets(of: group).isEmpty)
            await admin.close()
        }
    }

    @Test("says within its timeout that nobody answers")
    func unreachable() async throws {
        let settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", clientID: "test")
        let admin = try KafkaAdmin(settings, timeout: .milliseconds(500), logger: KafkaTestServer.logger(.critical))
        let topics = await #expect(throws: KafkaError.self) { try await admin.topics() }
        #expect(topics?.isRetriable == true)
        let create = await #expect(throws: KafkaError.self) {
            try await admin.create(TopicSpecification("t", partitions: 1))
        }
        #expect(create?.isRetriable == true)
        await admin.close()
        let closed = await #expect(throws: KafkaError.self) { try await admin.topics() }
        #expect(closed?.reason == .closed)
    }
}
