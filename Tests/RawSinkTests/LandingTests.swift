import Foundation
import Kafka
import Postgres
import TestKit
import Testing

@testable import RawSink

@Suite("Messages land", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct LandingTests {
    @Test("once each, with their positions, and others are told", .timeLimit(.minutes(10)))
    func happyPath() async throws {
        try await SinkHarness.with { harness in
            try await harness.produce(0..<2_000)
            let sink = harness.start()
            try await harness.waitForRows(2_000)
            try await harness.wait("announcements") {
                try await harness.number("SELECT count(*) FROM raw._landings WHERE published_at IS NULL") == 0
            }
            try await sink.stop()
            try await harness.expectExactly(2_000)
            #expect(try await harness.number("SELECT sum(next_offset)::bigint FROM raw._sink_offsets") == 2_000)
            #expect(try await harness.number("SELECT sum(rows)::bigint FROM raw._landings") == 2_000)
            let days = try await harness.texts("SELECT DISTINCT unnest(days)::text FROM raw._landings")
            #expect(days == ["2026-11-23"])
            let told = try await consumeTopic("millrace.events").filter {
                $0.text?.contains("\"\(harness.topic.name)\"") == true
            }
            #expect(told.count == (try await harness.number("SELECT count(*) FROM raw._landings")))
        }
    }

    @Test("and the warehouse hears which partitions have nothing left", .timeLimit(.minutes(10)))
    func ends() async throws {
        try await SinkHarness.with { harness in
            try await harness.produce(0..<100)
            // The second sink gets no message at all.
            for _ in 0..<2 {
                let sink = harness.start()
                try await harness.waitForRows(100)
                try await harness.wait("the ends") {
                    try await harness.number("SELECT count(*) FROM raw._sink_offsets WHERE at_end_at IS NULL") == 0
                }
                try await sink.stop()
                try await harness.pool.query("UPDATE raw._sink_offsets SET at_end_at = NULL")
            }
        }
    }

    @Test("and a sink that comes back goes on where the warehouse stands", .timeLimit(.minutes(10)))
    func restart() async throws {
        try await SinkHarness.with { harness in
            for round in 0..<3 {
                let sink = harness.start()
                try await harness.produce(round * 100..<(round + 1) * 100)
                try await harness.waitForRows((round + 1) * 100)
                try await sink.stop()
            }
            try await harness.expectExactly(300)
        }
    }

    @Test("or become dead letters, byte for byte, here and in their topic", .timeLimit(.minutes(10)))
    func deadLetters() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            let good = Array(#"{"id":1,"at":"2026-11-23T00:00:00Z"}"#.utf8)
            let bad: [(value: [UInt8]?, reason: String)] = [
                (Array("not json".utf8), "invalid_json"), (nil, "null_value"), ([0x7B, 0xFF], "invalid_json"),
                (Array(#"{"at":"2026-11-23T00:00:00Z"}"#.utf8), "missing_field"),
                (Array(#"{"id":2,"at":"soon"}"#.utf8), "invalid_timestamp"),
                (Array(#"{"id":2,"at":"9999-12-31T23:59:59-01:00"}"#.utf8), "invalid_timestamp"),
                (Array(#"{"id":2,"at":"9999-12-31T23:59:59Z"}"#.utf8), "implausible_time"),
                (Array(#"{"id":2,"at":"0001-01-01T00:00:00 UTC"}"#.utf8), "implausible_time"),
                (Array(#"{"id":3,"at":"2026-11-23T00:00:00Z","note":"\u0000"}"#.utf8), "nul_character"),
            ]
            let messages = bad.flatMap { [$0.value, good] }.map { value in
                ProducerMessage(
                    topic: harness.topic.name, key: [0, 255], value: value, headers: [KafkaHeader("h", [1, 0, 2])])
            }
            try await harness.topic.produce(messages)
            let sink = harness.start()
            try await harness.waitForRows(bad.count)
            try await harness.wait("mirrors") {
                try await harness.number("SELECT count(*) FROM raw._dead_letters WHERE mirrored_at IS NOT NULL")
                    == bad.count
            }
            try await sink.stop()
            let reasons = try await harness.texts(#"SELECT reason FROM raw._dead_letters ORDER BY "offset""#)
            #expect(reasons == bad.map(\.reason))
            let mirrored = try await consumeTopic(harness.contract.deadLetterTopic)
            #expect(mirrored.map(\.value) == bad.map(\.value))
            #expect(mirrored.map(\.keyText) == (0..<bad.count).map { "\(harness.topic.name)/0/\($0 * 2)" })
            for (message, expected) in zip(mirrored, bad) {
                let headers = Dictionary(message.headers.map { ($0.name, $0.value) }) { first, _ in first }
                #expect(headers["h"] == [1, 0, 2])
                #expect(headers["__connect.errors.key"] == [0, 255])
                #expect(headers["__connect.errors.exception.class.name"] == Array(expected.reason.utf8))
                for name in ["timestamp", "failed.at"] {
                    let time = try #require(headers["__connect.errors.\(name)"] ?? nil)
                    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                    let date = try Date(String(decoding: time, as: UTF8.self), strategy: format)
                    #expect(abs(date.timeIntervalSinceNow) < 600)
                }
            }
        }
    }

    @Test("except for the rows that the warehouse refuses, which alone become dead letters", .timeLimit(.minutes(10)))
    func refusedRows() async throws {
        try await SinkHarness.with { harness in
            try await harness.pool.query("ALTER TABLE raw.t ADD CHECK (id % 400 <> 7)")
            try await harness.produce(0..<2_000)
            let sink = harness.start(rowsMax: 700)
            try await harness.waitForRows(1_995)
            try await harness.wait("the dead letters") {
                try await harness.number("SELECT count(*) FROM raw._dead_letters") == 5
            }
            try await sink.stop()
            try await harness.expectExactly(1_995)
            let reasons = try await harness.texts("SELECT DISTINCT reason FROM raw._dead_letters")
            #expect(reasons == ["refused_by_warehouse"])
            #expect(try await harness.number("SELECT sum(next_offset)::bigint FROM raw._sink_offsets") == 2_000)
        }
    }

    @Test("and one too large to be mirrored holds up nothing", .timeLimit(.minutes(10)))
    func largeDeadLetter() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            try await harness.topic.produce(
                [Array(repeating: UInt8(ascii: "x"), count: 2_000_000), Array("small".utf8)].map {
                    ProducerMessage(topic: harness.topic.name, value: $0)
                }, bytesMax: 6_000_000)
            let sink = harness.start()
            try await harness.produce(0..<10)
            try await harness.waitForRows(10)
            for outbox in ["raw._landings WHERE published_at IS NULL", "raw._dead_letters WHERE mirrored_at IS NULL"] {
                try await harness.wait("the end of \(outbox)") {
                    try await harness.number("SELECT count(*) FROM \(outbox)") == 0
                }
            }
            try await sink.stop()
            #expect(try await harness.number("SELECT count(*) FROM raw._dead_letters") == 2)
            let mirrored = try await consumeTopic(harness.contract.deadLetterTopic)
            #expect(mirrored.map(\.text) == ["small"])
        }
    }

    @Test("and what a killed sink did not tell is told by the next", .timeLimit(.minutes(10)))
    func outbox() async throws {
        try await SinkHarness.with { harness in
            try await harness.produce(0..<10)
            var sink = harness.start()
            try await harness.waitForRows(10)
            try await sink.stop()
            try await harness.pool.query("UPDATE raw._landings SET published_at = NULL")
            sink = harness.start()
            try await harness.wait("the announcement") {
                try await harness.number("SELECT count(*) FROM raw._landings WHERE published_at IS NULL") == 0
            }
            try await sink.stop()
        }
    }

    @Test("and what a busy sink could not tell is told later, without a pause in the stream", .timeLimit(.minutes(10)))
    func outboxUnderLoad() async throws {
        try await SinkHarness.with { harness in
            let sink = harness.start(rowsMax: 50)
            try await harness.produce(0..<100)
            try await harness.waitForRows(100)
            try await harness.pool.query(
                "UPDATE raw._landings SET published_at = NULL, landed_at = landed_at - interval '1 minute'")
            var next = 100
            try await harness.wait("the announcement") {
                try await harness.produce(next..<next + 20)
                next += 20
                return try await harness.number(
                    "SELECT count(*) FROM raw._landings WHERE published_at IS NULL AND landed_at < now() - interval '30 s'"
                )
                    == 0
            }
            try await harness.waitForRows(next)
            try await sink.stop()
            try await harness.expectExactly(next)
        }
    }
}
