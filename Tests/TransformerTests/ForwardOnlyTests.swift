import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private func files(_ query: String, kind: String = "forward_only true") -> [String: String] {
    [
        "config.yaml": "",
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, \(kind)), start '2026-11-01');
        SELECT \(query), timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
        SELECT user_id AS who, ts FROM a WHERE ts BETWEEN @start_dt AND @end_dt
        """,
    ]
}

@Suite("Forward-only changes hold for new intervals alone", .enabled(if: TestDatabase.isAvailable))
struct ForwardOnlyTests {
    private func plan(
        _ test: TestDatabase, _ files: [String: String], _ environment: String = "prod", at now: Moment = day(10),
        _ change: (inout PlanRequest) throws -> Void = { _ in }
    ) async throws -> Plan {
        var request = PlanRequest(environment: environment, upTo: now)
        try change(&request)
        let plan = try await test.workbench.planner.plan(try TestPipelines.make(files), request)
        try await test.workbench.plans.apply(plan, execution: now)
        return plan
    }

    private func rows(_ test: TestDatabase, _ view: String = "analytics.a") async throws -> [[String]] {
        try await test.rows("SELECT * FROM \(sql: view) ORDER BY ts")
    }

    @Test("in production rows stay, columns are added, and readers stay; the next days have the new ones; and back")
    func production() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-09 10:00Z")])
            _ = try await plan(test, files("user_id"))
            let table = try await test.workbench.catalog.environment("prod").models[0].id
            let edited = files("upper(user_id) AS user_id, event AS what")
            let changed = try await plan(test, edited)
            #expect(changed.changes.map(\.kind) == [.forwardOnly, .indirectlyModified(.none)])
            #expect(backfills(of: changed).isEmpty)
            #expect(PlanText(changed).text.contains("Columns to add:\n  analytics.a  what"))
            #expect(try await test.workbench.catalog.environment("prod").models[0].id == table, "the same table")
            #expect(try await rows(test) == [["ada", "2026-11-09 10:00:00+00", "NULL"]])
            #expect(try await plan(test, edited).isEmpty)
            try await test.insert([("bob", "click", "2026-11-10 10:00Z")])
            try await test.run(at: day(11))
            #expect(
                try await rows(test) == [
                    ["ada", "2026-11-09 10:00:00+00", "NULL"], ["BOB", "2026-11-10 10:00:00+00", "click"],
                ])
            #expect(try await test.rows("SELECT who FROM analytics.b ORDER BY ts") == [["ada"], ["BOB"]])
            try await test.workbench.rollback.carryOut(on: "prod")
            try await test.insert([("eve", "v", "2026-11-11 10:00Z")])
            try await test.run(at: day(12))
            #expect(
                try await rows(test).map { $0[0] } == ["ada", "BOB", "eve"], "and the column that was added is hidden")
            #expect(try await rows(test)[0].count == 2)
        }
    }

    @Test("elsewhere the last interval is tried out in a table apart; production then takes the change without it")
    func preview() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-08 10:00Z"), ("bob", "v", "2026-11-09 10:00Z")])
            _ = try await plan(test, files("user_id"))
            let edited = files("upper(user_id) AS user_id, event AS what")
            for number in 1...2 {
                let tried = try await plan(test, edited, "dev")
                #expect(tried.isEmpty == (number == 2))
                if number == 1 {
                    #expect(tried.models.allSatisfy { $0.isPreview && $0.isNew }, "its reader is tried out too")
                    #expect(
                        PlanText(tried).text.contains(
                            "Forward-only: analytics.a adds what in prod. Here it is tried out in a table apart."))
                }
                #expect(try await rows(test, "analytics__dev.a") == [["BOB", "v", "2026-11-09 10:00:00+00"]])
                #expect(try await test.rows("SELECT who FROM analytics__dev.b") == [["BOB"]])
                #expect(try await rows(test).count == 2)
            }
            #expect(try await test.run("dev", at: day(10)).rows == 0, "the rest is not computed by the way")
            let promoted = try await plan(test, edited)
            #expect(promoted.changes.map(\.kind) == [.forwardOnly, .indirectlyModified(.none)])
            #expect(try await rows(test).map { $0[0] } == ["ada", "bob"])
            // dev gets production's table now that it has the change.
            _ = try await plan(test, edited, "dev")
            #expect(try await rows(test, "analytics__dev.a").count == 2)
            #expect(try await test.rows("SELECT who FROM analytics__dev.b").count == 2)
            #expect(try await plan(test, edited, "dev").isEmpty)
        }
    }

    @Test("a column that would go is refused, in every environment, unless the kind or the command allows it")
    func destructive() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-09 10:00Z")])
            _ = try await plan(test, files("user_id, event AS what"))
            for environment in ["dev", "prod"] {
                let error = await #expect(throws: TransformerError.self) {
                    _ = try await plan(test, files("user_id"), environment)
                }
                #expect(error?.message.contains("models/a.sql:1:") == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("takes what away") == true)
            }
            _ = try await plan(test, files("user_id")) { $0.allowedDestructive = [try ModelSelection("a")] }
            #expect(try await rows(test) == [["ada", "2026-11-09 10:00:00+00"]])
            try await test.insert([("bob", "v", "2026-11-10 10:00Z")])
            try await test.run(at: day(11))
            #expect(try await rows(test).map { $0[0] } == ["ada", "bob"])
            // It comes back with what it had.
            _ = try await plan(test, files("user_id, event AS what"), at: day(11))
            #expect(try await test.rows("SELECT what FROM analytics.a ORDER BY ts") == [["v"], ["NULL"]])
            let allowed = files("user_id", kind: "forward_only true, on_destructive_change allow")
            _ = try await plan(test, allowed, at: day(11))
            #expect(try await rows(test)[0].count == 2)
            let forbidden = files("user_id, event AS other", kind: "forward_only true, on_additive_change error")
            let error = await #expect(throws: TransformerError.self) {
                _ = try await plan(test, forbidden, at: day(11))
            }
            #expect(error?.message.contains("adds other, which its on_additive_change forbids") == true)
        }
    }

    @Test("a type that would change is refused before anything has changed; a whole plan may be forward-only")
    func retyped() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-09 10:00Z")])
            let plain = files("user_id, 1 AS n", kind: "lookback 0")
            _ = try await plan(test, plain)
            let retyped = files("user_id, 'one' AS n, 2 AS m", kind: "lookback 0")
            let error = await #expect(throws: PipelineError.self) {
                _ = try await plan(test, retyped) { $0.forwardOnly = true }
            }
            #expect(error?.message.contains("would make n, which is integer, text") == true, "\(error?.message ?? "")")
            #expect(try await rows(test)[0].count == 3)
            let edited = files("user_id, 2 AS n", kind: "lookback 0")
            let changed = try await plan(test, edited) { $0.forwardOnly = true }
            #expect(changed.changes.map(\.kind) == [.forwardOnly, .indirectlyModified(.none)])
            #expect(try await rows(test) == [["ada", "1", "2026-11-09 10:00:00+00"]])
            #expect(try await plan(test, edited).isEmpty, "and stays so without being asked for again")
        }
    }

    @Test(
        "who takes all columns of a forward-only model gets those that come, and loses those that go",
        arguments: [
            "kind VIEW", "kind FULL", "kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01'",
            "kind INCREMENTAL_BY_TIME_RANGE (time_column ts, forward_only true, on_destructive_change allow), start '2026-11-01'",
        ])
    func star(reader: String) async throws {
        func files(_ query: String) -> [String: String] {
            [
                "config.yaml": "",
                "models/a.sql": """
                MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, forward_only true, on_destructive_change allow),
                  start '2026-11-01');
                SELECT \(query), timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """,
                "models/r.sql": "MODEL (name r, \(reader)); SELECT a.* FROM a",
                "models/again.sql": "MODEL (name again, \(reader)); SELECT * FROM r",
                "models/named.sql": "MODEL (name named, kind FULL); SELECT user_id FROM a",
            ]
        }
        func columns(_ test: TestDatabase, _ view: String, _ schema: String = "analytics") async throws -> String {
            try await test.value(
                """
                SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns
                WHERE table_schema = \(schema) AND table_name = \(view)
                """)
        }
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-09 10:00Z")])
            _ = try await plan(test, files("user_id"))
            for (query, shown) in [
                ("user_id, event AS what", "ts user_id what"), ("user_id", "ts user_id"),
                ("user_id, event AS other", "other ts user_id"),
            ] {
                _ = try await plan(test, files(query), "dev")
                let changed = try await plan(test, files(query))
                for view in ["a", "r", "again"] {
                    #expect(try await columns(test, view) == shown, "\(view) of \(query)")
                    #expect(try await columns(test, view, "analytics__dev") == shown, "\(view) of \(query) in dev")
                    #expect(try await test.value("SELECT count(*)::text FROM analytics.\(sql: view)") == "1")
                }
                let named = changed.changes.first { $0.name.name == "named" }
                #expect(named?.kind == .indirectlyModified(.none), "it takes none of them")
                #expect(try await plan(test, files(query)).isEmpty)
            }
            try await test.insert([("bob", "w", "2026-11-10 10:00Z")])
            try await test.run(at: day(11))
            for view in ["a", "r", "again"] {
                #expect(
                    try await test.list("SELECT user_id, other FROM analytics.\(view) ORDER BY ts")
                        == "ada, bob w")
            }
        }
    }

    @Test("a type that would change is refused where it is tried out, and in production, also where no column comes")
    func type() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-09 10:00Z")])
            _ = try await plan(test, files("user_id, 1 AS n"))
            for environment in ["dev", "prod", "dev", "prod"] {
                let error = await #expect(throws: PipelineError.self) {
                    _ = try await plan(test, files("user_id, 'one' AS n"), environment)
                }
                #expect(
                    error?.description.hasPrefix("models/a.sql:1") == true
                        && error?.message.contains("would make n, which is integer, text. Cast it to integer") == true,
                    "\(environment): \(error?.description ?? "")")
            }
            #expect(try await rows(test) == [["ada", "1", "2026-11-09 10:00:00+00"]])
            _ = try await plan(test, files("user_id, 'one'::varchar::text IS NULL AS other, 2 AS n"), "dev")
            _ = try await plan(test, files("user_id, 2 AS n"))
            try await test.run(at: day(11))
        }
    }
}
