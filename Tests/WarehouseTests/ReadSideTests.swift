import Postgres
import TestKit
import Testing

@testable import Warehouse

@Suite("Reading as the reader", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ReadSideTests {
    private func withReader(
        connectionsMax: Int = 1, _ body: (_ reader: PostgresEngine, _ owner: PostgresEngine) async throws -> Void
    ) async throws {
        let role = PostgresTestServer.uniqueName("reader")
        try await withEngine { owner, settings in
            _ = try await owner.append(batch(["a", "b", "c"], expected: nil))
            try await owner.prepareReader(role: role, password: "o'ld", contracts: [contract()])
            try await owner.prepareReader(role: role, password: "se'cret", contracts: [contract()])
            var settings = settings
            settings.user = role
            settings.password = "se'cret"
            let reader = PostgresEngine(settings, connectionsMax: connectionsMax, logger: PostgresTestServer.logger())
            do { try await body(reader, owner) } catch {
                await reader.close()
                throw error
            }
            await reader.close()
            try await owner.pool.query("DROP OWNED BY \(identifier: role)")
            try await owner.pool.query("DROP ROLE \(identifier: role)")
        }
    }

    private func rows(_ engine: PostgresEngine, _ sql: String, _ parameters: [String?] = []) async throws -> [[String?]]
    {
        try await engine.read(ReadQuery(sql, parameters: parameters, timeMax: .seconds(20))) { result in
            var rows: [[String?]] = []
            for try await row in result.rows { rows.append(row) }
            return rows
        }
    }

    @Test(
        "changes nothing, sees nothing that was not granted",
        arguments: [
            "DELETE FROM raw.events", "WITH x AS (DELETE FROM raw.events RETURNING id) SELECT * FROM x",
            "SELECT * INTO copy FROM raw.events", "CREATE TABLE t (a int)", "SELECT * FROM raw._sink_offsets",
            "SELECT * FROM raw._dead_letters", "SELECT 1; DROP TABLE raw.events",
            "EXPLAIN ANALYZE DELETE FROM raw.events",
            "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "COPY raw.events TO '/tmp/x'",
            "COPY (SELECT 1) TO PROGRAM 'id'", "SELECT set_config('transaction_read_only', 'off', false)",
            "SELECT rolpassword FROM pg_authid", "SET ROLE postgres", "DO $$ BEGIN DELETE FROM raw.events; END $$",
            "SELECT nextval('raw._landings_id_seq')", "LOCK TABLE raw.events", "ALTER ROLE CURRENT_USER SUPERUSER",
        ])
    func refusals(sql: String) async throws {
        try await withReader { reader, owner in
            let error = await failure { _ = try await rows(reader, sql) }
            #expect(error != nil, "\(sql)")
            #expect(error?.isRetriable == false, "\(sql)")
            let count = try await owner.texts("SELECT count(*) FROM raw.events")
            #expect(count == ["3"])
        }
    }

    @Test(
        "leaves nothing in the session for the next user",
        arguments: [
            "SELECT set_config('search_path', 'evil', false)", "SELECT pg_advisory_lock(42)::text",
            "SET SESSION statement_timeout = 1", "COMMIT", "PREPARE x AS SELECT 1", "LISTEN canary",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        ])
    func traces(sql: String) async throws {
        try await withReader { reader, owner in
            _ = await failure { _ = try await rows(reader, sql) }
            let state = try await rows(
                reader,
                """
                SELECT current_setting('search_path'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
                  (SELECT count(*) FROM pg_prepared_statements WHERE name <> ''), (SELECT count(*) FROM pg_listening_channels()),
                  current_setting('transaction_read_only')
                """)
            #expect(state == [["\"$user\", public", "0", "0", "0", "on"]])
            _ = owner
        }
    }

    @Test("stops at its time, on a cancelled task, and when no more is wanted")
    func stopping() async throws {
        try await withReader { reader, owner in
            let late = await failure {
                _ = try await reader.read(ReadQuery("SELECT pg_sleep(60)", timeMax: .milliseconds(50))) { result in
                    for try await _ in result.rows {}
                }
            }
            guard case .timedOut = late else {
                Issue.record("\(String(describing: late))")
                return
            }
            let task = Task { try await rows(reader, "SELECT pg_sleep(600)") }
            while try await owner.texts(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
            ).isEmpty {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            let outcome1 = await failure { _ = try await task.value }
            #expect(outcome1 == .cancelled)
            let first = try await reader.read(ReadQuery("SELECT generate_series(1, 1000000000)")) { result in
                for try await row in result.rows { return row }
                return []
            }
            #expect(first == ["1"])
            #expect(try await rows(reader, "SELECT 1") == [["1"]])
        }
    }

    static let rowsOfBytes: [(sql: String, bytes: Int)] = [
        ("SELECT repeat('x', 100000)", 100_000), ("SELECT repeat('x', 60000) AS a, repeat('y', 40001) AS a", 100_001),
        ("SELECT repeat(repeat('x', 1000), 200000);", 200_000_000),
        ("SELECT convert_to(repeat('x', 60000), 'UTF8')", 120_000),
        ("SELECT array_agg(n) FROM generate_series(1, 50000) n", 288_895),
        ("SELECT jsonb_agg('x'::text) FROM generate_series(1, 30000)", 150_000),
        ("WITH a AS (SELECT repeat('x', 100001) AS t) SELECT a FROM a -- end", 100_003),
        ("VALUES (1, repeat('é', 50001)) /* x */ ;", 100_002),
        ("SELECT NULL::text, 1, now(), repeat('x', 99999)", 99_999),
    ]

    @Test(
        "a row larger than the reader takes is refused before it is sent; what is smaller comes", arguments: rowsOfBytes
    )
    func largeRows(sql: String, bytes: Int) async throws {
        try await withReader { reader, _ in
            let error = await failure {
                try await reader.read(ReadQuery(sql, rowBytesMax: 100_000)) { result in
                    for try await _ in result.rows {}
                }
            }
            #expect(error == (bytes > 100_000 ? .rowTooLarge(bytes: bytes, limit: 100_000) : nil))
        }
    }

    @Test("with a limit on rows a query is the same: order, names, places of mistakes, rows as they come")
    func guarded() async throws {
        try await withReader { reader, _ in
            func read(_ sql: String, enough: Int = .max) async throws -> (names: [String], rows: [[String?]]) {
                try await reader.read(ReadQuery(sql, timeMax: .seconds(20), rowBytesMax: 100_000)) { result in
                    var rows: [[String?]] = []
                    for try await row in result.rows {
                        rows.append(row)
                        if rows.count == enough { break }
                    }
                    return (result.columns.map(\.name), rows)
                }
            }
            let ordered = try await read("SELECT id, id, 'x' AS \"a \"\"b\" FROM raw.events ORDER BY id DESC -- ;")
            #expect(ordered.names == ["id", "id", "a \"b"])
            #expect(ordered.rows.map { $0[0] } == ["c", "b", "a"])
            #expect(
                try await read("SELECT repeat('x', generate_series(1, 1000000000))", enough: 2).rows == [["x"], ["xx"]])
            #expect(try await read("SELECT FROM raw.events").rows.count == 3)
            #expect(try await read("SELECT pg_sleep(0), 'x'").rows.count == 1)
            let unknown = await failure { _ = try await read("SELECT ä, nope FROM raw.events") }
            guard case .invalidStatement(_, let position) = unknown else {
                Issue.record("\(String(describing: unknown))")
                return
            }
            #expect(position == 8)
            let late = await failure {
                _ = try await read("SELECT repeat('x', 10), 1 / (n - 1) FROM generate_series(1, 3) n")
            }
            #expect(late == .invalidStatement(reason: "division by zero (SQLSTATE 22012)", position: nil))
        }
    }

    @Test("tells where a mistake is")
    func mistakes() async throws {
        try await withReader { reader, _ in
            let error = await failure { _ = try await rows(reader, "SELECT ä, nope FROM raw.events") }
            guard case .invalidStatement(_, let position) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(position == 8)
            let denied = await failure { _ = try await rows(reader, "SELECT * FROM raw._landings") }
            guard case .permissionDenied = denied else {
                Issue.record("\(String(describing: denied))")
                return
            }
        }
    }

    @Test("estimates without running; lists what may be read")
    func describing() async throws {
        try await withReader { reader, _ in
            let estimate = try await reader.estimate("SELECT 1 / (_offset - _offset) FROM raw.events, pg_sleep(600)")
            #expect(estimate.cost > 0)
            let outcome2 = await failure { _ = try await reader.estimate("ANALYZE SELECT pg_sleep(600)") }
            #expect(outcome2 != nil)
            let catalogue = try await reader.catalogue()
            #expect(catalogue.map { "\($0.schema).\($0.name)" } == ["raw.events"])
            #expect(catalogue.first?.comment == "What happened; it's all here")
            #expect(
                catalogue.first?.columns.first
                    == ColumnDescription(name: "id", kind: .text, type: "text", comment: "the event's id"))
        }
    }

    @Test("a role that can do more is not made the reader")
    func mighty() async throws {
        try await withEngine { owner, settings in
            let error = await failure {
                try await owner.prepareReader(role: settings.user, password: "x", contracts: [])
            }
            guard case .permissionDenied = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
