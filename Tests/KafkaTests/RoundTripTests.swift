import Foundation
import TestKit
import Testing

@testable import Kafka

@Suite("What is sent is what is read", .enabled(if: KafkaTestServer.isAvailable))
struct RoundTripTests {
    @Test(
        "keys, values, headers and times come back as they were",
        arguments: [
            (key: "k", value: "v"), (key: nil, value: "v"), (key: "k", value: nil), (key: "", value: ""),
        ] as [(key: String?, value: String?)])
    func message(key: String?, value: String?) async throws {
        try await withTopic { topic in
            let time = KafkaTimestamp(.now)  // an old one would be past the topic's retention
            let headers = [
                KafkaHeader("text", text: "x"), KafkaHeader("empty", []), KafkaHeader("null", nil),
                KafkaHeader("text", [0xFF, 0x00]),
            ]
            let sent = ProducerMessage(
                topic: topic.name, key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) },
                headers: headers, timestamp: time)
            let producer = try KafkaProducer(topic.settings, logger: KafkaTestServer.logger())
            let report = try await producer.send(sent)
            await producer.close()
            #expect(
                report
                    == DeliveryReport(
                        position: topic.partition(0), offset: 0, timestamp: time))
            let read = try await topic.consumeAll()
            #expect(read.count == 1)
            let message = try #require(read.first)
            #expect(message.key == sent.key)
            #expect(message.value == sent.value)
            #expect(message.headers == headers)
            #expect(message.timestamp == time)
        }
    }

    @Test("messages of one key keep their order in one partition, as Java's partitioner has it")
    func keys() async throws {
        try await withTopic(partitions: 4) { topic in
            let messages = (0..<400).map {
                ProducerMessage(topic: topic.name, key: "key-\($0 % 10)", text: "\($0)")
            }
            try await topic.produce(messages)
            let read = try await topic.consumeAll()
            #expect(read.count == 400)
            for key in 0..<10 {
                let mine = read.filter { $0.keyText == "key-\(key)" }
                #expect(Set(mine.map(\.partition)).count == 1)
                #expect(mine.map(\.text) == stride(from: key, to: 400, by: 10).map { "\($0)" })
            }
            // murmur2("key-0") & 0x7fffffff % 4, computed with Kafka's Java client.
            #expect(read.first { $0.keyText == "key-0" }?.partition == Murmur2.partition("key-0", of: 4))
        }
    }

    @Test("100,000 messages in bulk are counted and all there")
    func bulk() async throws {
        try await withTopic(partitions: 3) { topic in
            let producer = try KafkaProducer(
                KafkaTestServer.settings(properties: ["queue.buffering.max.messages": "10000"]),
                logger: KafkaTestServer.logger())
            let bulk = producer.bulk()
            try await bulk.enqueue(
                (0..<100_000).map { ProducerMessage(topic: topic.name, key: "\($0)", text: "v\($0)") })
            let report = await bulk.flush()
            #expect(report == BulkReport(enqueued: 100_000, delivered: 100_000, failed: 0, firstError: nil))
            await producer.close()
            let read = try await topic.consumeAll()
            #expect(Set(read.compactMap(\.text)).count == 100_000)
            #expect(read.count == 100_000)
        }
    }
}

/// Kafka's partitioner, written anew from its specification.
enum Murmur2 {
    static func partition(_ key: String, of count: Int32) -> Int32 {
        Int32(bitPattern: hash(Array(key.utf8)) & 0x7FFF_FFFF) % count
    }

    static func hash(_ data: [UInt8]) -> UInt32 {
        let m: UInt32 = 0x5bd1_e995
        var h: UInt32 = 0x9747_b28c ^ UInt32(data.count)
        for block in 0..<(data.count / 4) {
            var k = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[block * 4 + $1]) << (8 * $1) }
            k = k &* m
            k ^= k >> 24
            h = h &* m ^ (k &* m)
        }
        let rest = Array(data.suffix(data.count % 4))
        for (index, byte) in rest.enumerated() { h ^= UInt32(byte) << (8 * index) }
        if !rest.isEmpty { h = h &* m }
        h ^= h >> 13
        h = h &* m
        return h ^ (h >> 15)
    }
}
