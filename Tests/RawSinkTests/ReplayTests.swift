import DataContract
import Foundation
import Kafka
import Postgres
import TestKit
import Testing
import Warehouse

@testable import RawSink

@Suite("A replay", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct ReplayTests {
    static func replay(_ harness: SinkHarness, into table: String? = nil) -> (Replay, PostgresEngine) {
        let logger = KafkaTestServer.logger(.critical)
        let warehouse = PostgresEngine(harness.database, connectionsMax: 2, logger: logger)
        var replay = Replay(
            kafka: KafkaTestServer.settings(clientID: "replay"), warehouse: warehouse, contract: harness.contract,
            into: table.map { .init(schema: "raw", name: $0) }, logger: logger)
        replay.limits.recordsMax = 100
        return (replay, warehouse)
    }

    @Test("fills what the table lacks, beside live traffic, once however many fill it", .timeLimit(.minutes(10)))
    func repair() async throws {
        try await SinkHarness.with { harness in
            try await harness.produce(0..<1_000)
            try await harness.produceGarbage(5)
            let sink = harness.start()
            try await harness.waitForRows(1_000)
            try await harness.wait("the dead letters") {
                try await harness.number("SELECT count(*) FROM raw._dead_letters") == 5
            }
            try await harness.pool.query("DELETE FROM raw.t WHERE id % 10 = 3")
            async let live: Void = harness.produce(1_000..<3_000)
            let (one, first) = Self.replay(harness)
            let (two, second) = Self.replay(harness)
            let begin = try #require(ReplayPoint("0"))
            async let report = one.run(from: begin, to: nil)
            let other = try await two.run(from: begin, to: nil)
            let both = try await report.landed + other.landed
            #expect(both == 100)
            try await live
            try await harness.waitForRows(3_000)
            #expect(try await one.run(from: begin, to: nil) == Replay.Report())
            await first.close()
            await second.close()
            try await sink.stop()
            try await harness.expectExactly(3_000)
            #expect(try await harness.number("SELECT count(*) FROM raw._dead_letters") == 5)
        }
    }

    @Test("into another table goes on where it was, and leaves the sink's alone", .timeLimit(.minutes(10)))
    func shadow() async throws {
        try await SinkHarness.with { harness in
            try await harness.produce(0..<500)
            try await harness.produceGarbage(3)
            let (replay, warehouse) = Self.replay(harness, into: "t_again")
            let begin = try #require(ReplayPoint("0"))
            let first = try await replay.run(from: begin, to: nil)
            #expect(first == Replay.Report(read: 503, landed: 500, rejected: 3))
            #expect(try await replay.run(from: begin, to: nil) == Replay.Report())
            try await harness.produce(500..<700)
            #expect(try await replay.run(from: begin, to: nil).landed == 200)
            await warehouse.close()
            #expect(try await harness.number("SELECT count(DISTINCT id) FROM raw.t_again") == 700)
            #expect(try await harness.number("SELECT count(*) FROM raw.t_again") == 700)
            #expect(try await harness.number("SELECT count(*) FROM raw._sink_offsets") == 0)
            #expect(try await harness.rows() == 0)
        }
    }

    @Test("stays within its points, and sets a refused row aside", .timeLimit(.minutes(10)))
    func points() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            try await harness.produce(0..<100)
            let (replay, warehouse) = Self.replay(harness, into: "t_part")
            _ = try await warehouse.prepareRawTables(for: [
                harness.contract.copied(to: .init(schema: "raw", name: "t_part"))
            ])
            try await harness.pool.query("ALTER TABLE raw.t_part ADD CHECK (id <> 15)")
            let (from, to) = (try #require(ReplayPoint("0:10")), try #require(ReplayPoint("20")))
            let report = try await replay.run(from: from, to: to)
            await warehouse.close()
            #expect(report == Replay.Report(read: 10, landed: 9, rejected: 1))
            #expect(try await harness.number("SELECT min(_offset) FROM raw.t_part") == 10)
            #expect(try await harness.number("SELECT max(_offset) FROM raw.t_part") == 19)
        }
    }
}

@Suite("A redrive", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct RedriveProcessTests {
    @Test("killed again and again, beside a sink, makes each letter a row once", .timeLimit(.minutes(10)))
    func kills() async throws {
        let binary = try #require(SinkProcess.binary, "build the product raw-sink first")
        try await SinkHarness.with(partitions: 2) { harness in
            let folder = try SinkProcess.pipeline(topic: harness.topic.name)
            defer { try? FileManager.default.removeItem(at: folder) }
            let strict = Contract(
                file: "t.yaml", id: "t", version: "1.0.0", topic: harness.contract.topic, table: harness.contract.table,
                properties: harness.contract.properties.map {
                    guard $0.name == "id" else { return $0 }
                    return Property(
                        name: "id", logicalType: .integer, isRequired: true, rules: .init(minimum: 1_000_000))
                }, eventTime: "at")
            let total = 4_000
            try await harness.produce(0..<total)
            let sink = harness.start(contracts: [strict])
            try await harness.wait("the dead letters") {
                try await harness.number("SELECT count(*) FROM raw._dead_letters") == total
            }
            try await harness.produce(1_000_000..<1_000_100)
            for _ in 0..<4 {
                let before = try await harness.rows()
                let process = try SinkProcess.start(
                    binary, folder, harness, ["dead-letters", "redrive", "--topic", harness.topic.name])
                try await harness.wait("rows") {
                    let rows = try await harness.rows()
                    return !process.isRunning || rows > before + 300
                }
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let last = try SinkProcess.start(
                binary, folder, harness, ["dead-letters", "redrive", "--topic", harness.topic.name])
            last.waitUntilExit()
            #expect(last.terminationStatus == 0)
            try await harness.waitForRows(total + 100)
            try await sink.stop()
            #expect(try await harness.number("SELECT count(*) FROM raw._dead_letters") == 0)
            #expect(try await harness.rows() == total + 100)
            #expect(try await harness.number("SELECT count(DISTINCT (_partition, _offset)) FROM raw.t") == total + 100)
            #expect(try await harness.number("SELECT count(DISTINCT id) FROM raw.t") == total + 100)
        }
    }
}
