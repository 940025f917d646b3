// The bugs of librdkafka 2.0.2 that matter here, each with the guard against it, on librdkafka's mock cluster.
import CLibrdkafka
import TestKit
import Testing

@testable import Kafka

@Suite("Guards against librdkafka's bugs", .timeLimit(.minutes(10)))
struct LibraryGuardTests {
    let logger = KafkaTestServer.logger(.critical)
    let all = BatchLimits(recordsMax: 10_000, waitMax: .zero)

    @Test(
        "#2190: a partition paused before its first record goes on at its start",
        arguments: [
            (start: StartPosition.offset(20), ahead: 0), (start: .offset(20), ahead: 100),
            (start: .beginning, ahead: 0), (start: .beginning, ahead: 100),
        ])
    func pauseBeforeFirstRecord(start: StartPosition, ahead: Int) async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 500)
        let consumer = try KafkaConsumer(
            cluster.settings(), partitions: [TopicPartition("t", 0): start], limits: all, logger: logger)
        _ = try await consumer.poll(within: .zero)  // takes the partition up
        let handle = try #require(await consumer.handle)
        while rd_kafka_queue_length(handle.queue) < ahead { await Task.yield() }  // fetched ahead
        try await consumer.pause([TopicPartition("t", 0)])
        let nothing = try await consumer.poll(within: .milliseconds(300))
        #expect(nothing == nil)
        try await consumer.resume([TopicPartition("t", 0)])
        let first = start == .beginning ? 0 : 20
        #expect(try await consumer.read(500 - first) == (first..<500).map { "\($0)" })
        try await consumer.close()
    }

    @Test("pausing and resuming anywhere loses nothing and repeats nothing")
    func pauseAnywhere() async throws {
        let cluster = try MockCluster()
        cluster.create("t", partitions: 2)
        try await cluster.fill("t", count: 2_000, partition: 0)
        try await cluster.fill("t", count: 2_000, partition: 1)
        let partitions = [TopicPartition("t", 0), TopicPartition("t", 1)]
        let consumer = try KafkaConsumer(
            cluster.settings(), partitions: [partitions[0]: .beginning, partitions[1]: .beginning],
            limits: BatchLimits(recordsMax: 150, waitMax: .zero), logger: logger)
        var read: [Int32: [String]] = [0: [], 1: []]
        var turn = 0
        while read.values.map(\.count).reduce(0, +) < 4_000, let event = try await consumer.next() {
            for record in event.batch.map(Array.init) ?? [] {
                read[record.partition]?.append(record.text)
            }
            turn += 1
            let chosen = turn % 3 == 0 ? partitions : [partitions[turn % 2]]
            try await consumer.pause(chosen)
            try await consumer.resume(chosen)
        }
        #expect(read[0] == (0..<2_000).map { "\($0)" })
        #expect(read[1] == (0..<2_000).map { "\($0)" })
        try await consumer.close()
    }

    @Test("#4636: resuming what was not paused repeats nothing")
    func resumeUnpaused() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 1_000)
        let consumer = try KafkaConsumer(
            cluster.settings(), partitions: [TopicPartition("t", 0): .beginning],
            limits: BatchLimits(recordsMax: 100, waitMax: .zero), logger: logger)
        var read: [String] = []
        while read.count < 1_000, let event = try await consumer.next() {
            read += event.batch?.map(\.text) ?? []
            try await consumer.resume([TopicPartition("t", 0)])
        }
        #expect(read == (0..<1_000).map { "\($0)" })
        try await consumer.close()
    }

    @Test("#4208: records read ahead of a partition that is no longer owned are dropped")
    func notOwned() async throws {
        let cluster = try MockCluster()
        cluster.create("t", partitions: 2)
        try await cluster.fill("t", count: 100, partition: 0)
        try await cluster.fill("t", count: 100, partition: 1)
        let consumer = try KafkaConsumer(
            cluster.settings(), partitions: [TopicPartition("t", 0): .beginning, TopicPartition("t", 1): .beginning],
            limits: all, logger: logger)
        _ = try await consumer.poll(within: .zero)
        let handle = try #require(await consumer.handle)
        while rd_kafka_queue_length(handle.queue) < 200 { await Task.yield() }
        await consumer.forget(TopicPartition("t", 1))
        let batch = try await consumer.first { $0.batch }
        #expect(batch?.source == [TopicPartition("t", 0): 0..<100])
        #expect(batch?.count == 100)
        #expect(batch?.byteCount == 190)
        try await consumer.close()
    }

    @Test("#4312: a cooperative-sticky consumer may be closed before its first assignment")
    func closeBeforeAssignment() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        // SyncGroup is answered late: the consumer has joined, and has no assignment yet.
        cluster.push(.init(repeating: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, count: 200), for: .syncGroup)
        let consumer = try KafkaConsumer(
            cluster.settings(), group: ConsumerGroup("g", instance: .dynamic, assignor: .cooperativeSticky),
            topics: ["t"], logger: logger)
        let handle = try #require(await consumer.handle)
        while String(cString: rd_kafka_rebalance_protocol(handle.raw)) != "COOPERATIVE" {
            _ = try await consumer.poll(within: .milliseconds(20))
        }
        try await consumer.close()
    }

    @Test(
        "#4187, #4724: closing ends by its deadline, whatever the coordinator does",
        arguments: [
            ConsumerGroup.Assignor.range, .cooperativeSticky,
        ])
    func closeWithoutCoordinator(assignor: ConsumerGroup.Assignor) async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 10)
        let consumer = try KafkaConsumer(
            cluster.settings(), group: ConsumerGroup("g", instance: .dynamic, assignor: assignor), topics: ["t"],
            logger: logger)
        #expect(try await consumer.read(10).count == 10)
        await consumer.commitSoon([TopicPartition("t", 0): 10])
        cluster.setDown()
        let begun = ContinuousClock.now
        // Either it comes to an end or it says that it does not.
        do throws(KafkaError) { try await consumer.close(within: .seconds(2)) } catch {
            #expect(error.reason == .timedOut)
        }
        #expect(begun.duration(to: .now) < .seconds(60))
        try await consumer.close()  // a second time
    }

    @Test("#4176: a caller that stays away loses its partitions, and is told so")
    func stuckCaller() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let group = ConsumerGroup(
            "g", instance: .dynamic, sessionTimeout: .seconds(5), pollIntervalMax: .seconds(5))
        let consumer = try KafkaConsumer(
            cluster.settings(), group: group, topics: ["t"], limits: all, logger: logger)
        #expect(try await consumer.awaitAssignment() == [TopicPartition("t", 0)])
        #expect(!consumer.isStuck)
        while !consumer.isStuck { try await Task.sleep(for: .milliseconds(50)) }
        while consumer.sinceLastPoll < .seconds(8) { try await Task.sleep(for: .milliseconds(50)) }
        let lost = try await consumer.first { event -> Bool? in
            if case .revoked(_, let lost) = event { lost } else { nil }
        }
        #expect(lost == true)
        #expect(try await consumer.awaitAssignment() == [TopicPartition("t", 0)])  // and it is back
        try await consumer.close()
    }

    @Test("polling while paused keeps the membership")
    func pollWhilePaused() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 10)
        let group = ConsumerGroup(
            "g", instance: .dynamic, sessionTimeout: .seconds(5), pollIntervalMax: .seconds(5))
        let consumer = try KafkaConsumer(
            cluster.settings(), group: group, topics: ["t"], limits: all, logger: logger)
        _ = try await consumer.awaitAssignment()
        try await consumer.pause([TopicPartition("t", 0)])
        let begun = ContinuousClock.now
        while begun.duration(to: .now) < .seconds(8) {
            let event = try await consumer.poll(within: .milliseconds(500))
            #expect(event == nil)
        }
        try await consumer.resume([TopicPartition("t", 0)])
        #expect(try await consumer.read(10).count == 10)
        try await consumer.close()
    }

    @Test("#4616: a position out of range is an error, never a silent reset")
    func outOfRange() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 10)
        let consumer = try KafkaConsumer(
            cluster.settings(), partitions: [TopicPartition("t", 0): .offset(500)], limits: all, logger: logger)
        let error = await #expect(throws: KafkaError.self) { try await consumer.read(1) }
        #expect(error?.reason == .offsetOutOfRange)
        #expect(error?.isRetriable == false)
        #expect(error?.partition == TopicPartition("t", 0))
        try await consumer.close()
    }

    @Test("#4059: with cooperative-sticky nothing is committed between a revocation and the next assignment")
    func commitsHeldBack() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        try await cluster.fill("t", count: 10)
        let consumer = try KafkaConsumer(
            cluster.settings(), group: ConsumerGroup("g", instance: .dynamic, assignor: .cooperativeSticky),
            topics: ["t"], limits: all, logger: logger)
        #expect(try await consumer.read(10).count == 10)
        await consumer.holdBackCommits()
        let error = await #expect(throws: KafkaError.self) { try await consumer.commit([TopicPartition("t", 0): 5]) }
        #expect(error?.isRetriable == true)
        await consumer.commitSoon([TopicPartition("t", 0): 10])
        let nothing = try await consumer.poll(within: .milliseconds(100))
        #expect(nothing == nil)
        #expect(await consumer.notedCommits == [TopicPartition("t", 0): 10])
        try await consumer.close()
    }
}

extension KafkaConsumer {
    func holdBackCommits() { holdsCommits = true }
    func forget(_ partition: TopicPartition) { ledger.release([partition]) }
}
