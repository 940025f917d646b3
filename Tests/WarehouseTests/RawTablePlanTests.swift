import DataContract
import Postgres
import TestKit
import Testing

@testable import Warehouse

@Suite("A raw table follows its contract") struct RawTablePlanTests {
    @Test(
        "and widens, in the catalogue alone or by a rewrite",
        arguments: [
            ("integer", ColumnType.bigint, true), ("integer", .numeric, true), ("bigint", .numeric, true),
            ("smallint", .integer, true), ("bigint", .text, true), ("jsonb", .text, true),
            ("character varying(20)", .text, false), ("numeric(10,2)", .numeric, false),
            ("numeric(10,2)", .decimal(precision: 12, scale: 2), false),
            ("numeric(10,2)", .decimal(precision: 14, scale: 4), true),
            ("integer", .decimal(precision: 12, scale: 2), true), ("date", .timestamptz, true),
        ])
    func widens(old: String, new: ColumnType, rewrites: Bool) {
        #expect(RawTablePlan.widening(from: old, to: new) == rewrites)
    }

    @Test(
        "and never narrows",
        arguments: [
            ("bigint", ColumnType.integer), ("text", .bigint), ("numeric", .bigint), ("numeric(10,2)", .bigint),
            ("bigint", .double), ("numeric(10,2)", .decimal(precision: 10, scale: 4)),
            ("numeric", .decimal(precision: 10, scale: 2)), ("integer", .decimal(precision: 10, scale: 2)),
            ("timestamp with time zone", .date), ("text", .jsonb), ("boolean", .integer),
        ])
    func narrows(old: String, new: ColumnType) {
        #expect(RawTablePlan.widening(from: old, to: new) == nil)
    }
}

@Suite("A raw table changes", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct EvolutionTests {
    static func grown(_ type: ColumnType, note: Bool = false) -> Contract {
        contract(
            [
                Property(name: "id", logicalType: .string, isRequired: true),
                Property(name: "amount", logicalType: type == .text ? .string : .number, columnType: type),
                Property(name: "at", logicalType: .timestamp, isRequired: true),
            ] + (note ? [Property(name: "note", logicalType: .string)] : []))
    }

    @Test("by a rewrite only when it is empty or an operator says so")
    func rewrite() async throws {
        try await withEngine { engine, _ in
            let text = Self.grown(.text)
            _ = try await engine.append(batch(["a"], expected: nil))
            let error = await failure { _ = try await engine.prepareRawTables(for: [text]) }
            guard case .incompatibleTable(_, let differences) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(differences.first?.contains("--allow-rewrite") == true)
            #expect(
                try await engine.prepareRawTables(for: [text], allowingRewrite: true) == [
                    "widened raw.events.amount to text"
                ])
            #expect(try await engine.texts("SELECT amount FROM raw.events") == ["1.50"])
            #expect(try await engine.planRawTables(for: [text]).allSatisfy(\.isDone))
        }
        try await withEngine { engine, _ in
            let done = try await engine.prepareRawTables(for: [Self.grown(.text)])
            #expect(done == ["widened raw.events.amount to text"])
        }
    }

    @Test("beside a reader: the attempt is given up and made again")
    func lock() async throws {
        try await withEngine { engine, settings in
            let reader = try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
            try await reader.script("BEGIN; SELECT * FROM raw.events")
            async let done = engine.prepareRawTables(for: [Self.grown(.numeric, note: true)])
            // The waiting ALTER is seen, then the reader ends.
            var waiting = 0
            while waiting == 0 {
                waiting =
                    try await engine.pool.query(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'raw.events'::regclass"
                    ).one().get(0)
            }
            try await reader.script("COMMIT")
            let lines = try await done
            #expect(lines == ["added raw.events.note"])
        }
    }

    @Test("under a sink: a column that the contract has and the table lacks is added in passing")
    func missingColumn() async throws {
        try await withEngine { engine, _ in
            try await engine.pool.query("ALTER TABLE raw.events DROP COLUMN amount")
            try await engine.pool.query("ALTER TABLE raw.events ADD COLUMN by_hand text")
            _ = try await engine.append(batch(["a"], expected: nil))
            #expect(try await engine.texts("SELECT amount FROM raw.events") == ["1.50"])
        }
    }

    @Test("under an old sink: it writes nothing into a column that has grown, and no row is taken for bad")
    func oldSink() async throws {
        let old = contract([
            Property(name: "id", logicalType: .integer, columnType: .bigint, isRequired: true),
            Property(name: "at", logicalType: .timestamp, isRequired: true),
        ])
        let new = contract([
            Property(name: "id", logicalType: .string, isRequired: true),
            Property(name: "at", logicalType: .timestamp, isRequired: true),
        ])
        try await withEngine([old]) { engine, _ in
            _ = try await engine.prepareRawTables(for: [new])
            var rows = RawRows()
            rows.beginRow(columns: old.columns.count)
            // Eight bytes that happen to be text.
            rows.append(bigint: 0x6162_6364_6566_6768)
            rows.append(timestamp: 0)
            rows.append(text: "events")
            rows.append(integer: 0)
            rows.append(bigint: 0)
            rows.append(timestamp: 0)
            rows.appendNull()
            let whole = RawBatch(
                contract: old, rows: rows, deadLetters: [],
                sources: [.init(partition: 0, expected: nil, first: 0, next: 1)], bytes: 8, eventTimes: .init())
            let error = await failure { _ = try await engine.append(whole) }
            guard case .incompatibleTable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await engine.texts("SELECT id FROM raw.events").isEmpty)
            #expect(try await engine.sinkPositions(of: "events").isEmpty)
        }
    }

    @Test("and bookkeeping of an older version gains its columns")
    func bookkeeping() async throws {
        try await withEngine { engine, _ in
            _ = try await engine.append(batch([], expected: nil, letters: [letter(0)]))
            try await engine.pool.query("ALTER TABLE raw._dead_letters DROP COLUMN attempts, DROP COLUMN history")
            try await engine.pool.query("DROP TABLE raw._seen_values")
            _ = try await engine.prepareRawTables(for: [contract()])
            #expect(try await engine.deadLetters(.init(), limit: 10) == [letter(0)])
        }
    }
}
