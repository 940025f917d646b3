import Postgres
import SQL
import TestKit
import Testing

@testable import Warehouse

@Suite("Expressions and clauses are fitted to a merge") struct MergeTextTests {
    @Test(
        "columns get the relation's name; functions, types, fields and texts do not",
        arguments: [
            ("id", "s.id"), ("coalesce(\"Name\", 'id') || ID", "coalesce(s.\"Name\", 'id') || s.ID"),
            ("CAST(id AS date)::id", "CAST(s.id AS date)::id"), ("date(x.id)", "date(x.id)"), ("(date)", "(s.date)"),
            ("'", "'"),
        ])
    func columns(expression: String, expected: String) {
        #expect(ColumnQualifier(["id", "Name", "date"]).qualified(expression, with: "s") == expected)
    }

    @Test(
        "what is set is the target's and gets no name; what is read keeps it",
        arguments: [
            ("WHEN MATCHED THEN UPDATE SET target.a = target.a + 1", "WHEN MATCHED THEN UPDATE SET a = target.a + 1"),
            (
                "WHEN MATCHED AND target.a > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET \"target\".a = f(source.a, target.b), Target.b = 2",
                "WHEN MATCHED AND target.a > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = f(source.a, target.b), b = 2"
            ),
            (
                "WHEN MATCHED THEN UPDATE SET a = 1 WHEN MATCHED AND x IN (1, target.b) THEN DO NOTHING",
                "WHEN MATCHED THEN UPDATE SET a = 1 WHEN MATCHED AND x IN (1, target.b) THEN DO NOTHING"
            ),
        ])
    func clauses(written: String, sent: String) { #expect(MergeClauses.assigningTarget(written) == sent) }
}

@Suite("Batches", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10))) struct BatchWriteTests {
    private let table = RelationPath("millrace__shop", "shop__t__1")

    private func withTable(_ columns: [ColumnDeclaration], _ body: (PostgresEngine) async throws -> Void) async throws {
        try await withEngine([]) { engine, _ in
            try await engine.createTable(TableDefinition(table, .columns(columns)))
            try await body(engine)
        }
    }

    private func rows(_ engine: PostgresEngine) async throws -> [String?] {
        let row = "concat_ws(' ', a, b)"
        return try await engine.texts("SELECT \(row) FROM \(table.quoted) ORDER BY \(row) COLLATE \"C\"")
    }

    @Test("rows from outside are there as text for the query, and for nothing else")
    func given() async throws {
        try await withTable([.init("a", "int"), .init("b", "text")]) { engine in
            let query = "SELECT CAST(\"No.\" AS int) AS a, b FROM \(PostgresEngine.givenRows)"
            var batch = ModelBatch(table, .replace(.all), query: query)
            batch.given = GivenRows(columns: ["No.", "b"], rows: [["1", "it's\n\\N"], ["2", nil], [nil, ""]])
            let outcome = try await engine.write(batch)
            #expect(outcome == .written(rows: 3, findings: []))
            #expect(try await rows(engine) == ["", "1 it's\n\\N", "2"])
            // The next batch may come on the same connection.
            batch.given = GivenRows(columns: ["No.", "b"], rows: [])
            #expect(try await engine.write(batch) == .written(rows: 0, findings: []))
            batch.given = GivenRows(columns: ["No.", "b"], rows: [["x", "y"]])
            #expect(await refusal(of: batch, engine)?.part == .query)
            batch.given = nil
            #expect(await refusal(of: batch, engine)?.part == .query)
            #expect(try await rows(engine).isEmpty)
        }
    }

    @Test("a merge sets and adds; a NULL in a key never matches; a repeated key changes nothing")
    func merge() async throws {
        try await withTable([.init("a", "int"), .init("b", "text")]) { engine in
            let write = RowWrite.merge(RowMerge(key: ["a"]))
            let values = "VALUES (1, 'x'), (2, 'y'), (NULL, 'z')"
            var batch = ModelBatch(table, write, query: "SELECT a, b FROM (\(values)) AS v(a, b)")
            let outcome = try await engine.write(batch)
            #expect(outcome == .written(rows: 3, findings: []))
            batch.query = "SELECT a, b FROM (VALUES (2, 'new'), (NULL, 'z'), (3, 'w')) AS v(a, b)"
            #expect(try await engine.write(batch) == .written(rows: 3, findings: []))
            #expect(try await rows(engine) == ["1 x", "2 new", "3 w", "z", "z"])
            batch.query = "SELECT 4 AS a, b FROM (VALUES ('p'), ('q')) AS v(b)"
            #expect(
                await refusal(of: batch, engine)
                    == ModelError(part: .query, cause: .repeatedKey(key: "a", value: "4", count: 2)))
            #expect(try await rows(engine) == ["1 x", "2 new", "3 w", "z", "z"])
        }
    }

    private func refusal(of batch: ModelBatch, _ engine: PostgresEngine) async -> ModelError? {
        do throws(ModelError) {
            _ = try await engine.write(batch)
            return nil
        } catch {
            return error
        }
    }

    @Test("what is noted as written is not written again, until the table starts anew")
    func once() async throws {
        try await withTable([.init("a", "int"), .init("b", "text")]) { engine in
            var batch = ModelBatch(table, .append, query: "SELECT 1 AS a, 'x' AS b")
            batch.once = BatchSpan(from: 0, to: 10)
            #expect(try await engine.writtenOnce(of: table).isEmpty)
            #expect(try await engine.write(batch) == .written(rows: 1, findings: []))
            #expect(try await engine.write(batch) == .alreadyWritten)
            batch.once = BatchSpan(from: 9, to: 20)
            #expect(try await engine.write(batch) == .alreadyWritten)
            batch.once = BatchSpan(from: 10, to: 20)
            batch.checks = [ModelCheck("SELECT a FROM \(table.quoted) OFFSET 1")]
            guard case .refused = try await engine.write(batch) else {
                Issue.record("it was written")
                return
            }
            #expect(try await engine.writtenOnce(of: table) == [BatchSpan(from: 0, to: 10)], "refused is not written")
            batch.checks = []
            #expect(try await engine.write(batch) == .written(rows: 1, findings: []))
            #expect(try await engine.writtenOnce(of: table) == [BatchSpan(from: 0, to: 20)])
            batch.startsAnew = true
            #expect(try await engine.write(batch) == .written(rows: 1, findings: []))
            #expect(try await rows(engine) == ["1 x"])
            #expect(try await engine.writtenOnce(of: table) == [BatchSpan(from: 10, to: 20)])
            try await engine.drop(table)
            try await engine.createTable(TableDefinition(table, .columns([.init("a", "int"), .init("b", "text")])))
            #expect(try await engine.writtenOnce(of: table).isEmpty, "a table that is made is empty")
        }
    }

    @Test("a batch written many times at once is there once")
    func together() async throws {
        try await withTable([.init("a", "int"), .init("b", "text")]) { engine in
            var batch = ModelBatch(table, .append, query: "SELECT 1 AS a, 'x' AS b FROM generate_series(1, 100)")
            batch.once = BatchSpan(from: 0, to: 10)
            let sent = batch
            let written = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 { group.addTask { try await engine.write(sent) != .alreadyWritten } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(written == 1)
            #expect(try await rows(engine).count == 100)
        }
    }

    @Test("a reader whose transaction began before all rows are replaced goes on seeing the old ones")
    func snapshots() async throws {
        try await withTable([.init("a", "int"), .init("b", "text")]) { engine in
            _ = try await engine.write(ModelBatch(table, .replace(.all), query: "SELECT 1 AS a, 'old' AS b"))
            let seen = try await engine.pool.withTransaction(isolation: .repeatableRead, readOnly: true) { reader in
                let query = PostgresQuery("SELECT b FROM \(table.quoted)", [])
                let before: String = try await reader.query(query).one().get(0)
                _ = try await engine.write(ModelBatch(table, .replace(.all), query: "SELECT 2 AS a, 'new' AS b"))
                let after: String = try await reader.query(query).one().get(0)
                return [before, after]
            }
            #expect(seen == ["old", "old"])
            #expect(try await rows(engine) == ["2 new"])
        }
    }
}
