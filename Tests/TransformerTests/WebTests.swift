import Foundation
import HTTPTypes
import HummingbirdTesting
import ModelProject
import Pipeline
import Planning
import ServiceRuntime
import Testing
import Web

@testable import Transformer

/// The API and the page as a browser meets them, over HTTP and the real database.
@Suite("The transformer's web page", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct WebTests {
    @Test("shows visitors nothing, sends them to log in, and serves viewers the page")
    func visitors() async throws {
        try await withPages { pages in
            for path in [
                "environments", "environments/prod/models", "environments/prod/models/analytics.sessions",
                "environments/prod/models/analytics.sessions/sql", "environments/prod/lineage", "plan", "session",
                "environments/prod/lineage/column?relation=raw.events&column=user_id", "differences?from=prod&to=dev",
            ] {
                #expect(try await pages.get("/api/v1/\(path)").status == .unauthorized, "\(path)")
            }
            for path in ["/", "/environments/prod", "/environments/prod/graph", "/plan", "/differences"] {
                #expect(try await pages.get(path).status == .seeOther, "\(path)")
                let page = try await pages.get(path, as: pages.token)
                #expect(page.status == .ok && page.body.contains("/assets/app.js"), "\(path)")
                #expect(!page.body.contains("<script>") && !page.body.contains("style="), "the policy forbids both")
            }
            for path in ["/assets/app.js", "/assets/views/graph.js", "/assets/transformer.css", "/shared/times.js"] {
                #expect(try await pages.get(path).status == .ok, "\(path)")
            }
            #expect(try await pages.get("/assets/../index.html").status != .ok)
            let session = try await pages.json("session")
            #expect(
                (session["user"] as? [String: String])?["name"] == "vera"
                    && session["login"] as? String == ":8088/login")
        }
    }

    @Test("lists environments with their models, page by page")
    func lists() async throws {
        try await withPages { pages in
            let environments = try await pages.list("environments", "environments")
            #expect(environments.map { $0["name"] as? String } == ["dev", "prod"])
            #expect(environments.map { $0["models"] as? Int } == [4, 4])
            #expect(environments.map { $0["otherThanProduction"] as? Int } == [1, nil])
            #expect(environments[0]["expiresAt"] is String && environments[1]["expiresAt"] == nil, "prod stays")

            let first = try await pages.json("environments/prod/models?limit=3")
            let names = (first["models"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            #expect(names == ["analytics.daily_active_users", "analytics.event_types", "analytics.pageviews"])
            #expect(first["total"] as? Int == 4)
            let cursor = try #require(first["nextCursor"] as? String)
            let second = try await pages.json("environments/prod/models?limit=3&cursor=\(cursor)")
            let rest = second["models"] as? [[String: Any]] ?? []
            #expect(rest.map { $0["name"] as? String } == ["analytics.sessions"] && second["nextCursor"] == nil)
            #expect(rest.first?["kind"] as? String == "INCREMENTAL_BY_TIME_RANGE")
            #expect(rest.first?["computedUpTo"] as? String == "2026-11-05T00:00:00Z")
            #expect(try await pages.list("environments/prod/models?search=SESS", "models").count == 1)
            #expect(try await pages.list("environments/prod/models?search=web", "models").count == 4, "a tag")
            #expect(try await pages.list("environments/prod/models?search=nothing", "models").isEmpty)
            #expect(try await pages.list("environments/prod/promotions", "promotions").count == 1)
        }
    }

    @Test("tells of a model what it is, its SQL, its days and what audits found")
    func model() async throws {
        try await withPages { pages in
            let path = "environments/prod/models/analytics.daily_active_users"
            let model = try await pages.json(path)
            #expect(model["relation"] as? String == "analytics.daily_active_users")
            #expect(model["parents"] as? [String] == ["analytics.pageviews"] && model["sources"] as? [String] == [])
            #expect(model["sharedWith"] as? [String] == ["dev"] && model["problem"] == nil)
            let columns = model["columns"] as? [[String: String]] ?? []
            #expect(columns.map { $0["name"] } == ["user_id", "events", "day"])
            #expect(columns.last?["type"] == "date" && columns.last?["description"] == "The day, in UTC")
            let audits = try #require(model["audits"] as? [[String: Any]])
            #expect(audits.count == 3 && audits.allSatisfy { $0["ranAt"] is String && $0["failures"] as? Int == 0 })
            #expect((model["tests"] as? [Any])?.isEmpty == true, "nobody has run them")
            let web = try TestPipelines.webAnalytics()
            let runner = UnitTestRunner(
                database: pages.test.database, project: web, graph: try ProjectGraph(web))
            _ = try await TestWork.results(of: runner, only: nil)
            let tests = try #require(try await pages.json(path)["tests"] as? [[String: Any]])
            #expect(
                !tests.isEmpty
                    && tests.allSatisfy { $0["isOfThis"] as? Bool == true && ($0["problems"] as? [String]) == [] })
            #expect(
                try await pages.list("environments/prod/models", "models").allSatisfy { $0["failedTests"] as? Int == 0 }
            )
            let situation = try #require(model["situation"] as? [String: Any])
            #expect(situation["willRun"] as? Bool == true && (situation["reasons"] as? [String])?.isEmpty == false)
            #expect(
                try await pages.json("environments/prod/models/analytics.pageviews")["readers"] as? [String]
                    == ["analytics.daily_active_users"])

            let sql = try await pages.json("\(path)/sql?start=2026-11-02")
            #expect(sql["file"] as? String == "models/daily_active_users.sql")
            #expect((sql["written"] as? String)?.contains("@start_dt") == true)
            let rendered = try #require(sql["rendered"] as? String)
            #expect(rendered.contains("2026-11-02") && !rendered.contains("@") && !rendered.contains("MODEL ("))

            let calendar = try await pages.json("\(path)/calendar?from=2026-11-03&days=4")
            #expect(calendar["from"] as? String == "2026-11-03" && calendar["isWhole"] as? Bool == false)
            #expect(calendar["computed"] as? [Double] == [1, 1, 0, 0])
            #expect(calendar["missing"] as? [Double] == [0, 0, 1, 1])

            #expect(try await pages.list("\(path)/audits", "findings").isEmpty)
            try await pages.test.execute(
                """
                INSERT INTO transformer.audit_failures (name, version, audit, is_blocking, failures, rows)
                SELECT name, version, 'forall(criteria := (events > 0))', true, 2, '[{"user_id": "<b>ada</b>"}]'
                FROM transformer.environment_models
                WHERE environment = 'prod' AND name = 'analytics.daily_active_users'
                """)
            let findings = try await pages.list("\(path)/audits", "findings")
            #expect(findings.map { $0["failures"] as? Int } == [2])
            #expect((findings.first?["rows"] as? [String]) == [], "rows are for those who may query tables")
            for list in ["\(path)/audits", "environments/prod/audits"] {
                let found = try await pages.as(.editor).list(list, "findings")
                #expect((found.first?["rows"] as? [String])?.first?.contains("<b>ada</b>") == true)
            }
            #expect(try await pages.list("environments/prod/audits", "findings").count == 1)
            let listed = try await pages.list("environments/prod/models?search=daily", "models")
            #expect(listed.first?["findings"] as? Int == 1)
        }
    }

    @Test("says what was computed, with rows and times, and what failed with its error")
    func runs() async throws {
        try await withPages { pages in
            let path = "environments/prod/models/analytics.pageviews/runs"
            let first = try await pages.list(path, "runs")
            #expect(first.map { $0["computed"] as? String } == ["the beginning to 2026-11-04"])
            #expect(first.first?["rows"] as? Int == 0 && first.first?["error"] == nil)
            try await pages.test.insert([("ada", "page_view", "2026-11-05 10:00Z")])
            try await pages.test.run(model: "analytics.pageviews", at: day(6))
            try await pages.test.execute(
                "INSERT INTO raw.events (event, timestamp) VALUES ('page_view', '2026-11-06 1:00Z')")
            await #expect(throws: TransformerError.self) {
                try await pages.test.run(model: "analytics.pageviews", at: day(7))
            }
            let runs = try await pages.list(path, "runs")
            #expect(runs.map { $0["rows"] as? Int } == [0, 1, 0])
            #expect((runs.first?["error"] as? String)?.contains("not_null") == true && runs[1]["error"] == nil)
            let listed = try await pages.list("environments/prod/models?search=pageviews", "models")
            #expect((listed.first?["lastRun"] as? [String: Any])?["error"] is String)
            #expect(listed.first?["findings"] as? Int == 1)
            #expect(try await pages.list("environments/prod/runs?limit=2", "runs").count == 2)
        }
    }

    @Test("a model whose text is of another version is shown without what only its text says")
    func unreadableText() async throws {
        try await withPages { pages in
            try await pages.test.execute(
                """
                UPDATE transformer.model_snapshots SET bundle = jsonb_set(bundle, '{source,text}', '"SELECT FROM"')
                WHERE name = 'analytics.pageviews'
                """)
            let model = try await pages.json("environments/prod/models/analytics.pageviews")
            #expect((model["problem"] as? String)?.contains("analytics.pageviews") == true)
            #expect(model["situation"] == nil && (model["columns"] as? [Any])?.count == 5)
            #expect(try await pages.status("environments/prod/models/analytics.pageviews/sql") == 422)
            #expect(try await pages.list("environments/prod/models", "models").count == 4)
        }
    }

    @Test("follows a column from the field of a topic to the charts")
    func lineage() async throws {
        try await withPages { pages in
            let graph = try await pages.json("environments/prod/lineage")
            #expect(graph["sources"] as? [String] == ["raw.events"] && (graph["models"] as? [String])?.count == 4)
            #expect((graph["kinds"] as? [String: String])?["analytics.sessions"] == "INCREMENTAL_BY_TIME_RANGE")
            let near = try await pages.json("environments/prod/lineage?around=analytics.daily_active_users&steps=1")
            #expect(near["models"] as? [String] == ["analytics.pageviews", "analytics.daily_active_users"])
            #expect(near["sources"] as? [String] == [] && near["isCut"] as? Bool == false)
            #expect(try await pages.json("environments/prod/lineage?limit=2")["isCut"] as? Bool == true)

            #expect(
                try await pages.json("environments/prod/lineage/columns?relation=analytics.daily_active_users")[
                    "columns"]
                    as? [String] == ["user_id", "events", "day"])
            let raw =
                try await pages.json("environments/prod/lineage/columns?relation=raw.events")["columns"] as? [String]
            #expect(raw?.contains("user_id") == true)

            let column = try await pages.json(
                "environments/prod/lineage/column?relation=analytics.daily_active_users&column=user_id")
            #expect(Pages.names(column["upstream"]) == ["analytics.pageviews.user_id", "raw.events.user_id"])
            #expect(Pages.names(column["downstream"]) == [])
            let field = try #require((column["fields"] as? [[String: String]])?.first)
            #expect(field == ["topic": "events", "field": "user_id", "table": "raw.events"])
            let charts = column["charts"] as? [[String: Any]] ?? []
            #expect(charts.contains { $0["name"] as? String == "daily_active_users" })
            #expect((column["problems"] as? [String]) == [] && (column["leftOut"] as? [Any])?.isEmpty == true)

            let source = try await pages.json("environments/prod/lineage/column?relation=raw.events&column=timestamp")
            #expect(Pages.names(source["downstream"]).contains("analytics.daily_active_users.day"))
            #expect((source["filters"] as? [String])?.contains("analytics.pageviews") == true)
        }
    }

    @Test("compares environments, and says what a plan would do without doing it")
    func differencesAndPlan() async throws {
        try await withPages { pages in
            let all = try await pages.json("differences?from=prod&to=dev")
            #expect(all["total"] as? Int == 1 && all["same"] as? Int == 3)
            let item = try #require((all["models"] as? [[String: Any]])?.first)
            #expect(item["model"] as? String == "analytics.event_types" && item["change"] as? String == "modified")
            #expect(item["fromTable"] as? String != item["toTable"] as? String)
            #expect(
                item["columns"] as? [[String: String]] == [
                    ["name": "senders", "to": "bigint"], ["name": "users", "from": "bigint"],
                ])
            let texts = try await pages.json("differences/analytics.event_types?from=prod&to=dev")
            let lines = texts["lines"] as? [String] ?? []
            #expect(lines.contains("+   COUNT(DISTINCT user_id) AS senders") && lines.contains { $0.hasPrefix("- ") })
            #expect(try await pages.json("differences?from=prod&to=prod")["total"] as? Int == 0)

            let before = try await pages.state()
            let plan = try await pages.json("plan?environment=dev")
            let changes = try #require(plan["changes"] as? [String: Any])
            #expect(changes["total"] as? Int == 1 && plan["isEmpty"] as? Bool == false)
            let change = try #require((changes["items"] as? [[String: Any]])?.first)
            #expect(change["model"] as? String == "analytics.event_types" && change["change"] as? String == "modified")
            #expect((change["lines"] as? [String])?.contains("-   COUNT(DISTINCT user_id) AS senders") == true)
            #expect(((plan["toCompute"] as? [String: Any])?["total"] as? Int ?? 0) > 0)
            let new = try await pages.json("plan?environment=never_seen")
            #expect((new["changes"] as? [String: Any])?["total"] as? Int == 0, "it begins as production is")
            #expect((new["viewsToPoint"] as? [String: Any])?["total"] as? Int == 4)
            #expect(try await pages.state() == before, "nothing was done")
        }
    }

    @Test("a plan that cannot be made says why, and keeps nobody from the next one")
    func plansThatFail() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        let file = folder.appending(path: "models/a.sql")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data().write(to: folder.appending(path: "config.yaml"))
        try Data("MODEL (name a);\nSELECT 1 AS x, FROM WHERE".utf8).write(to: file)
        try await withPages(pipeline: folder.path()) { pages in
            for _ in 1...4 {
                let answer = try await pages.get("/api/v1/plan", as: pages.token)
                #expect(answer.status.code == 422 && answer.body.contains("models/a.sql:2"), "\(answer.body)")
            }
            try Data("MODEL (name a);\nSELECT 1 AS x".utf8).write(to: file)
            #expect(try await pages.status("plan") == 200)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...8 { group.addTask { try await pages.status("plan") } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses.isSubset(of: [200, 503]) && statuses.contains(200))
            #expect(try await pages.status("plan") == 200)
        }
    }

    @Test("an environment that is promoted again and removed is so here too")
    func secondTime() async throws {
        try await withPages { pages in
            try await pages.test.apply(try TestPipelines.webAnalytics(), to: "dev", at: day(6))
            #expect(try await pages.json("differences?from=prod&to=dev")["total"] as? Int == 0)
            let promotions = try await pages.list("environments/dev/promotions", "promotions")
            #expect(promotions.map { $0["isCurrent"] as? Bool } == [true, false])
            let sql = try await pages.json("environments/dev/models/analytics.event_types/sql")
            #expect((sql["written"] as? String)?.contains("senders") == false)
            _ = try await pages.test.workbench.promoter.remove("dev", report: { _ in })
            #expect(try await pages.status("environments/dev/models") == 404)
            #expect(try await pages.list("environments", "environments").count == 1)
            #expect(
                try await pages.json("environments/prod/models/analytics.sessions")["sharedWith"] as? [String] == [])
        }
    }

    @Test("refuses what makes no sense")
    func refusals() async throws {
        let cases = [
            ("environments/nowhere/models", 404), ("environments/%00/models", 404),
            ("environments/prod/models/x.y", 404), ("environments/prod/models/%3Cscript%3E", 404),
            ("environments/prod/models?limit=0", 400), ("environments/prod/models?limit=many", 400),
            ("environments/prod/models?limit=100000", 400),
            ("environments/prod/models/analytics.sessions/calendar?days=99999", 400),
            ("environments/prod/models/analytics.sessions/calendar?from=soon", 400),
            ("environments/prod/models/analytics.sessions/sql?start=2026-11-02&end=2026-11-01", 400),
            ("environments/prod/lineage?around=raw.nothing", 404), ("environments/prod/lineage?steps=0", 400),
            ("environments/prod/lineage/column?relation=raw.events", 400),
            ("environments/prod/lineage/column?relation=raw.nothing&column=x", 404),
            ("environments/prod/lineage/columns?relation=pg_catalog.pg_authid", 404),
            ("differences?from=prod", 400), ("differences?from=prod&to=nowhere", 404),
            ("differences/x.y?from=prod&to=dev", 404), ("plan?environment=Not%20a%20name", 422),
        ]
        try await withPages { pages in
            for (path, status) in cases {
                let answer = try await pages.status(path)
                #expect(answer == status, "\(path)")
            }
        }
    }
}

/// The web server over web analytics in prod, and a copy with an edited column in dev.
private struct Pages {
    let test: TestDatabase
    let client: any TestClientProtocol
    let sessions: SessionTokens
    /// Of a viewer, at first.
    var token: String

    /// The same for somebody of that role.
    func `as`(_ role: Role) async throws -> Pages {
        var other = self
        other.token = try await sessions.issue(subject: "2", name: "edda", role: role).token
        return other
    }

    func get(_ path: String, as token: String? = nil) async throws -> (status: HTTPResponse.Status, body: String) {
        let headers: HTTPFields = token.map { [.authorization: "Bearer \($0)"] } ?? [:]
        return try await client.execute(uri: path, method: .get, headers: headers) {
            ($0.status, String(buffer: $0.body))
        }
    }

    func status(_ path: String) async throws -> Int { try await get("/api/v1/\(path)", as: token).status.code }

    func json(_ path: String) async throws -> [String: Any] {
        let answer = try await get("/api/v1/\(path)", as: token)
        try #require(answer.status == .ok, "\(path): \(answer.body)")
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    }

    func list(_ path: String, _ key: String) async throws -> [[String: Any]] {
        try #require(try await json(path)[key] as? [[String: Any]], "\(path)")
    }

    /// Everything that a plan that was carried out would change.
    func state() async throws -> [[String]] {
        try await test.rows(
            """
            SELECT (SELECT string_agg(e::text, ' ' ORDER BY e.name) FROM transformer.environments e),
              (SELECT string_agg(s::text, ' ' ORDER BY s.name, s.fingerprint) FROM transformer.snapshots s),
              (SELECT string_agg(c.oid::text, ' ' ORDER BY c.oid) FROM pg_class c WHERE c.relkind IN ('r', 'v'))
            """)
    }

    /// `table.column` of each connection.
    static func names(_ connections: Any?) -> [String] {
        (connections as? [[String: Any]] ?? []).map { "\($0["table"] ?? "").\($0["column"] ?? "")" }
    }
}

private func withPages(
    pipeline: String = TestPipelines.webAnalyticsPath, _ body: @escaping @Sendable (Pages) async throws -> Void
) async throws {
    try await withDatabase { test in
        let project = try TestPipelines.webAnalytics()
        try await test.apply(project, at: day(5))
        var files: [String: String] = [:]
        for model in project.models { files[model.source.path] = model.source.text }
        for audit in project.audits { files[audit.source.path] = audit.source.text }
        files["config.yaml"] = try PipelineFolder(at: TestPipelines.webAnalyticsPath).text(of: "config.yaml")
        files["models/event_types.sql"] = files["models/event_types.sql"]?.replacing("users", with: "senders")
        try await test.apply(try TestPipelines.make(files), to: "dev", at: day(5))
        let sessions = SessionTokens(
            try SessionSettings(
                secret: "r8Jq0vX2mZ5tLw9pYc4Nf7Gh1Bk6Ds3Ae", lifetime: .seconds(600),
                login: .port(8088, path: "/login")))
        let token = try await sessions.issue(subject: "1", name: "vera", role: .viewer).token
        let web = try TransformerWeb.make(
            endpoint: HTTPEndpoint(port: 0), health: HealthChecks(), sessions: sessions, workbench: test.workbench,
            source: ProjectSource(
                path: pipeline, ProjectOptions(),
                engine: EngineAddress(host: "localhost", port: 5432, database: test.name)), logger: TestDatabase.logger)
        try await web.server().application.test(.live) { client in
            try await body(Pages(test: test, client: client, sessions: sessions, token: token))
        }
    }
}
