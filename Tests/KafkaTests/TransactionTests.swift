import CLibrdkafka
import TestKit
import Testing

@testable import Kafka

@Suite("Transactions", .enabled(if: KafkaTestServer.isAvailable), .timeLimit(.minutes(10)))
struct TransactionTests {
    let logger = KafkaTestServer.logger(.critical)

    @Test("what is committed is seen, what is aborted is not; offsets go with it")
    func commitAndAbort() async throws {
        try await withTopic { topic in
            let group = KafkaTestServer.uniqueName("group")
            try await topic.produce(["source"])
            let consumer = try KafkaConsumer(
                topic.settings, group: ConsumerGroup(group, instance: .dynamic), topics: [topic.name], logger: logger)
            #expect(try await consumer.read(1) == ["source"])
            let producer = try KafkaProducer(
                topic.settings, transactionalID: KafkaTestServer.uniqueName("tx"), logger: logger)
            try await producer.prepareTransactions()
            try await producer.beginTransaction()
            try await producer.send(ProducerMessage(topic: topic.name, key: nil, text: "committed"))
            try await producer.send(offsets: [topic.partition(0): 1], of: consumer)
            try await producer.commitTransaction()
            try await producer.beginTransaction()
            try await producer.send(ProducerMessage(topic: topic.name, key: nil, text: "aborted"))
            try await producer.send(offsets: [topic.partition(0): 2], of: consumer)
            try await producer.abortTransaction()
            await producer.close()
            try await consumer.close()
            #expect(try await topic.consumeAll().map(\.text) == ["source", "committed"])
            let admin = try KafkaAdmin(topic.settings, logger: logger)
            #expect(try await admin.committedOffsets(of: group) == [topic.partition(0): 1])
            await admin.close()
        }
    }

    @Test("a newer producer of the same id fences the older one, which ends in an error and not in waiting")
    func fenced() async throws {
        try await withTopic { topic in
            let id = KafkaTestServer.uniqueName("tx")
            let old = try KafkaProducer(topic.settings, transactionalID: id, logger: logger)
            try await old.prepareTransactions()
            try await old.beginTransaction()
            let new = try KafkaProducer(topic.settings, transactionalID: id, logger: logger)
            try await new.prepareTransactions()
            let error = await #expect(throws: KafkaError.self) {
                try await old.send(ProducerMessage(topic: topic.name, key: nil, text: "zombie"))
                try await old.commitTransaction()
            }
            #expect(error?.isFatal == true)
            let next = await #expect(throws: KafkaError.self) { try await old.beginTransaction() }
            #expect(next?.isFenced == true)
            await old.close(within: .seconds(1))
            await new.close()
            #expect(try await topic.consumeAll().isEmpty)
        }
    }

    @Test("#4420: after a fatal error every transaction call ends at once, with that error")
    func afterFatal() async throws {
        let cluster = try MockCluster()
        let producer = try KafkaProducer(cluster.settings(), transactionalID: "tx", logger: logger)
        try await producer.prepareTransactions()
        let handle = try #require(producer.core.handle)
        rd_kafka_test_fatal_error(handle.raw, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "made up")
        for call in [producer.beginTransaction, producer.commitTransaction, producer.abortTransaction] {
            let error = await #expect(throws: KafkaError.self) { try await call(.seconds(10)) }
            #expect(error?.isFatal == true)
            #expect(error?.name == "OUT_OF_ORDER_SEQUENCE_NUMBER")
        }
        await producer.close(within: .seconds(1))
    }

    @Test("a call that does not come back makes the producer fatal instead of holding its caller")
    func stuckCall() async throws {
        let calls = BlockingCalls(label: "test")
        let answer = await calls.run(within: .milliseconds(50)) {
            rd_kafka_wait_destroyed(1_500)
            return 1
        }
        #expect(answer == nil)
        #expect(await calls.run(within: .seconds(60)) { 2 } == 2)
    }

    @Test("without a transactional id there are none")
    func misuse() async throws {
        let producer = try KafkaProducer(KafkaTestServer.settings(), logger: logger)
        let error = await #expect(throws: KafkaError.self) { try await producer.beginTransaction() }
        #expect(error?.reason == .misuse)
        await producer.close()
    }
}
