import DataContract
import Foundation
import Kafka
import Postgres
import ServiceRuntime
import TestKit
import Testing

@testable import RawSink

@Suite("At its start, a sink", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct StartTests {
    @Test("finds everything there, or says what is missing", .timeLimit(.minutes(10)))
    func check() async throws {
        let binary = try #require(SinkProcess.binary, "build the product raw-sink first")
        try await SinkHarness.with { harness in
            let folder = try SinkProcess.pipeline(topic: harness.topic.name)
            defer { try? FileManager.default.removeItem(at: folder) }
            // The harness makes no topic for dead letters.
            let lacking = try await SinkProcess.run(["run", "--check"], binary, folder, harness)
            #expect(lacking.code == 1)
            #expect(
                lacking.output.contains("topic \(harness.contract.deadLetterTopic) is missing: run `producer topics`"))
            let admin = try KafkaAdmin(harness.topic.settings, logger: KafkaTestServer.logger())
            try await admin.create(TopicSpecification(harness.contract.deadLetterTopic, partitions: 1))
            await admin.close()
            let whole = try await SinkProcess.run(["run", "--check"], binary, folder, harness)
            #expect(whole.code == 0, "\(whole.output)")
            #expect(whole.output.contains("1 contracts, their tables, topics and rights: all there"))
            #expect(try await harness.rows() == 0)
        }
    }

    @Test(
        "refuses a breaking change of the contract, with the differences, and lands nothing", .timeLimit(.minutes(10)))
    func breaking() async throws {
        let binary = try #require(SinkProcess.binary, "build the product raw-sink first")
        try await SinkHarness.with { harness in
            let folder = try SinkProcess.pipeline(topic: harness.topic.name, idType: "boolean")
            defer { try? FileManager.default.removeItem(at: folder) }
            try await harness.produce(0..<10)
            for arguments in [["run", "--check"], ["run"]] {
                let refused = try await SinkProcess.run(arguments, binary, folder, harness)
                #expect(refused.code != 0)
                #expect(refused.output.contains("column id"), "\(refused.output)")
            }
            #expect(try await harness.rows() == 0)
            #expect(try await harness.number("SELECT count(*) FROM raw._sink_offsets") == 0)
            // With the contract as it was, nothing is missing.
            let sink = harness.start()
            try await harness.waitForRows(10)
            try await sink.stop()
            try await harness.expectExactly(10)
        }
    }

    @Test("is ready without partitions too, when others have them all", .timeLimit(.minutes(10)))
    func spare() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            let first = harness.start("a")
            try await harness.produce(0..<10)
            try await harness.waitForRows(10)
            let spare = harness.start("b")
            try await harness.wait("word of the warehouse") { !spare.health.isWarehouseFailing }
            try await spare.stop()
            try await first.stop()
            try await harness.expectExactly(10)
        }
    }

    @Test("drops repetitions of what an earlier one has landed", .timeLimit(.minutes(10)))
    func repetitions() async throws {
        try await SinkHarness.with { harness in
            let base = harness.contract
            let contract = Contract(
                file: base.file, id: base.id, version: base.version, topic: base.topic, table: base.table,
                properties: base.properties, eventTime: base.eventTime,
                uniqueWindow: .init(column: "id", window: .seconds(3600)))
            for round in 0..<3 {
                let sink = harness.start(contracts: [contract])
                try await harness.produce(0..<(round + 1) * 100)  // all of before, under other keys' partitions or not
                try await harness.wait("everything to be taken") {
                    try await harness.number("SELECT coalesce(sum(next_offset), 0)::bigint FROM raw._sink_offsets")
                        == [100, 300, 600][round]
                }
                try await sink.stop()
                try await harness.expectExactly((round + 1) * 100)
            }
            #expect(try await harness.number("SELECT sum(duplicates)::bigint FROM raw._landings") == 300)
            #expect(try await harness.number("SELECT sum(rows)::bigint FROM raw._landings") == 300)
        }
    }
}

@Suite("Readiness") struct ReadinessTests {
    @Test("ends when messages wait for longer than SINK_LAG_MAX, and returns")
    func lag() async {
        let (health, checks) = (SinkHealth(), HealthChecks())
        health.register(with: checks, limits: LagLimits(age: .seconds(60)))
        health.warehouse(nil)
        health.group(nil)
        #expect(await checks.readiness().isReady)
        let partition = TopicPartition("t", 0)
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        health.lag.took(partition, to: 10, from: now - 59_000)
        health.lag.took(TopicPartition("t", 1), to: 5, from: now)
        #expect(await checks.readiness().isReady)
        health.lag.took(partition, to: 20, from: now - 61_000)
        let report = await checks.readiness()
        #expect(report.results.filter { $0.status != .ok }.map(\.name) == ["lag"])
        #expect(report.json.contains("SINK_LAG_MAX"))
        health.lag.took(partition, to: 30, from: now)  // a newer one changes nothing
        #expect(await !checks.readiness().isReady)
        health.lag.landed(partition, to: 10)
        #expect(await !checks.readiness().isReady)
        health.lag.landed(partition, to: 20)
        #expect(await checks.readiness().isReady)
        health.lag.took(partition, to: 40, from: now - 61_000)
        #expect(await !checks.readiness().isReady)
        health.forgetPartitions()
        #expect(await checks.readiness().isReady)
    }

    @Test("is not there before group and warehouse are, nor after a partition was stopped")
    func others() async {
        let (health, checks) = (SinkHealth(), HealthChecks())
        health.register(with: checks)
        #expect(await checks.readiness().results.filter { $0.status != .ok }.map(\.name) == ["warehouse", "kafka"])
        health.warehouse(nil)
        health.group(nil)
        #expect(await checks.readiness().isReady)
        health.topic("t", "somebody keeps it locked")
        health.gone(TopicPartition("t", 0), "no such record")
        #expect(await checks.readiness().results.filter { $0.status != .ok }.map(\.name) == ["warehouse", "kafka"])
        health.forgetPartitions()
        #expect(await checks.readiness().isReady, "they may be another sink's now")
        health.deadLetters("partition 3 of t has too many dead letters")
        #expect(await !checks.readiness().isReady)
    }
}
