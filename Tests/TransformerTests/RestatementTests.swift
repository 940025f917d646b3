import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private let files = [
    "config.yaml": "",
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', tags (daily));
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/b.sql": """
    MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01');
    SELECT ts::date AS day, COUNT(*) AS n FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
    """,
    "models/c.sql": "MODEL (name c, kind FULL); SELECT 1 AS one",
]

@Suite("What is asked of a plan beside the project", .enabled(if: TestDatabase.isAvailable)) struct RestatementTests {
    private func request(
        _ environment: String, from: Int? = nil, to: Int = 9, _ change: (inout PlanRequest) throws -> Void
    ) rethrows -> PlanRequest {
        var request = PlanRequest(
            environment: environment, upTo: day(10),
            window: from.flatMap { Interval(from: day($0), to: day(to + 1)) })
        try change(&request)
        return request
    }

    private func carryOut(_ test: TestDatabase, _ project: Project, _ request: PlanRequest) async throws -> Plan {
        let plan = try await test.workbench.planner.plan(project, request)
        try await test.workbench.plans.apply(plan, execution: day(10))
        return plan
    }

    @Test("restating days in production computes those days of the model and of what reads it, and nothing else")
    func production() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(files)
            try await test.insert([("ada", "v", "2026-11-03 10:00Z"), ("bob", "v", "2026-11-05 10:00Z")])
            try await test.apply(project, at: day(10))
            // Corrected behind the sink's back, on two days.
            try await test.insert([("late", "v", "2026-11-03 11:00Z"), ("late", "v", "2026-11-05 11:00Z")])
            for _ in 1...2 {
                let plan = try await carryOut(
                    test, project, try request("prod", from: 5, to: 6) { $0.restated = [try ModelSelection("a")] })
                #expect(backfills(of: plan).map(\.missing.due) == [days(5...6), days(5...6)])
                #expect(PlanText(plan).text.contains("analytics.a  2026-11-05 to 2026-11-06"))
                #expect(try await test.rows("SELECT n FROM analytics.b ORDER BY day") == [["1"], ["2"]])
            }
            let all = try await carryOut(
                test, project, try request("prod") { $0.restated = [try ModelSelection("tag:daily")] })
            #expect(backfills(of: all).map(\.model.name.name) == ["a", "b"])
            #expect(try await test.rows("SELECT n FROM analytics.b ORDER BY day") == [["2"], ["2"]])
        }
    }

    @Test(
        "rows that are history stay where they are among what is restated; asked for by name, or alone, they are refused"
    )
    func history() async throws {
        try await withDatabase { test in
            var files = files
            files["models/kept.sql"] = """
                MODEL (name kept, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, disable_restatement true),
                  start '2026-11-01', tags (kept));
                SELECT user_id, ts FROM a WHERE ts BETWEEN @start_dt AND @end_dt
                """
            let project = try TestPipelines.make(files)
            try await test.insert([("ada", "v", "2026-11-03 10:00Z")])
            try await test.apply(project, at: day(10))
            for selection in ["kept", "tag:kept", "*.kept"] {
                let error = await #expect(throws: TransformerError.self) {
                    try await carryOut(
                        test, project,
                        try request("prod", from: 3, to: 3) { $0.restated = [try ModelSelection(selection)] })
                }
                #expect(error?.message.contains("disable_restatement") == true, "\(selection): \(error?.message ?? "")")
            }
            try await test.insert([("late", "v", "2026-11-03 11:00Z")])
            for selection in ["*", "a+"] {
                _ = try await carryOut(
                    test, project,
                    try request("prod", from: 3, to: 3) { $0.restated = [try ModelSelection(selection)] })
                #expect(try await test.value("SELECT n FROM analytics.b") == "2")
                #expect(try await test.value("SELECT count(*) FROM analytics.kept") == "1")
            }
        }
    }

    @Test("restating in another environment leaves production its rows, and the next plan leaves both as they are")
    func apart() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(files)
            try await test.insert([("ada", "v", "2026-11-03 10:00Z"), ("bob", "v", "2026-11-05 10:00Z")])
            try await test.apply(project, at: day(10))
            try await test.apply(project, to: "dev", at: day(10))
            try await test.insert([("late", "v", "2026-11-05 11:00Z")])
            for number in 1...2 {
                let plan = try await carryOut(
                    test, project, try request("dev", from: 5, to: 5) { $0.restated = [try ModelSelection("a")] })
                #expect(plan.models.map(\.isNew) == (number == 1 ? [true, false, true] : [false, false, false]))
                #expect(try await test.rows("SELECT n FROM analytics.b ORDER BY day") == [["1"], ["1"]])
                #expect(try await test.rows("SELECT n FROM analytics__dev.b ORDER BY day") == [["1"], ["2"]])
            }
            for environment in ["prod", "dev"] {
                #expect(try await test.workbench.planner.plan(project, for: environment, upTo: day(10)).isEmpty)
            }
            // Late data reaches both.
            try await test.insert([("later", "v", "2026-11-03 12:00Z")])
            try await test.landed(days(3...3))
            for environment in ["prod", "dev"] { try await test.run(environment, at: day(10)) }
            #expect(try await test.rows("SELECT n FROM analytics__dev.b ORDER BY day") == [["2"], ["2"]])
            #expect(try await test.rows("SELECT n FROM analytics.b ORDER BY day") == [["2"], ["1"]])
            // And the tables that dev had for itself go when nothing shows them.
            try await test.workbench.promoter.remove("dev")
            let cleaned = try await test.workbench.janitor.clean(retention: 0)
            #expect(cleaned.tables.count == 2 && cleaned.kept.isEmpty, "\(cleaned)")
            #expect(try await test.rows("SELECT n FROM analytics.b ORDER BY day") == [["2"], ["1"]])
        }
    }

    @Test("only the selected models change; the others are as the environment, or production, has them")
    func selected() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-03 10:00Z")])
            try await test.apply(try TestPipelines.make(files), at: day(10))
            var edited = files
            edited["models/b.sql"] = files["models/b.sql"]?.replacing("COUNT(*)", with: "COUNT(*) + 10")
            edited["models/c.sql"] = "MODEL (name c, kind FULL); SELECT 2 AS one"
            edited["models/d.sql"] = "MODEL (name d, kind FULL); SELECT 3 AS one"
            let project = try TestPipelines.make(edited)
            for environment in ["prod", "dev"] {
                let plan = try await carryOut(
                    test, project, try request(environment) { $0.selected = [try ModelSelection("b")] })
                #expect(plan.models.map(\.name.name) == ["a", "c", "b"])
                let schema = environment == "prod" ? "analytics" : "analytics__dev"
                #expect(try await test.value("SELECT n FROM \(sql: schema).b") == "11")
                #expect(try await test.value("SELECT one FROM \(sql: schema).c") == "1")
            }
            let rest = try await test.workbench.planner.plan(project, for: "prod", upTo: day(10))
            #expect(rest.changes.map(\.name.name) == ["c", "d"])
            let unknown = await #expect(throws: TransformerError.self) {
                _ = try await carryOut(
                    test, project, try request("prod") { $0.selected = [try ModelSelection("nothing")] })
            }
            #expect(unknown?.code == .invalidRequest)
        }
    }

    @Test("a plan that skips the backfill promotes empty tables, which the next run fills; one that assumes does not")
    func skipped() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(files)
            try await test.insert([("ada", "v", "2026-11-03 10:00Z")])
            _ = try await carryOut(test, project, request("prod") { $0.backfill = .skip })
            #expect(try await test.value("SELECT count(*)::text FROM analytics.b") == "0")
            try await test.run(at: day(10))
            #expect(try await test.value("SELECT n FROM analytics.b") == "1")
            let edited = try TestPipelines.make(
                files.mapValues { $0.replacing("COUNT(*)", with: "COUNT(*) + 10") })
            let plan = try await carryOut(test, edited, request("prod") { $0.backfill = .assume })
            #expect(PlanText(plan).text.contains("To be taken as done without computing:"))
            #expect(try await test.run(at: day(10)).rows == 0)
            #expect(try await test.value("SELECT count(*)::text FROM analytics.b") == "0")
            try await test.insert([("bob", "v", "2026-11-10 10:00Z")])
            try await test.run(at: day(11))
            #expect(try await test.value("SELECT n FROM analytics.b") == "11", "from now on it is computed")
        }
    }
}
