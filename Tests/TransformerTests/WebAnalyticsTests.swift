import ModelProject
import Planning
import Testing

@testable import Transformer

@Suite("The web-analytics pipeline", .enabled(if: TestDatabase.isAvailable)) struct WebAnalyticsTests {
    /// Three weeks of events, gaps of all lengths around 30 minutes, sessions over midnight among them.
    private func fill(_ test: TestDatabase) async throws {
        try await test.execute(
            """
            INSERT INTO raw.events (event_id, user_id, event, timestamp, session_id, url)
            SELECT user_number || '-' || i, 'u' || user_number,
              (ARRAY['page_view', 'page_view', 'click', 'signup'])[1 + (user_number * 7 + i * 13) % 4],
              TIMESTAMPTZ '2026-11-01 00:00:00+00' + (user_number * 731 + i * (900 + user_number * 37)) * INTERVAL '1 second',
              's', '/p' || i % 5
            FROM generate_series(1, 60) AS user_number, generate_series(0, 400) AS i
            WHERE user_number * 731 + i * (900 + user_number * 37) < 20 * 86400 AND (i * user_number) % 5 <> 0
            """)
    }

    /// Sessions by a query over all events at once.
    private static let sessionsOfAll = """
        SELECT user_id, min(timestamp) AS started_at, max(timestamp) AS ended_at, count(*) AS events FROM (
          SELECT *, sum(CASE WHEN gap <= INTERVAL '30 minutes' THEN 0 ELSE 1 END)
              OVER (PARTITION BY user_id ORDER BY timestamp) AS number
          FROM (SELECT *, timestamp - lag(timestamp) OVER (PARTITION BY user_id ORDER BY timestamp) AS gap FROM raw.events) AS g
        ) AS n GROUP BY user_id, number HAVING max(timestamp) < date_trunc('day', min(timestamp)) + INTERVAL '2 days'
        """

    @Test("its unit tests pass, on the real engine, and leave nothing behind")
    func unitTests() async throws {
        try await withDatabase { test in
            for project in [try TestPipelines.webAnalytics(), try TestPipelines.article()] {
                let runner = UnitTestRunner(database: test.database, project: project, graph: try ProjectGraph(project))
                for unit in project.tests {
                    let result = try await runner.run(unit)
                    #expect(result.problems.isEmpty, "\(result.name)")
                }
            }
            #expect(
                try await test.value("SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'millrace_unit%'")
                    == "0")
        }
    }

    @Test("a unit test that fails says what is missing and what was not expected")
    func failingUnitTest() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "models/m.sql": "SELECT user_id, COUNT(*) AS n FROM raw.events GROUP BY user_id",
                "tests/t.yaml": """
                t:
                  model: m
                  inputs: {raw.events: [{user_id: ada}, {user_id: ada}]}
                  outputs: {query: {rows: [{user_id: ada, n: 1}]}}
                  assert: [min(n) >= 3]
                """,
            ])
            let runner = UnitTestRunner(database: test.database, project: project, graph: try ProjectGraph(project))
            let result = try await runner.run(project.tests[0])
            #expect(
                result.problems == [
                    "another row of the query, with user_id = ada: n is 2 and not 1",
                    "does not hold: min(n) >= 3",
                ])
        }
    }

    @Test("computed day by day or at once, the tables are the same, and every event is counted once")
    func dayByDay() async throws {
        try await withDatabase { test in
            try await fill(test)
            let project = try TestPipelines.webAnalytics()
            try await test.apply(project, at: day(3))
            for number in 4...22 { try await test.run(at: day(number).adding(seconds: 60)) }
            #expect(
                try await test.value("SELECT sum(events)::text FROM analytics.event_types")
                    == test.value("SELECT count(*)::text FROM raw.events"))
            let wrong = try await test.value(
                """
                SELECT count(*)::text FROM (SELECT user_id, started_at, ended_at, events FROM analytics.sessions) AS model
                FULL JOIN (\(sql: Self.sessionsOfAll)) AS whole USING (user_id, started_at, ended_at, events)
                WHERE model.user_id IS NULL OR whole.user_id IS NULL
                """)
            #expect(wrong == "0")
            let crossing = try await test.value(
                "SELECT count(*)::text FROM analytics.sessions WHERE day < ended_at::date")
            #expect(Int(crossing) ?? 0 > 20, "sessions over midnight were among them")
            let before = try await test.rows("SELECT * FROM analytics.sessions ORDER BY 1, 2")
            _ = try await test.workbench.runner.run(
                EnvironmentRunner.Request(environment: "prod", model: nil, upTo: day(22), from: day(1)),
                ticket: ModelRunner.Ticket(execution: day(22)))
            #expect(try await test.rows("SELECT * FROM analytics.sessions ORDER BY 1, 2") == before)
        }
    }

    @Test("the article's models give the same tables")
    func article() async throws {
        try await withDatabase { test in
            try await fill(test)
            try await test.apply(try TestPipelines.webAnalytics(), at: day(12))
            try await test.apply(try TestPipelines.article(), to: "article", at: day(12))
            try await test.run(at: day(22))
            try await test.run("article", at: day(22))
            for table in ["pageviews", "daily_active_users", "sessions"] {
                let columns = table == "pageviews" ? "event_id, user_id, session_id, url, timestamp" : "*"
                let ours = try await test.rows("SELECT \(sql: columns) FROM analytics.\(sql: table) ORDER BY 1, 2, 3")
                let theirs = try await test.rows(
                    "SELECT \(sql: columns) FROM analytics__article.\(sql: table) ORDER BY 1, 2, 3")
                #expect(ours == theirs, "\(table)")
                #expect(ours.count > 100)
            }
        }
    }

    @Test("the article's audit holds for the article's models")
    func articleAudit() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.article(), at: day(10))
            try await test.execute(
                "INSERT INTO raw.events (user_id, event, timestamp) VALUES (NULL, 'page_view', '2026-11-10 10:00Z')")
            let error = await #expect(throws: TransformerError.self) { try await test.run(at: day(11)) }
            #expect(error?.code == .auditFailed)
            #expect(error?.message.contains("no_null_users") == true)
            #expect(try await test.value("SELECT count(*)::text FROM analytics.pageviews") == "0")
        }
    }

    @Test("late events reopen their days through all children, with lookback")
    func lateEvents() async throws {
        try await withDatabase { test in
            try await fill(test)
            try await test.apply(try TestPipelines.webAnalytics(), at: day(15))
            try await test.insert([
                ("late", "page_view", "2026-11-06 00:05Z"), ("late", "page_view", "2026-11-05 23:50Z"),
            ])
            try await test.landed(days(5...6))
            var computed: [String: IntervalSet] = [:]
            for model in ["pageviews", "sessions", "daily_active_users", "event_types"] {
                computed[model] = try await test.run(model: "analytics.\(model)", at: day(15)).intervals
            }
            #expect(
                computed == [
                    "pageviews": days(5...6), "sessions": days(4...6), "daily_active_users": days(5...6),
                    "event_types": days(5...6),
                ])
            #expect(
                try await test.rows(
                    "SELECT started_at, ended_at, events FROM analytics.sessions WHERE user_id = 'late'")
                    == [["2026-11-05 23:50:00+00", "2026-11-06 00:05:00+00", "2"]])
            #expect(
                try await test.rows(
                    "SELECT day, events FROM analytics.daily_active_users WHERE user_id = 'late' ORDER BY 1")
                    == [["2026-11-05", "1"], ["2026-11-06", "1"]])
        }
    }

    @Test("a landing while its day is computed is not lost")
    func landingMeanwhile() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), at: day(5))
            let store = test.workbench.store
            let listing = try await test.workbench.catalog.all()
            let environments = listing.environments
            let pageviews = try #require(environments[0][ModelName(schema: "analytics", name: "pageviews")])
            let work = try await store.begin(pageviews.id, in: "prod", computing: days(1...1), by: .thisProcess)
            try await test.landed(days(6...6))
            try await store.finish(
                work, computed: days(5...7), rows: 3, complete: days(5...7), reopening: Reopening(listing),
                plans: ["prod": environments[0].plan], messages: [], check: { _ in })
            let done = try await store.done(pageviews.id)
            #expect(done.subtracting(IntervalSet(from: .beginning, to: day(1))) == days(1...5, 7...7))
        }
    }
}
