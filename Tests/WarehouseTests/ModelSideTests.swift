import Postgres
import SQL
import TestKit
import Testing

@testable import Warehouse

@Suite("Tables of models", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ModelTableTests {
    private let table = RelationPath("millrace__analytics", "analytics__daily__1")

    /// Ten rows a day for the days given, marked by who wrote them.
    private func rows(_ days: ClosedRange<Int>, by writer: String) -> String {
        """
        SELECT '\(writer)' AS writer, d::timestamptz AS at, i AS n
        FROM generate_series(timestamptz '2026-11-01' + \(days.lowerBound) * interval '1 day',
          timestamptz '2026-11-01' + \(days.upperBound) * interval '1 day', '1 day') d, generate_series(1, 10) i -- end
        """
    }

    @Test("are made without rows, once, with the columns of the query or the declared ones")
    func making() async throws {
        try await withEngine([]) { engine, _ in
            var daily = TableDefinition(table, .query(rows(0...0, by: "x")))
            daily.indexes = [TableIndex("daily time", on: ["at", "n"])]
            async let first = engine.createTable(daily)
            async let second = engine.createTable(daily)
            let made = try await [first, second]
            #expect(made.filter { $0 }.count == 1)
            #expect(try await engine.columns(of: table)?.map(\.name) == ["writer", "at", "n"])
            #expect(try await engine.texts("SELECT count(*) FROM \(table.quoted)") == ["0"])
            #expect(
                try await engine.texts(
                    "SELECT pg_get_indexdef('millrace__analytics.\"daily time\"'::regclass, 2, true)")
                    == ["n"])
            let declared = RelationPath("millrace__analytics", "odd \"name\"")
            try await engine.createTable(TableDefinition(declared, .columns([.init("a b", "numeric(10,2)")])))
            #expect(try await engine.columns(of: declared)?.first?.type == "numeric(10,2)")
            #expect(
                try await engine.relations(in: "millrace__analytics").map(\.name) == [
                    "analytics__daily__1", "odd \"name\"",
                ])
            #expect(try await engine.columns(of: RelationPath("x", "y")) == nil)
        }
    }

    @Test("an interval is replaced, its neighbours are not, and rows outside of it are not written")
    func interval() async throws {
        try await withEngine([]) { engine, _ in
            try await engine.createTable(TableDefinition(table, .query(rows(0...0, by: "x"))))
            _ = try await engine.write(ModelBatch(table, .replace(.all), query: rows(0...4, by: "old")))
            let outcome = try await engine.write(
                ModelBatch(
                    table, .replace(.matching("at >= '2026-11-02Z' AND at < '2026-11-04Z' -- two days")),
                    query: rows(0...9, by: "new")))
            #expect(outcome == .written(rows: 20, findings: []))
            let left = try await engine.texts(
                "SELECT concat(at::date, ' ', writer, ' ', count(*)) FROM \(table.quoted) GROUP BY at, writer ORDER BY at"
            )
            #expect(
                left == [
                    "2026-11-01 old 10", "2026-11-02 new 10", "2026-11-03 new 10", "2026-11-04 old 10",
                    "2026-11-05 old 10",
                ])
        }
    }

    @Test("replacements at the same time leave no duplicates, and no reader sees half of one")
    func concurrency() async throws {
        try await withEngine([]) { engine, _ in
            try await engine.createTable(TableDefinition(table, .query(rows(0...0, by: "x"))))
            _ = try await engine.write(ModelBatch(table, .replace(.all), query: rows(0...4, by: "start")))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for _ in 0..<8 {
                            let scope =
                                writer == 0
                                ? RowScope.all : .matching("at >= '2026-11-0\(writer)Z' AND at < '2026-11-05Z'")
                            _ = try await engine.write(
                                ModelBatch(table, .replace(scope), query: rows(0...4, by: "w\(writer)")))
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<40 {
                        let seen = try await engine.texts(
                            "SELECT count(*) || ' ' || count(DISTINCT (at, n)) FROM \(table.quoted)")
                        #expect(seen == ["50 50"])
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("columns are matched by name; what does not fit changes nothing, and the place is told")
    func columns() async throws {
        try await withEngine([]) { engine, _ in
            try await engine.createTable(TableDefinition(table, .columns([.init("a", "int"), .init("b", "text")])))
            _ = try await engine.write(ModelBatch(table, .replace(.all), query: "SELECT 0 AS c, 'x' AS b, 1 AS a"))
            #expect(try await engine.texts("SELECT a || b FROM \(table.quoted)") == ["1x"])
            var broken = ModelBatch(table, .replace(.all), query: "SELECT 1 AS a, nope AS b")
            let inQuery = try #require(await modelFailure { _ = try await engine.write(broken) })
            #expect(inQuery.part == .query)
            guard case .invalidStatement(_, position: 16) = inQuery.cause else {
                Issue.record("\(inQuery)")
                return
            }
            broken.query = "SELECT 1 AS a, 'y' AS b"
            broken.before = ["SELECT 1"]
            broken.after = ["SELECT 2", "SELEC 3"]
            let inStatement = try #require(await modelFailure { _ = try await engine.write(broken) })
            #expect(inStatement.part == .after(1))
            let lacking = ModelBatch(table, .replace(.all), query: "SELECT 1 AS a")
            #expect(await modelFailure { _ = try await engine.write(lacking) }?.part == .query)
            let nowhere = ModelBatch(RelationPath("x", "y"), .replace(.all), query: "SELECT 1")
            #expect(await modelFailure { _ = try await engine.write(nowhere) }?.cause == .tableMissing("x.y"))
            #expect(try await engine.texts("SELECT a || b FROM \(table.quoted)") == ["1x"])
        }
    }

    @Test("a blocking check undoes everything and shows what it found; another one is reported")
    func checks() async throws {
        try await withEngine([]) { engine, _ in
            try await engine.createTable(TableDefinition(table, .columns([.init("a", "int")])))
            var batch = ModelBatch(table, .replace(.all), query: "SELECT generate_series(1, 3) AS a")
            batch.before = ["CREATE TABLE millrace__analytics.before (x int)"]
            batch.after = ["INSERT INTO millrace__analytics.before VALUES (1)"]
            batch.checks = [
                ModelCheck("SELECT count(*) FROM \(table.quoted) WHERE a < 0", style: .count),
                ModelCheck("SELECT a FROM \(table.quoted) WHERE a > 2", isBlocking: false),
            ]
            let found = CheckFinding(check: 1, failures: 1, rows: [#"{"a": 3}"#])
            #expect(try await engine.write(batch) == .written(rows: 3, findings: [found]))
            let blocking = ModelCheck("SELECT a FROM \(table.quoted) WHERE a > 50")
            var second = ModelBatch(table, .replace(.all), query: "SELECT generate_series(1, 90) AS a")
            second.after = ["DROP TABLE millrace__analytics.before"]
            second.checks = [blocking]
            guard case .refused(let refusal) = try await engine.write(second) else {
                Issue.record("it was written")
                return
            }
            #expect(refusal.failures == 40)
            #expect(refusal.rows.count == ModelCheck.keptRowsMax)
            #expect(try await engine.texts("SELECT max(a) FROM \(table.quoted)") == ["3"])
            #expect(try await engine.texts("SELECT x FROM millrace__analytics.before") == ["1"])
            #expect(try await engine.check([blocking]).isEmpty)
            let vague = await modelFailure { _ = try await engine.check([ModelCheck("SELECT 'x'", style: .count)]) }
            #expect(vague == ModelError(part: .check(0), cause: .noCount(answer: "x")))
        }
    }

    private func modelFailure(_ body: () async throws -> Void) async -> ModelError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ModelError
        }
    }
}

@Suite("Views", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ViewTests {
    private let view = RelationPath("analytics", "daily")

    private func publish(_ engine: PostgresEngine, _ query: String, comment: String? = nil) async throws {
        try await engine.publish(Publication([try await definition(engine, query, comment: comment)]))
    }

    /// A view over a new table of what a query gives.
    private func definition(
        _ engine: PostgresEngine, _ query: String, comment: String? = nil
    ) async throws -> ViewDefinition {
        let table = RelationPath("millrace__analytics", PostgresTestServer.uniqueName("daily"))
        try await engine.ensureSchema(table.schema)
        try await engine.pool.query("CREATE TABLE \(sql: table.quoted) AS \(sql: query)")
        return ViewDefinition(view, over: table, comment: comment)
    }

    @Test("change their columns under the views of others, which keep their rights")
    func dependents() async throws {
        let role = PostgresTestServer.uniqueName("reader")
        try await withEngine([]) { engine, _ in
            try await publish(engine, "SELECT 1 AS a, 2 AS b", comment: "first")
            try await engine.pool.query("CREATE ROLE \(identifier: role)")
            for statement in [
                "CREATE SCHEMA team", "CREATE VIEW team.one WITH (security_barrier) AS SELECT b FROM analytics.daily",
                "CREATE VIEW team.two AS SELECT o.b, d.b AS again FROM team.one o JOIN analytics.daily d ON true",
                "COMMENT ON VIEW team.one IS 'it''s mine'", "COMMENT ON COLUMN team.two.again IS 'twice'",
                "GRANT SELECT ON team.one, analytics.daily TO \(role)", "GRANT SELECT ON team.two TO PUBLIC",
            ] { try await engine.pool.query(PostgresQuery(statement, [])) }
            // b moves to the front and becomes a text: PostgreSQL replaces no view so.
            try await publish(engine, "SELECT 'x'::text AS b, 2.5 AS c", comment: "second")
            #expect(try await engine.texts("SELECT again FROM team.two") == ["x"])
            #expect(try await engine.columns(of: view)?.map(\.name) == ["b", "c"])
            let kept = try await engine.texts(
                """
                SELECT concat_ws('|', obj_description('team.one'::regclass), col_description('team.two'::regclass, 2),
                  obj_description('analytics.daily'::regclass), has_table_privilege('\(role)', 'team.one', 'SELECT'),
                  has_table_privilege('\(role)', 'analytics.daily', 'SELECT'), has_table_privilege('\(role)', 'team.two', 'SELECT'),
                  (SELECT reloptions FROM pg_class WHERE oid = 'team.one'::regclass))
                """)
            #expect(kept == ["it's mine|twice|second|t|t|t|{security_barrier=true}"])
            try await engine.pool.query("DROP OWNED BY \(identifier: role)")
            try await engine.pool.query("DROP ROLE \(identifier: role)")
        }
    }

    @Test("that would break another view are not changed, nor dropped, and it is named")
    func inUse() async throws {
        try await withEngine([]) { engine, _ in
            try await publish(engine, "SELECT 1 AS a, 2 AS b")
            try await engine.pool.query("CREATE VIEW public.mine AS SELECT b FROM analytics.daily")
            let changed = await failure { try await publish(engine, "SELECT 1 AS a") }
            guard case .relationInUse("analytics.daily", let reason) = changed else {
                Issue.record("\(String(describing: changed))")
                return
            }
            #expect(reason.contains("public.mine"))
            let dropped = await failure { try await engine.publish(Publication([], dropping: [view])) }
            guard case .relationInUse = dropped else {
                Issue.record("\(String(describing: dropped))")
                return
            }
            #expect(try await engine.texts("SELECT b FROM public.mine") == ["2"])
            try await engine.pool.query("CREATE MATERIALIZED VIEW public.heavy AS SELECT a FROM analytics.daily")
            let heavy = await failure { try await publish(engine, "SELECT 'x'::text AS a, 2 AS b") }
            guard case .relationInUse = heavy else {
                Issue.record("\(String(describing: heavy))")
                return
            }
        }
    }

    @Test("are published all or none, never over a table, and granted to the reader")
    func publishing() async throws {
        let role = PostgresTestServer.uniqueName("reader")
        try await withEngine([]) { engine, _ in
            try await engine.prepareReader(role: role, password: nil, contracts: [])
            try await engine.pool.query("CREATE TABLE public.taken (a int)")
            let views = [
                try await definition(engine, "SELECT 1 AS a"),
                ViewDefinition(RelationPath("public", "taken"), over: RelationPath("public", "taken")),
            ]
            let error = await failure { try await engine.publish(Publication(views, reader: role)) }
            guard case .relationInUse("public.taken", _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await engine.columns(of: view) == nil)
            var good = views[0]
            good.columnComments = ["a": "it's one"]
            try await engine.publish(
                Publication([good], dropping: [RelationPath("analytics", "not there")], reader: role))
            #expect(
                try await engine.texts(
                    "SELECT has_table_privilege('\(role)', 'analytics.daily', 'SELECT') AND has_schema_privilege('\(role)', 'analytics', 'USAGE')"
                ) == ["t"])
            #expect(try await engine.columns(of: view)?.first?.comment == "it's one")
            try await engine.publish(Publication([], dropping: [view]))
            #expect(try await engine.columns(of: view) == nil)
            try await engine.drop(RelationPath("public", "taken"))
            try await engine.drop(RelationPath("public", "taken"))
            try await engine.pool.query("DROP OWNED BY \(identifier: role)")
            try await engine.pool.query("DROP ROLE \(identifier: role)")
        }
    }
}
