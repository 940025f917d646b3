import Foundation
import Kafka
import Postgres
import ServiceRuntime
import TestKit
import Testing
import Warehouse

@testable import RawSink

@Suite(
    "Nothing is lost or doubled", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable),
    .serialized)
struct TroubleTests {
    @Test("when sinks join and leave under load", .timeLimit(.minutes(10)))
    func rebalances() async throws {
        try await SinkHarness.with(partitions: 4) { harness in
            let total = 20_000
            async let produced: Void = {
                for start in stride(from: 0, to: total, by: 1_000) { try await harness.produce(start..<start + 1_000) }
            }()
            let first = harness.start("a", rowsMax: 300, membership: .dynamic)
            try await harness.waitForRows(1_000)
            let second = harness.start("b", rowsMax: 300, membership: .dynamic)
            try await harness.waitToJoin(second)
            try await harness.waitForRows(5_000)
            let third = harness.start("c", rowsMax: 300, membership: .dynamic)
            try await harness.waitToJoin(third)
            try await harness.waitForRows(9_000)
            try await first.stop()
            try await produced
            try await harness.waitForRows(total)
            try await second.stop()
            try await third.stop()
            try await harness.expectExactly(total)
        }
    }

    @Test("when the database ends its sessions under load", .timeLimit(.minutes(10)))
    func lostConnections() async throws {
        try await SinkHarness.with { harness in
            let total = 20_000
            async let produced: Void = harness.produce(0..<total)
            let sink = harness.start(rowsMax: 200)
            for landed in [1_000, 4_000, 8_000, 12_000] {
                try await harness.waitForRows(landed)
                try await harness.pool.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """)
            }
            try await produced
            try await harness.waitForRows(total)
            try await sink.stop()
            try await harness.expectExactly(total)
        }
    }

    @Test("when the database takes no connections for a while, and the sink says so", .timeLimit(.minutes(10)))
    func databaseAway() async throws {
        try await SinkHarness.with { harness in
            let sink = harness.start(rowsMax: 200)
            try await harness.produce(0..<1_000)
            try await harness.waitForRows(1_000)
            try await harness.during("ALLOW_CONNECTIONS false", until: "ALLOW_CONNECTIONS true") {
                try await harness.produce(1_000..<2_000)
                try await harness.wait("the sink to notice") { sink.health.isWarehouseFailing }
            }
            try await harness.waitForRows(2_000)
            #expect(!sink.health.isWarehouseFailing)
            try await sink.stop()
            try await harness.expectExactly(2_000)
        }
    }

    @Test("when the database refuses a row of the batch that it was away for", .timeLimit(.minutes(10)))
    func refusedAfterAway() async throws {
        try await SinkHarness.with { harness in
            try await harness.pool.query("ALTER TABLE raw.t ADD CHECK (id <> 1500)")
            let sink = harness.start(rowsMax: 200)
            try await harness.produce(0..<1_000)
            try await harness.waitForRows(1_000)
            try await harness.during("ALLOW_CONNECTIONS false", until: "ALLOW_CONNECTIONS true") {
                try await harness.produce(1_500..<1_501)
                try await harness.wait("the sink to notice") { sink.health.isWarehouseFailing }
            }
            try await harness.wait("the dead letter") {
                try await harness.number("SELECT count(*) FROM raw._dead_letters") == 1
            }
            try await harness.produce(1_000..<1_200)
            try await harness.waitForRows(1_200)
            try await sink.stop()
            try await harness.expectExactly(1_200)
        }
    }

    @Test("when the database takes no writes for a while", .timeLimit(.minutes(10)))
    func readOnly() async throws {
        try await SinkHarness.with { harness in
            let sink = harness.start(rowsMax: 200)
            try await harness.produce(0..<1_000)
            try await harness.waitForRows(1_000)
            try await harness.during(
                "SET default_transaction_read_only = on", until: "RESET default_transaction_read_only"
            ) {
                try await harness.produce(1_000..<2_000)
                try await harness.wait("the sink to notice") { sink.health.isWarehouseFailing }
            }
            try await harness.waitForRows(2_000)
            try await harness.wait("the sink to recover") { !sink.health.isWarehouseFailing }
            try await sink.stop()
            try await harness.expectExactly(2_000)
        }
    }

    @Test(
        "when records are gone from Kafka: the partition waits to be moved, the others go on", .timeLimit(.minutes(10)))
    func gone() async throws {
        try await SinkHarness.with(partitions: 2) { harness in
            // As if a thousand messages of partition 0 had been landed of a topic that was then made anew; a few are there.
            try await harness.pool.query(
                "INSERT INTO raw._sink_offsets (topic, partition, next_offset) VALUES (\(harness.topic.name), 0, 1000)")
            try await harness.pool.query(
                """
                INSERT INTO raw.t (id, at, _topic, _partition, _offset, _ingested_at)
                SELECT 1000 + n, now(), \(harness.topic.name), 0, n, now() FROM generate_series(0, 24) n
                """)
            try await harness.pool.query(
                """
                INSERT INTO raw._dead_letters (topic, partition, "offset", raw_table, reason, message, failed_at)
                SELECT \(harness.topic.name), 0, n, 'raw.t', 'old', 'old', now() FROM unnest(ARRAY[25, 30, 31]) n
                """)
            let checks = HealthChecks()
            let sink = harness.start()
            sink.health.register(with: checks)
            try await harness.produce(0..<50, partition: 1)
            try await harness.produce(50..<80, partition: 0)
            try await harness.produceGarbage(2, partition: 0)
            try await harness.waitForRows(75)
            try await harness.wait("the sink to say so") { await checks.readiness().json.contains("raw-sink offsets") }
            let said = await checks.readiness().json
            #expect(said.contains("cannot go on from 1000: of its offsets Kafka has 0 to 31."), "\(said)")
            #expect(said.contains("--to earliest --topic-is-new") && said.contains("--to latest"), "\(said)")
            try await harness.produce(80..<100, partition: 1)
            try await harness.waitForRows(95)
            #expect(try await harness.rows() == 95)

            let admin = try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
            let warehouse = PostgresEngine(harness.database, connectionsMax: 1, logger: PostgresTestServer.logger())
            let offsets = SinkOffsets(warehouse: warehouse, admin: admin)
            let standings = try await offsets.standings(of: harness.topic.name)
            #expect(standings.map(\.isGone) == [true, false])
            let partition = harness.topic.partition(0)
            let refused = await #expect(throws: ExitError.self) {
                try await offsets.move(partition, of: harness.contract, to: .earliest, topicIsNew: false)
            }
            // 25 rows, and the letters at 25, 30 and 31.
            #expect(refused?.message.hasPrefix("28 messages of \(harness.topic.name), partition 0,") == true)
            #expect(refused?.message.contains("--to latest") == true)
            #expect(try await harness.rows() == 95)
            let done = try await offsets.move(partition, of: harness.contract, to: .earliest, topicIsNew: true)
            #expect(done.hasSuffix("/0 moved from 1000 to 0"))
            await admin.close()
            await warehouse.close()
            try await harness.waitForRows(125)
            try await harness.wait("the sink to be ready") { await checks.readiness().isReady }
            try await sink.stop()
            #expect(try await harness.number("SELECT count(DISTINCT id) FROM raw.t WHERE id < 1000") == 100)
            #expect(try await harness.rows() == 125)
            let letters = try await harness.texts(
                #"SELECT "offset" || ' ' || reason FROM raw._dead_letters ORDER BY "offset""#)
            #expect(letters == ["-3 old", "-2 old", "-1 old", "30 invalid_json", "31 invalid_json"])
        }
    }

    @Test(
        "when Kafka lost its newest records: it goes on from the end, and nothing lands twice", .timeLimit(.minutes(10))
    )
    func truncated() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            let first = harness.start()
            try await harness.produce(0..<30)
            try await harness.waitForRows(30)
            try await first.stop()
            // As if ten more had been landed, of which Kafka knows nothing any more.
            try await harness.pool.query("UPDATE raw._sink_offsets SET next_offset = 40")
            let checks = HealthChecks()
            let sink = harness.start()
            sink.health.register(with: checks)
            try await harness.wait("the sink to say so") { await checks.readiness().json.contains("raw-sink offsets") }
            let admin = try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
            let warehouse = PostgresEngine(harness.database, connectionsMax: 1, logger: PostgresTestServer.logger())
            let offsets = SinkOffsets(warehouse: warehouse, admin: admin)
            let partition = harness.topic.partition(0)
            _ = await #expect(throws: ExitError.self) {
                try await offsets.move(partition, of: harness.contract, to: .earliest, topicIsNew: false)
            }
            let done = try await offsets.move(partition, of: harness.contract, to: .latest, topicIsNew: false)
            #expect(done.hasSuffix("/0 moved from 40 to 30"))
            await admin.close()
            await warehouse.close()
            try await harness.produce(30..<50)
            try await harness.waitForRows(50)
            try await sink.stop()
            try await harness.expectExactly(50)
        }
    }

    @Test("when somebody locks a table: the other topics go on, and partitions move", .timeLimit(.minutes(10)))
    func lockedTable() async throws {
        try await SinkHarness.with { harness in
            try await withTopic("other", partitions: 3) { topic in
                let contracts = [harness.contract, try await harness.contract(for: topic, table: "u")]
                func others() async throws -> Int { try await harness.number("SELECT count(*) FROM raw.u") }
                func produceOthers(_ ids: Range<Int>) async throws {
                    try await topic.produce(ids.map { #"{"id":\#($0),"at":"2026-11-23T00:00:00Z"}"# })
                }
                let sink = harness.start("a", rowsMax: 200, membership: .dynamic, contracts: contracts)
                try await harness.produce(0..<1_000)
                try await harness.waitForRows(1_000)
                var second: SinkHarness.RunningSink?
                try await withPool(harness.database, connectionsMax: 1) { outside in
                    try await outside.withTransaction { connection in
                        try await connection.query("LOCK TABLE raw.t IN ACCESS EXCLUSIVE MODE")
                        try await harness.produce(1_000..<5_000)
                        try await harness.wait("the sink to notice") { sink.health.isWarehouseFailing }
                        for landed in [2_000, 4_000] {
                            try await produceOthers(landed - 2_000..<landed)
                            try await harness.wait("the other topic") {
                                try await others() == landed
                            }
                        }
                        // One that joins gets partitions although what is in hand does not land.
                        second = harness.start("b", rowsMax: 200, membership: .dynamic, contracts: contracts)
                        try await produceOthers(4_000..<6_000)
                        try await harness.wait("the other topic, of two sinks") {
                            try await others() == 6_000
                        }
                    }
                }
                try await harness.waitForRows(5_000)
                try await harness.wait("the sinks to recover") {
                    !sink.health.isWarehouseFailing && second?.health.isWarehouseFailing == false
                }
                try await sink.stop()
                try await second?.stop()
                try await harness.expectExactly(5_000)
                #expect(try await harness.number("SELECT count(DISTINCT id) FROM raw.u") == 6_000)
                #expect(try await others() == 6_000)
            }
        }
    }

    @Test("when another sink has moved the offsets: this one gives up and starts from them", .timeLimit(.minutes(10)))
    func fenced() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            let sink = harness.start()
            try await harness.produce(0..<100)
            try await harness.waitForRows(100)
            // As if a zombie's successor had landed ten messages more.
            try await harness.pool.query("UPDATE raw._sink_offsets SET next_offset = 110")
            try await harness.produce(100..<200)
            try await harness.waitForRows(190)
            try await sink.stop()
            #expect(try await harness.rows() == 190)
            #expect(try await harness.number("SELECT count(*) FROM raw.t WHERE _offset BETWEEN 100 AND 109") == 0)
        }
    }

    @Test("when the process is killed again and again under load", .timeLimit(.minutes(10)))
    func kills() async throws {
        let binary = try #require(SinkProcess.binary, "build the product raw-sink first")
        try await SinkHarness.with { harness in
            let total = 30_000
            let folder = try SinkProcess.pipeline(topic: harness.topic.name)
            defer { try? FileManager.default.removeItem(at: folder) }
            async let produced: Void = {
                for start in stride(from: 0, to: total, by: 1_000) { try await harness.produce(start..<start + 1_000) }
            }()
            var landed = 0
            for _ in 0..<6 {
                let process = try SinkProcess.start(binary, folder, harness)
                try await harness.waitForRows(min(total, landed + 1_500))
                try await Task.sleep(for: .milliseconds(.random(in: 0...150)))  // the kill may fall anywhere in a batch
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                landed = try await harness.rows()
            }
            try await produced
            let process = try SinkProcess.start(binary, folder, harness)
            // Something is left for the last one to do, so that it is up when it is told to stop.
            try await harness.produce(total..<total + 100)
            try await harness.waitForRows(total + 100)
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            try await harness.expectExactly(total + 100)
            try await harness.wait("announcements") {
                try await harness.number("SELECT count(*) FROM raw._landings WHERE published_at IS NULL") == 0
            }
        }
    }
}
