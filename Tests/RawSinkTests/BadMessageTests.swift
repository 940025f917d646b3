import Kafka
import Postgres
import TestKit
import TestValues
import Testing

@testable import RawSink

@Suite(
    "Ten thousand messages that should not have been sent",
    .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct BadMessageTests {
    @Test("each is a row or a dead letter of its bytes, once; the good ones among them are rows")
    func everyOne() async throws {
        try await SinkHarness.with { harness in
            var maker = BadMessages(seed: 20_261_123)
            let messages = (0..<10_000).map { _ in maker.next() }
            let partition: @Sendable (Int) -> Int32 = { Int32($0 % 3) }
            try await Self.produce(messages, harness, partition)
            let sink = harness.start()
            try await harness.wait("all messages") {
                try await harness.number(
                    "SELECT ((SELECT count(*) FROM raw.t) + (SELECT count(*) FROM raw._dead_letters))::bigint")
                    >= 10_000
            }
            try await sink.stop()

            let rows = try await Set(harness.texts("SELECT _partition || ' ' || _offset FROM raw.t"))
            #expect(try await harness.rows() == rows.count)
            var rejected: Set<String> = []
            let letters = try await harness.pool.query(
                "SELECT partition, \"offset\", value FROM raw._dead_letters")
            for letter in letters {
                let at: (Int32, Int64) = (try letter.get(0), try letter.get(1))
                #expect(rejected.insert("\(at.0) \(at.1)").inserted)
                let value: PostgresBytes = try letter.get(2)
                #expect(value == PostgresBytes(messages[Int(at.1) * 3 + Int(at.0)].bytes))
            }
            #expect(rejected.isDisjoint(with: rows))
            #expect(rows.count + rejected.count == 10_000)
            for (number, message) in messages.enumerated() {
                guard let isGood = message.isGood else { continue }
                let position = "\(partition(number)) \(number / 3)"
                let text = String(decoding: message.bytes.prefix(200), as: UTF8.self)
                #expect(rows.contains(position) == isGood, "\(position): \(text)")
            }
        }
    }

    /// In order within each partition, so that a message's number says its offset.
    private static func produce(
        _ messages: [BadMessages.Message], _ harness: SinkHarness, _ partition: @Sendable (Int) -> Int32
    ) async throws {
        try await harness.topic.produce(
            messages.enumerated().map { number, message in
                ProducerMessage(topic: harness.topic.name, value: message.bytes, partition: partition(number))
            }, bytesMax: 6_000_000)
    }
}
