import TestKit
import Testing

@testable import Kafka

@Suite("Members of a group", .enabled(if: KafkaTestServer.isAvailable), .timeLimit(.minutes(10)))
struct GroupTests {
    let logger = KafkaTestServer.logger(.critical)

    private func member(
        _ topic: KafkaTestTopic, _ group: String, _ instance: ConsumerGroup.Instance = .dynamic,
        assignor: ConsumerGroup.Assignor = .range
    ) throws -> KafkaConsumer {
        try KafkaConsumer(
            topic.settings, group: ConsumerGroup(group, instance: instance, assignor: assignor), topics: [topic.name],
            limits: BatchLimits(recordsMax: 50, waitMax: .zero), logger: logger)
    }

    @Test(
        "share the work: every record is dealt with once, through joining and leaving",
        arguments: [
            ConsumerGroup.Assignor.range, .roundRobin, .cooperativeSticky,
        ])
    func share(assignor: ConsumerGroup.Assignor) async throws {
        try await withTopic(partitions: 4) { topic in
            let group = KafkaTestServer.uniqueName("group")
            let seen = Seen()
            let first = try member(topic, group, assignor: assignor)
            let second = try member(topic, group, assignor: assignor)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await work(first, seen) }
                try await topic.produce((0..<500).map { "a\($0)" })
                try await seen.wait(for: 500)
                tasks.addTask { try await work(second, seen) }
                while await second.positions.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                try await topic.produce((0..<500).map { "b\($0)" })
                try await seen.wait(for: 1_000)
                first.finish()
                while await second.positions.count < 4 { try await Task.sleep(for: .milliseconds(20)) }
                try await topic.produce((0..<500).map { "c\($0)" })
                try await seen.wait(for: 1_500)
                second.finish()
                try await tasks.waitForAll()
            }
            let counts = await seen.counts
            #expect(counts.count == 1_500)
            #expect(counts.values.allSatisfy { $0 == 1 })
        }
    }

    /// A worker as services have it: commits what it has dealt with before it gives partitions back.
    private func work(_ consumer: KafkaConsumer, _ seen: Seen) async throws {
        for try await event in consumer.events {
            switch event {
            case .assigned: try await consumer.assign(from: .committed)
            case .revoked(let partitions, _):
                try await Task.sleep(for: .milliseconds(60))  // the development broker needs it: PEERS, section 4
                try await consumer.release(partitions)
            case .records(let batch):
                await seen.add(batch.map(\.text))
                try? await consumer.commit(batch.nextOffsets)
            case .reachedEnd: break
            }
        }
        try await consumer.close()
    }

    @Test("nothing is fetched before the assignment is answered, and asking on is a mistake")
    func unanswered() async throws {
        try await withTopic { topic in
            try await topic.produce(["a"])
            let consumer = try member(topic, KafkaTestServer.uniqueName("group"))
            guard case .assigned(let partitions) = try await consumer.next() else {
                Issue.record("no assignment")
                return
            }
            #expect(partitions == [topic.partition(0)])
            let asked = await #expect(throws: KafkaError.self) { try await consumer.next() }
            #expect(asked?.reason == .misuse)
            let missing = await #expect(throws: KafkaError.self) { try await consumer.assign(from: [:]) }
            #expect(missing?.reason == .misuse)
            #expect(missing?.partition == topic.partition(0))
            #expect(await consumer.positions.isEmpty)
            try await consumer.assign(from: [topic.partition(0): .offset(0)])
            #expect(try await consumer.read(1) == ["a"])
            try await consumer.close()
        }
    }

    @Test(
        "start where they are told",
        arguments: [
            (start: StartPosition.beginning, expected: "0"), (start: .offset(3), expected: "3"),
            (start: .committed, expected: "2"), (start: .committedOrEnd, expected: "2"), (start: .end, expected: "new"),
        ])
    func start(start: StartPosition, expected: String) async throws {
        try await withTopic { topic in
            let group = KafkaTestServer.uniqueName("group")
            try await topic.produce((0..<5).map(String.init))
            let admin = try KafkaAdmin(topic.settings, logger: logger)
            try await admin.setCommittedOffsets(of: group, to: [topic.partition(0): 2])
            await admin.close()
            let consumer = try member(topic, group)
            _ = try await consumer.awaitAssignment(from: start)
            try await topic.produce(["new"])
            #expect(try await consumer.read(1).first == expected)
            try await consumer.close()
        }
    }

    @Test("start at the beginning, or at the end, when the group has committed nothing")
    func nothingCommitted() async throws {
        try await withTopic { topic in
            try await topic.produce(["old"])
            for (start, expected) in [(StartPosition.committed, "old"), (.committedOrEnd, "new")] {
                let consumer = try member(topic, KafkaTestServer.uniqueName("group"))
                _ = try await consumer.awaitAssignment(from: start)
                try await topic.produce(["new"])
                #expect(try await consumer.read(1).first == expected)
                try await consumer.close()
            }
        }
    }

    @Test("noted positions are committed at close, and soon")
    func commitSoon() async throws {
        try await withTopic { topic in
            let group = KafkaTestServer.uniqueName("group")
            try await topic.produce(["a", "b", "c"])
            let admin = try KafkaAdmin(topic.settings, logger: logger)
            let consumer = try member(topic, group)
            #expect(try await consumer.read(3).count == 3)
            await consumer.commitSoon([topic.partition(0): 2])
            while try await admin.committedOffsets(of: group)[topic.partition(0)] != 2 {
                _ = try await consumer.poll(within: .milliseconds(20))
            }
            await consumer.commitSoon([topic.partition(0): 3])
            await consumer.commitSoon([topic.partition(0): 1])  // never backwards
            try await consumer.close()
            #expect(try await admin.committedOffsets(of: group) == [topic.partition(0): 3])
            let lag = try await admin.lag(of: group)
            #expect(lag == [topic.partition(0): ConsumerLag(committed: 3, end: 3)])
            await admin.close()
        }
    }

    @Test("a second member of the same name fences the first")
    func fenced() async throws {
        try await withTopic { topic in
            let group = KafkaTestServer.uniqueName("group")
            let first = try member(topic, group, .named("one"))
            _ = try await first.awaitAssignment()
            let second = try member(topic, group, .named("one"))
            async let assigned = second.awaitAssignment()
            let error = await #expect(throws: KafkaError.self) {
                while true { if try await first.next() == nil { return } }
            }
            #expect(error?.isFenced == true)
            #expect(error?.isFatal == true)
            #expect(error?.isRetriable == false)
            #expect(try await assigned == [topic.partition(0)])
            try await first.close()
            try await second.close()
        }
    }

    @Test("of a static name get their partitions back after a restart, without a rebalance for others")
    func staticRestart() async throws {
        try await withTopic(partitions: 2) { topic in
            let group = KafkaTestServer.uniqueName("group")
            let first = try member(topic, group, .named("one"))
            let mine = try await first.awaitAssignment()
            try await first.close()
            let again = try member(topic, group, .named("one"))
            #expect(try await again.awaitAssignment() == mine)
            try await again.close()
        }
    }

    @Test("the sequence ends after finish and on cancellation, also while it waits")
    func finish() async throws {
        try await withTopic { topic in
            let consumer = try member(topic, KafkaTestServer.uniqueName("group"))
            _ = try await consumer.awaitAssignment()
            async let waiting = consumer.next() == nil
            consumer.finish()
            #expect(try await waiting)
            #expect(consumer.isFinishing)
            try await consumer.close()

            let other = try member(topic, KafkaTestServer.uniqueName("group"))
            _ = try await other.awaitAssignment()
            let task = Task { try await other.next() == nil }
            task.cancel()
            #expect(try await task.value)
            try await other.close()
            let error = await #expect(throws: KafkaError.self) { try await other.commit([topic.partition(0): 1]) }
            #expect(error?.reason == .closed)
        }
    }
}

/// What workers have dealt with.
actor Seen {
    private(set) var counts: [String: Int] = [:]

    func add(_ texts: [String]) { for text in texts { counts[text, default: 0] += 1 } }

    func wait(for count: Int) async throws {
        while counts.count < count { try await Task.sleep(for: .milliseconds(10)) }
    }
}
