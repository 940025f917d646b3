import DataContract
import Postgres
import TestKit
import Testing

@testable import Warehouse

@Suite("Retention of raw rows", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct RetentionTests {
    static let kept = Contract(
        file: "events.yaml", id: "events", version: "1.0.0", topic: .init(name: "events", partitions: 3),
        table: .init(schema: "raw", name: "events"), properties: contract().properties, eventTime: "at",
        rowRetention: .seconds(2 * 86_400))

    /// A batch whose rows landed so many days ago.
    static func old(_ days: Int64, _ id: String, partition: Int32, now: Int64) -> RawBatch {
        var rows = RawRows()
        rows.beginRow(columns: 8)
        rows.append(text: id)
        rows.appendNull()
        rows.append(timestamp: 0)
        rows.append(text: "events")
        rows.append(integer: partition)
        rows.append(bigint: 0)
        rows.append(timestamp: now - days * 86_400_000_000)
        rows.appendNull()
        return RawBatch(
            contract: kept, rows: rows, deadLetters: [],
            sources: [.init(partition: partition, expected: nil, first: 0, next: 1)], bytes: 1, eventTimes: .init())
    }

    static func now(_ engine: PostgresEngine) async throws -> Int64 {
        try await engine.pool.query("SELECT (extract(epoch FROM now()) * 1000000)::bigint").one().get(0)
    }

    /// Adds partitions for the days before, as if the table had been there.
    static func age(_ engine: PostgresEngine, days: Range<Int>) async throws {
        for day in days {
            try await engine.pool.query(
                """
                DO $$ DECLARE d date := (now() AT TIME ZONE 'UTC')::date - \(sql: "\(day)"); BEGIN
                EXECUTE format('CREATE TABLE raw.%I PARTITION OF raw.events FOR VALUES FROM (%L) TO (%L)',
                  'events__' || to_char(d, 'YYYYMMDD'), d || ' 00:00:00+00', (d + 1) || ' 00:00:00+00'); END $$
                """)
        }
    }

    @Test("drops days that are over, a reader with a long query notwithstanding")
    func dropping() async throws {
        try await withEngine([Self.kept]) { engine, settings in
            try await Self.age(engine, days: 2..<6)
            let now = try await Self.now(engine)
            for (partition, days) in [(Int32(0), Int64(5)), (1, 3), (2, 0)] {
                _ = try await engine.append(Self.old(days, "d\(days)", partition: partition, now: now))
            }
            let reader = try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
            try await reader.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM raw.events")
            async let done = engine.maintainRawTables(of: [Self.kept])
            var waiting = 0
            while waiting == 0 {
                waiting =
                    try await engine.pool.query(
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE%DETACH%' AND wait_event_type = 'Lock'"
                    ).one().get(0)
            }
            // Maintenance waits for the reader; others neither wait for it nor for maintenance.
            let others = try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
            try await others.script("SET lock_timeout = '1s'; SET statement_timeout = '5s'")
            let seen: Int = try await others.query("SELECT count(*) FROM raw.events").one().get(0)
            #expect(seen <= 3)
            let stillThere: Int = try await reader.query("SELECT count(*) FROM raw.events").one().get(0)
            #expect(stillThere >= 1)
            try await reader.script("COMMIT")
            let lines = try await done
            #expect(lines.filter { $0.hasPrefix("dropped") }.count == 3)
            #expect(try await engine.texts("SELECT id FROM raw.events") == ["d0"])
            #expect(try await engine.maintainRawTables(of: [Self.kept]).isEmpty)
        }
    }

    @Test("makes days ahead; where one is missing all the same, the sink makes it and goes on")
    func ahead() async throws {
        try await withEngine([Self.kept]) { engine, _ in
            let days = try await engine.texts(
                "SELECT count(*)::text FROM pg_inherits WHERE inhparent = 'raw.events'::regclass")
            #expect(days == ["\(PostgresEngine.daysAhead + 2)"])
            for row in try await engine.texts(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'raw.events'::regclass")
            {
                try await engine.pool.query("DROP TABLE \(sql: row ?? "")")
            }
            let now = try await Self.now(engine)
            _ = try await engine.append(Self.old(0, "today", partition: 0, now: now))
            #expect(try await engine.texts("SELECT id FROM raw.events") == ["today"])
        }
    }

    @Test("of a table that was there before deletes rows")
    func unpartitioned() async throws {
        try await withEngine { engine, _ in
            let now = try await Self.now(engine)
            _ = try await engine.append(Self.old(9, "old", partition: 0, now: now))
            _ = try await engine.append(Self.old(0, "new", partition: 1, now: now))
            #expect(try await engine.prepareRawTables(for: [Self.kept]).isEmpty)
            #expect(try await engine.maintainRawTables(of: [Self.kept]) == ["deleted 1 rows of raw.events"])
            #expect(try await engine.texts("SELECT id FROM raw.events") == ["new"])
        }
    }
}
