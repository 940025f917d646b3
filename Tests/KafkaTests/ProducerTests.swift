import CLibrdkafka
import TestKit
import Testing

@testable import Kafka

@Suite("A producer answers for every message exactly once", .timeLimit(.minutes(10)))
struct ProducerTests {
    let logger = KafkaTestServer.logger(.critical)

    private func message(_ topic: String = "t", _ text: String = "x") -> ProducerMessage {
        ProducerMessage(topic: topic, key: nil, text: text)
    }

    @Test("a full queue makes senders wait, and is no error")
    func backpressure() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        cluster.setRoundTrip(milliseconds: 20)
        let producer = try KafkaProducer(
            cluster.settings(["queue.buffering.max.messages": "10", "linger.ms": "0"]), logger: logger)
        let bulk = producer.bulk()
        async let queued: Void = bulk.enqueue((0..<300).map { message("t", "b\($0)") })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<50 { tasks.addTask { try await producer.send(message("t", "s\(number)")) } }
            try await tasks.waitForAll()
        }
        try await queued
        let report = await bulk.flush()
        #expect(report.delivered == 300)
        #expect(report.pending == 0)
        #expect(report.firstError == nil)
        await producer.close()
    }

    @Test("brokers that come back in time are waited for")
    func brokerComesBack() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(["reconnect.backoff.max.ms": "200"]), logger: logger)
        try await producer.send(message())
        cluster.setDown()
        async let sent = producer.send(message())
        cluster.setUp()
        #expect(try await sent.offset == 1)
        await producer.close()
    }

    @Test("brokers that stay away make the message fail, retriable, within its time")
    func brokerStaysAway() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(["message.timeout.ms": "1000"]), logger: logger)
        try await producer.prepare(topics: ["t"])
        cluster.setDown()
        let error = await #expect(throws: KafkaError.self) { try await producer.send(message()) }
        #expect(error?.reason == .timedOut)
        #expect(error?.isRetriable == true)
        #expect(error?.isFatal == false)
        await producer.close(within: .seconds(1))
    }

    @Test("close gives up, by its deadline, what is not acknowledged, and tells the senders")
    func closeWithDeadline() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(), logger: logger)
        try await producer.prepare(topics: ["t"])
        cluster.setDown()
        let bulk = producer.bulk()
        try await bulk.enqueue((0..<5).map { message("t", "\($0)") })
        #expect(bulk.report.pending == 5)
        #expect(await producer.close(within: .milliseconds(300)) == 5)
        let report = await bulk.flush()
        #expect(report.failed == 5)
        #expect(report.firstError != nil)
        #expect(await producer.close() == 0)
        let error = await #expect(throws: KafkaError.self) { try await producer.send(message()) }
        #expect(error?.reason == .closed)
    }

    @Test("a producer that is dropped without a close still answers its senders")
    func dropped() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        var producer: KafkaProducer? = try KafkaProducer(cluster.settings(), logger: logger)
        try await producer?.prepare(topics: ["t"])
        cluster.setDown()
        let bulk = try #require(producer?.bulk())
        try await bulk.enqueue((0..<5).map { message("t", "\($0)") })
        producer = nil
        #expect(await bulk.flush().failed == 5)
    }

    @Test("#4438: a fatal error is said to be one, and a new instance goes on")
    func fatal() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(), logger: logger)
        try await producer.send(message())
        let handle = try #require(producer.core.handle)
        rd_kafka_test_fatal_error(handle.raw, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "made up")
        let single = await #expect(throws: KafkaError.self) { try await producer.send(message()) }
        #expect(single?.isFatal == true)
        #expect(single?.isRetriable == false)
        #expect(single?.name == "OUT_OF_ORDER_SEQUENCE_NUMBER")
        let bulk = await #expect(throws: KafkaError.self) { try await producer.bulk().enqueue([message()]) }
        #expect(bulk?.isFatal == true)
        await producer.close(within: .seconds(1))
        let fresh = try KafkaProducer(cluster.settings(), logger: logger)
        #expect(try await fresh.send(message()).offset == 1)
        await fresh.close()
    }

    @Test("a message too large is refused, with the name of its topic, and the producer goes on")
    func tooLarge() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(["message.max.bytes": "2000"]), logger: logger)
        let large = ProducerMessage(topic: "t", value: [UInt8](repeating: 0, count: 5_000))
        let error = await #expect(throws: KafkaError.self) { try await producer.send(large) }
        #expect(error?.reason == .messageTooLarge)
        #expect(error?.operation == "send to t")
        try await producer.send(message())
        await producer.close()
    }

    @Test("#4627: headers to a partition that does not exist are freed once")
    func headersToNowhere() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(), logger: logger)
        for _ in 0..<100 {
            var message = message()
            message.headers = [KafkaHeader("a", text: "b")]
            message.partition = 99
            let error = await #expect(throws: KafkaError.self) { try await producer.send(message) }
            #expect(error?.reason == .unknownTopic)
        }
        await producer.close()
    }

    @Test("flush waits for everything sent before it")
    func flush() async throws {
        let cluster = try MockCluster()
        cluster.create("t")
        let producer = try KafkaProducer(cluster.settings(["linger.ms": "300"]), logger: logger)
        let bulk = producer.bulk()
        try await bulk.enqueue((0..<1_000).map { message("t", "\($0)") })
        try await producer.flush()
        let report = await bulk.flush()
        #expect(report.delivered == 1_000)
        await producer.close()
    }
}
