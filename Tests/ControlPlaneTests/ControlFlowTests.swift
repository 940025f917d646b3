import Kafka
import TestKit
import Testing

@testable import ControlPlane

@Suite("Control messages over a real broker", .enabled(if: KafkaTestServer.isAvailable), .serialized)
struct ControlFlowTests {
    /// - Returns: Partitions of the events topic: another test of this run may have been faster in making it.
    @discardableResult
    private func makeTopics() async throws -> Int {
        let admin = try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
        try await ControlTopics.ensure(admin, replicationFactor: 1)
        try await ControlTopics.ensure(admin, replicationFactor: 1)
        #expect(try await ControlTopics.missing(admin).isEmpty)
        let topics = try await admin.topics(ControlTopic.allCases.map(\.rawValue))
        #expect(topics.count == 4)
        let cleanup = try await admin.configuration(of: ControlTopic.environments.rawValue)["cleanup.policy"]
        #expect(cleanup?.value == "compact")
        let retention = try await admin.configuration(of: ControlTopic.sessions.rawValue)["retention.ms"]
        #expect(retention?.value == "2764800000")
        await admin.close()
        return topics[ControlTopic.events.rawValue]?.partitions.count ?? 0
    }

    @Test("a group takes up where it committed; messages of others and unknown ones are passed over")
    func group() async throws {
        try await makeTopics()
        let settings = KafkaTestServer.settings()
        let environment = KafkaTestServer.uniqueName("env")
        let group = ConsumerGroup(KafkaTestServer.uniqueName("group"), instance: .dynamic)
        let publisher = try ControlPublisher(settings, source: "/millrace/test", logger: KafkaTestServer.logger())
        let producer = try KafkaProducer(settings, logger: KafkaTestServer.logger())
        for attempt in 1...3 {
            try await publisher.publish(command(environment, attempt))
            try await producer.send(
                ProducerMessage(topic: ControlTopic.commands.rawValue, key: environment, text: "noise"))
        }
        #expect(try await read(2, of: environment, group, commit: true) == [1, 2])
        #expect(try await read(1, of: environment, group, commit: false) == [3])
        #expect(try await read(1, of: environment, group, commit: true) == [3])
        await publisher.close()
        await producer.close()
    }

    private func command(_ environment: String, _ attempt: Int) -> TransformRequested {
        TransformRequested(
            task: "t", run: "r", attempt: attempt, action: .run, environment: environment, model: "m",
            upTo: Samples.day, deadline: Samples.time)
    }

    /// Attempts of the next `count` commands for `environment`, by a new member of the group.
    private func read(
        _ count: Int, of environment: String, _ group: ConsumerGroup, commit: Bool
    ) async throws -> [Int] {
        let subscriber = try ControlSubscriber(
            KafkaTestServer.settings(), topics: [.commands], group: group, logger: KafkaTestServer.logger())
        var attempts: [Int] = []
        while let delivery = try await subscriber.next() {
            guard case .message(let envelope) = delivery,
                let request = envelope.message as? TransformRequested, request.environment == environment
            else { continue }
            attempts.append(request.attempt)
            if commit { try await subscriber.commit(envelope) }
            if attempts.count == count { subscriber.finish() }
        }
        try await subscriber.close()
        return attempts
    }

    @Test("every subscriber without a group sees all manifests, and knows when it has")
    func broadcast() async throws {
        try await makeTopics()
        let settings = KafkaTestServer.settings()
        let environment = KafkaTestServer.uniqueName("env")
        let publisher = try ControlPublisher(settings, source: "/millrace/test", logger: KafkaTestServer.logger())
        let trace = TraceParent.make()
        let id = try await publisher.publish(
            EnvironmentManifest(environment: environment, promotedAt: Samples.time, plan: "1", models: []),
            parent: trace)
        try await publisher.publish(EnvironmentRemoved(environment: environment))
        for _ in 0..<2 {
            let subscriber = try ControlSubscriber(
                settings, topics: [.environments], from: .beginning, logger: KafkaTestServer.logger())
            var seen: [String] = []
            reading: while let delivery = try await subscriber.next() {
                switch delivery {
                case .caughtUp: break reading
                case .unreadable, .gap: continue
                case .message(let envelope):
                    if let manifest = envelope.message as? EnvironmentManifest, manifest.environment == environment {
                        #expect(envelope.id == id)
                        #expect(envelope.traceParent?.traceID == trace.traceID)
                        seen.append("manifest")
                    } else if envelope.message as? EnvironmentRemoved == EnvironmentRemoved(environment: environment) {
                        seen.append("removed")
                    }
                }
            }
            #expect(seen == ["manifest", "removed"])
            try await subscriber.close()
        }
        await publisher.close()
    }

    @Test("a subscriber from the end sees only what is new")
    func fromEnd() async throws {
        let partitions = try await makeTopics()
        let settings = KafkaTestServer.settings()
        let publisher = try ControlPublisher(settings, source: "/millrace/test", logger: KafkaTestServer.logger())
        let environment = KafkaTestServer.uniqueName("env")
        try await publisher.publish(EnvironmentPromoted(environment: environment, plan: "old", models: []))
        let subscriber = try ControlSubscriber(
            settings, topics: [.events], from: .end, logger: KafkaTestServer.logger())
        var caughtUp = 0
        while caughtUp < partitions, case .caughtUp = try await subscriber.next() { caughtUp += 1 }
        try await publisher.publish(EnvironmentPromoted(environment: environment, plan: "new", models: []))
        var plan: String?
        while plan == nil, let delivery = try await subscriber.next() {
            guard case .message(let envelope) = delivery, let promoted = envelope.message as? EnvironmentPromoted,
                promoted.environment == environment
            else { continue }
            plan = promoted.plan
        }
        #expect(plan == "new")
        try await subscriber.close()
        await publisher.close()
    }

    @Test("a committed offset that is gone is no end: reading goes on with what is there, and the gap is told")
    func gap() async throws {
        try await makeTopics()
        let settings = KafkaTestServer.settings()
        let environment = KafkaTestServer.uniqueName("env")
        let name = KafkaTestServer.uniqueName("group")
        let publisher = try ControlPublisher(settings, source: "/millrace/test", logger: KafkaTestServer.logger())
        try await publisher.publish(command(environment, 1))
        let admin = try KafkaAdmin(settings, logger: KafkaTestServer.logger())
        // As after a topic that was made anew, or whose records were deleted before they were read.
        let ends = try await admin.watermarks(of: ControlTopic.commands.rawValue)
        try await admin.setCommittedOffsets(of: name, to: ends.mapValues { $0.upperBound + 1_000_000 })
        await admin.close()
        let subscriber = try ControlSubscriber(
            settings, topics: [.commands], group: ConsumerGroup(name, instance: .dynamic),
            logger: KafkaTestServer.logger())
        var gaps: Set<TopicPartition> = []
        var found: Offset?
        var place: TopicPartition?
        while found == nil, let delivery = try await subscriber.next() {
            switch delivery {
            case .gap(let partition): gaps.insert(partition)
            case .message(let envelope):
                if (envelope.message as? TransformRequested)?.environment == environment {
                    (found, place) = (envelope.offset, envelope.position)
                    try await subscriber.commit(envelope)
                }
            case .caughtUp, .unreadable: break
            }
        }
        let partition = try #require(place)
        #expect(found != nil && gaps.contains(partition))
        try await subscriber.close()
        await publisher.close()
    }
}
