import ModelProject
import Planning
import Postgres
import Testing

@testable import Transformer

private let events = """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', audits (no_bad));
    SELECT user_id, event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """
private let audit = "AUDIT (name no_bad); SELECT * FROM @this_model WHERE event = 'bad'"
private let counts = """
    MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01');
    SELECT CAST(ts AS DATE) AS day, COUNT(*) AS n FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
    """

private func project(_ model: String = events, _ more: [String: String] = [:]) throws -> Project {
    try TestPipelines.make(
        ["models/a.sql": model, "models/b.sql": counts, "audits/no_bad.sql": audit].merging(more) { _, new in new })
}

@Suite("Plans are carried out", .enabled(if: TestDatabase.isAvailable)) struct PlanTests {
    @Test("a first plan makes tables, rows and views; the next one has nothing to do")
    func first() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z"), ("bob", "view", "2026-11-06 23:59:59.999Z")])
            let project = try project()
            try await test.apply(project, at: day(10))
            #expect(try await test.rows("SELECT user_id FROM analytics.a ORDER BY 1") == [["ada"], ["bob"]])
            #expect(
                try await test.rows("SELECT day, n FROM analytics.b ORDER BY 1") == [
                    ["2026-11-05", "1"], ["2026-11-06", "1"],
                ])
            #expect(try await test.workbench.planner.plan(project, for: "prod", upTo: day(10)).isEmpty)
            #expect(try await test.run(at: day(10)).intervals.isEmpty)
        }
    }

    @Test("promotion computes nothing that exists")
    func promotion() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            let edited = try project(events.replacing("user_id,", with: "upper(user_id) AS user_id,"))
            try await test.apply(edited, to: "dev", at: day(10))
            #expect(try await test.value("SELECT user_id FROM analytics__dev.a") == "ADA")
            #expect(try await test.value("SELECT user_id FROM analytics.a") == "ada", "prod is left alone")
            let transactions =
                "SELECT sum(n_tup_ins)::text FROM pg_stat_user_tables WHERE schemaname = 'millrace__analytics'"
            try await test.execute("SELECT pg_stat_force_next_flush()")
            let before = try await test.value(PostgresQuery(transactions))
            let plan = try await test.apply(edited, at: day(10))
            #expect(!plan.stages.contains { if case .backfill = $0 { true } else { false } })
            #expect(try await test.value("SELECT user_id FROM analytics.a") == "ADA")
            #expect(try await test.value(PostgresQuery(transactions)) == before)
            try await test.apply(try project(), at: day(10))
            #expect(try await test.value("SELECT user_id FROM analytics.a") == "ada", "and back, computing nothing")
        }
    }

    @Test("a column added, removed, and another type: the views follow, never with CASCADE")
    func columns() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            try await test.execute("CREATE ROLE reader_\(sql: test.name)")
            try await test.execute("GRANT SELECT ON analytics.a TO reader_\(sql: test.name)")
            try await test.apply(
                try project(events.replacing("event,", with: "").replacing("audits (no_bad)", with: "tags (x)")),
                at: day(10))
            #expect(try await test.rows("SELECT * FROM analytics.a") == [["ada", "2026-11-05 10:00:00+00"]])
            let granted = try await test.value(
                "SELECT has_table_privilege('reader_\(sql: test.name)', 'analytics.a', 'SELECT')::text")
            #expect(granted == "true", "grants are carried over")
            try await test.execute("CREATE VIEW public.mine AS SELECT * FROM analytics.a")
            try await test.apply(try project(), at: day(10))
            #expect(try await test.rows("SELECT * FROM public.mine") == [["ada", "2026-11-05 10:00:00+00"]])
            #expect(try await test.value("SELECT event FROM analytics.a") == "view")
            try await test.execute("DROP OWNED BY reader_\(sql: test.name)")
            try await test.execute("DROP ROLE reader_\(sql: test.name)")
        }
    }

    @Test("a failing audit keeps rows from being read: in a plan and in a run")
    func audits() async throws {
        try await withDatabase { test in
            try await test.insert([("eve", "bad", "2026-11-05 10:00Z")])
            let planned = await #expect(throws: TransformerError.self) {
                try await test.apply(try project(), at: day(10))
            }
            #expect(planned?.code == .auditFailed)
            #expect(try await test.value("SELECT count(*)::text FROM pg_views WHERE schemaname = 'analytics'") == "0")
            try await test.execute("DELETE FROM raw.events")
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            try await test.insert([("eve", "bad", "2026-11-10 10:00Z"), ("ada", "view", "2026-11-10 11:00Z")])
            let failed = await #expect(throws: TransformerError.self) { try await test.run(at: day(11)) }
            #expect(failed?.code == .auditFailed)
            #expect(
                try await test.rows("SELECT user_id FROM analytics.a") == [["ada"]], "nothing of the day is readable")
            try await test.execute("DELETE FROM raw.events WHERE event = 'bad'")
            try await test.run(at: day(11))
            #expect(try await test.rows("SELECT user_id FROM analytics.a") == [["ada"], ["ada"]])
        }
    }

    @Test("an audit that reads another model reads that of its own environment")
    func auditAcrossModels() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try project(
                events,
                [
                    "models/b.sql": counts.replacing(
                        "start '2026-11-01'", with: "start '2026-11-01', audits (complete)"),
                    "audits/complete.sql":
                        "AUDIT (name complete); SELECT 1 AS x WHERE (SELECT sum(n) FROM @this_model) <> (SELECT count(*) FROM analytics.a)",
                ])
            try await test.apply(project, to: "dev", at: day(10))
            #expect(try await test.value("SELECT n FROM analytics__dev.b") == "1")
        }
    }

    @Test("FULL and VIEW models")
    func kinds() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try TestPipelines.make([
                "models/f.sql":
                    "MODEL (name f, kind FULL); SELECT user_id, COUNT(*) AS n FROM raw.events GROUP BY user_id",
                "models/v.sql": "MODEL (name v, kind VIEW); SELECT user_id, n * 2 AS double FROM f",
            ])
            try await test.apply(project, at: day(10))
            #expect(try await test.rows("SELECT * FROM analytics.v") == [["ada", "2"]])
            try await test.insert([("ada", "view", "2026-11-09 10:00Z")])
            try await test.run(at: day(10))
            #expect(try await test.rows("SELECT * FROM analytics.v") == [["ada", "2"]], "not due again on that day")
            try await test.run(at: day(11))
            #expect(try await test.rows("SELECT * FROM analytics.v") == [["ada", "4"]])
        }
    }

    @Test("a plan that broke off goes on where it was")
    func resumed() async throws {
        try await withDatabase { test in
            let batched = events.replacing("time_column ts", with: "time_column ts, batch_size 1, batch_concurrency 1")
            try await test.insert([("ada", "view", "2026-11-02 10:00Z"), ("eve", "bad", "2026-11-05 10:00Z")])
            await #expect(throws: TransformerError.self) { try await test.apply(try project(batched), at: day(8)) }
            try await test.execute("DELETE FROM raw.events WHERE event = 'bad'")
            let plan = try await test.workbench.planner.plan(try project(batched), for: "prod", upTo: day(8))
            let due = plan.stages.compactMap {
                if case .backfill(let work) = $0 { work.first?.missing.due } else { nil }
            }
            #expect(due == [days(5...7)])
        }
    }

    @Test("concurrent runs put no row in twice")
    func concurrentRuns() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(2))
            for number in 2..<8 {
                try await test.insert((0..<20).map { ("u\($0)", "view", "2026-11-0\(number) 10:00Z") })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<6 { group.addTask { try await test.run(at: day(number + 1)) } }
                    try await group.waitForAll()
                }
            }
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "120")
            #expect(try await test.value("SELECT sum(n)::text FROM analytics.b") == "120")
            let done = try await test.workbench.store.done().values.map(\.description)
            #expect(done.allSatisfy { $0 == days(1...7).description }, "\(done)")
        }
    }

    @Test("pre- and post-statements run with the interval")
    func statements() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let model =
                "MODEL (name f, kind FULL); SET a.b = 'x'; SELECT 1 AS x; CREATE INDEX IF NOT EXISTS mine ON @this_model (x)"
            try await test.apply(try TestPipelines.make(["models/f.sql": model]), at: day(10))
            #expect(try await test.value("SELECT count(*)::text FROM pg_indexes WHERE indexname = 'mine'") == "1")
        }
    }

    @Test("mistakes in SQL are told with file and model")
    func mistakes() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(["models/x.sql": "SELECT nothing FROM raw.events"])
            let error = await #expect(throws: TransformerError.self) { try await test.apply(project, at: day(10)) }
            #expect(error?.message.contains("models/x.sql") == true && error?.message.contains("nothing") == true)
            #expect(error?.code == .sqlError)
        }
    }
}
