import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import TestKit
import Testing
import Timetable
import Web

@testable import Scheduler

/// The API as browsers and scripts meet it, over the real database.
@Suite("The API", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10))) struct APITests {
    @Test("shows DAGs, runs and tasks to a viewer, and nothing to a visitor")
    func reading() async throws {
        try await API.with { api in
            for path in [
                "/api/v1/dags", "/api/v1/dags/prod", "/api/v1/dags/prod/runs", "/api/v1/runs/x", "/api/v1/events",
                "/api/v1/session",
            ] {
                #expect(try await api.get(path, as: nil).status == .unauthorized, "\(path)")
            }
            #expect(try await api.get("/", as: nil).status == .seeOther)
            let dags = try await api.get("/api/v1/dags", as: .viewer)
            #expect(
                dags.status == .ok && dags.text.contains(#""id":"prod""#)
                    && dags.text.contains(#""schedules":["@hourly","#))
            let dag = try await api.get("/api/v1/dags/prod", as: .viewer)
            #expect(dag.text.contains(#""next_runs":["#) && dag.text.contains("never comes"))
            let run = try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_)
            #expect(run.status == .accepted)
            let list = try await api.get("/api/v1/dags/prod/runs?limit=1", as: .viewer)
            #expect(list.text.contains(#""state":"queued""#) && list.text.contains(#""next_cursor":""#))
            let one = try await api.get("/api/v1/runs/\(try run.id())", as: .viewer)
            #expect(one.text.contains(#""requested_by":"olga""#) && one.text.contains(#""depends_on":["b"]"#))
            #expect(try await api.get("/api/v1/session", as: .viewer).text.contains(#""may_operate":false"#))
        }
    }

    @Test("shows a file's DAG with its tasks and parameters, and checks what is given of those")
    func definitions() async throws {
        try await API.with { api in
            let list = try await api.get("/api/v1/dags?dag=nightly", as: .viewer)
            #expect(list.text.contains(#""file":"dags/nightly.yaml""#) && list.text.contains(#""tasks":2"#))
            let dag = try await api.get("/api/v1/dags/nightly", as: .viewer)
            for part in [#""name":"tell""#, #""default":"2026-11-01""#, #""maximum":3"#, #""next_runs":["20"#] {
                #expect(dag.text.contains(part), "\(part) in \(dag.text)")
            }
            #expect(dag.text.contains(#""summary":"GET https://h.example/""#))
            for (body, words) in [
                (#"{"params":{"n":4}}"#, "more than 3"), (#"{"params":{"x":1}}"#, "no parameter"),
                (#"{"params":{"day":"soon"}}"#, "no day"), (#"{"tasks":["nope"]}"#, "nope"),
            ] {
                let answer = try await api.post("/api/v1/dags/nightly/trigger", body, as: .operator_)
                #expect(answer.status == .unprocessableContent && answer.text.contains(words), "\(answer.text)")
            }
            let other = try await api.post("/api/v1/dags/prod/trigger", #"{"params":{"n":1}}"#, as: .operator_)
            #expect(other.status == .unprocessableContent)
            let run = try await api.post(
                "/api/v1/dags/nightly/trigger", #"{"params":{"n":2}}"#, as: .operator_)
            let one = try await api.get("/api/v1/runs/\(try run.id())", as: .viewer)
            for part in [#""n":2"#, #""day":"2026-11-01""#, #""model":"load/a""#, #""kind":"http""#] {
                #expect(one.text.contains(part), "\(part) in \(one.text)")
            }
            let preview = try await api.post(
                "/api/v1/dags/nightly/backfill",
                #"{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z","dry_run":true}"#, as: .operator_)
            #expect(preview.text.contains(#""model":"tell""#), "\(preview.text)")
        }
    }

    @Test(
        "shows alerts and silences to viewers, lets operators make and end silences and send a test, and nobody below them"
    )
    func alerts() async throws {
        try await API.with { api in
            for (path, body, status) in [
                ("/api/v1/alerts/test", #"{"channel":"team"}"#, HTTPResponse.Status.accepted),
                ("/api/v1/silences", #"{"dag":"pr*","hours":2,"reason":"why"}"#, .created),
            ] {
                #expect(try await api.post(path, body, as: nil).status == .unauthorized)
                #expect(try await api.post(path, body, as: .viewer).status == .forbidden)
                #expect(try await api.post(path, body, as: .operator_, cookieOnly: true).status == .forbidden)
                #expect(try await api.post(path, body, as: .operator_).status == status)
            }
            let alerts = try await api.get("/api/v1/alerts", as: .viewer)
            #expect(alerts.text.contains(#""channel":"team""#) && alerts.text.contains(#""state":"waiting""#))
            struct Silences: Decodable {
                struct Silence: Decodable { let id: String, dag: String, who: String }
                let items: [Silence]
            }
            func silences() async throws -> [Silences.Silence] {
                let text = try await api.get("/api/v1/silences", as: .viewer).text
                return try JSONDecoder().decode(Silences.self, from: Data(text.utf8)).items
            }
            let silence = try #require(try await silences().first)
            #expect(silence.dag == "pr*" && silence.who == "olga")
            let end = "/api/v1/silences/\(silence.id)/end"
            #expect(try await api.post(end, "{}", as: .viewer).status == .forbidden)
            #expect(try await api.post(end, "{}", as: .operator_).status == .noContent)
            #expect(try await silences().isEmpty)
            for (path, body) in [
                ("/api/v1/silences", #"{"dag":"x","hours":0}"#), ("/api/v1/silences", #"{"dag":"","hours":1}"#),
                ("/api/v1/silences", #"{"dag":"x\u0000","hours":1}"#), ("/api/v1/alerts/test", #"{"channel":"a b"}"#),
            ] {
                #expect(try await api.post(path, body, as: .operator_).status == .unprocessableContent, "\(body)")
            }
            #expect(try await api.post("/api/v1/silences/x/end", "{}", as: .operator_).status == .notFound)
        }
    }

    @Test(
        "lets operators act, and nobody below them",
        arguments: [
            "/api/v1/dags/prod/trigger", "/api/v1/dags/prod/pause", "/api/v1/dags/prod/unpause",
            "/api/v1/dags/prod/backfill",
        ])
    func roles(path: String) async throws {
        let body = #"{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z"}"#
        try await API.with { api in
            #expect(try await api.post(path, body, as: nil).status == .unauthorized)
            #expect(try await api.post(path, body, as: .viewer).status == .forbidden)
            #expect(try await api.post(path, body, as: .editor).status == .forbidden)
            // A cookie alone is what another site could make a browser send.
            #expect(try await api.post(path, body, as: .operator_, cookieOnly: true).status == .forbidden)
            #expect(try await api.harness.runs(of: "prod", limit: 5).isEmpty)
            let answer = try await api.post(path, body, as: .operator_)
            #expect(answer.status == .accepted || answer.status == .noContent)
        }
    }

    @Test(
        "refuses what makes no sense, as problem+json with the reason",
        arguments: [
            ("/api/v1/dags/nowhere/trigger", "{}", 404, "no DAG"),
            ("/api/v1/dags/%2e%2e%2fprod/trigger", "{}", 404, "no DAG"),
            ("/api/v1/dags/*/trigger", "{}", 404, "no DAG"),
            ("/api/v1/dags/PROD/pause", "{}", 404, "no DAG"),
            ("/api/v1/dags/prod/trigger", #"{"models":["zzz"]}"#, 422, "no model"),
            ("/api/v1/dags/prod/trigger", #"{"models":[]}"#, 422, "at least one"),
            ("/api/v1/dags/prod/trigger", #"{"models":"a"}"#, 422, "/models"),
            ("/api/v1/dags/prod/trigger", "{", 400, "not JSON"),
            ("/api/v1/dags/prod/backfill", "{}", 422, "/start is missing"),
            (
                "/api/v1/dags/prod/backfill", #"{"start":"2026-11-02T00:00:00Z","end":"2026-11-01T00:00:00Z"}"#, 422,
                "not before"
            ),
            (
                "/api/v1/dags/prod/backfill", #"{"start":"0001-01-01T00:00:00Z","end":"2026-11-01T00:00:00Z"}"#, 422,
                "more than one backfill"
            ),
            (
                "/api/v1/dags/prod/backfill", #"{"start":"2026-11-01T00:00:00Z","end":"9999-01-01T00:00:00Z"}"#, 422,
                "future"
            ),
            ("/api/v1/dags/prod/backfill", #"{"start":"$(id)","end":"`id`"}"#, 422, "/start"),
        ])
    func refusals(path: String, body: String, status: Int, reason: String) async throws {
        try await API.with { api in
            let answer = try await api.post(path, body, as: .operator_)
            #expect(answer.status.code == status, "\(answer.text)")
            #expect(answer.headers[.contentType]?.hasPrefix("application/problem+json") == true)
            #expect(answer.text.contains(reason), "\(answer.text)")
            #expect(try await api.harness.runs(of: "prod", limit: 5).isEmpty)
        }
    }

    @Test(
        "odd reading is refused too",
        arguments: [
            ("/api/v1/dags?limit=0", 400), ("/api/v1/dags?limit=1000000", 400),
            ("/api/v1/dags/prod/runs?cursor=%27%20OR%201=1", 400), ("/api/v1/dags/prod/runs?state=dreamt", 400),
            ("/api/v1/dags?dag=x%00y", 400),
            ("/api/v1/runs/1", 404), ("/api/v1/runs/00000000-0000-0000-0000-000000000000", 404),
            ("/api/v1/dags/x%00y", 404),
            ("/api/v1/nothing", 404), ("/assets/..%2f..%2fPackage.swift", 404),
            ("/assets/%2e%2e/%2e%2e/etc/passwd", 404),
        ])
    func oddReading(path: String, status: Int) async throws {
        try await API.with { api in
            let answer = try await api.get(path, as: .operator_)
            #expect(
                answer.status.code == status || (status == 404 && answer.status == .badRequest),
                "\(answer.status) \(answer.text)")
        }
    }

    @Test("a dry run starts nothing; a repeated key starts one run")
    func safeRepetition() async throws {
        try await API.with { api in
            let range = #""start":"2026-11-01T00:00:00Z","end":"2026-11-08T00:00:00Z""#
            let preview = try await api.post(
                "/api/v1/dags/prod/backfill", "{\(range),\"dry_run\":true}", as: .operator_)
            #expect(preview.status == .ok && preview.text.contains(#""up_to":"2026-11-08T00:00:00.000000Z""#))
            #expect(try await api.harness.runs(of: "prod", limit: 5).isEmpty)
            let first = try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_, key: "key-000001")
            let second = try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_, key: "key-000001")
            #expect(try first.id() == second.id())
            #expect(try await api.harness.runs(of: "prod", limit: 5).count == 1)
        }
    }

    @Test("runs can be chosen by state, and all of them be reached a page at a time; DAGs by name")
    func paging() async throws {
        try await API.with { api in
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_).id()) }
            struct Page: Decodable {
                struct Item: Decodable { let id: String, state: String? }
                let items: [Item]
                let next_cursor: String?
            }
            func page(_ query: String) async throws -> Page {
                try JSONDecoder().decode(Page.self, from: Data(try await api.get(query, as: .viewer).text.utf8))
            }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let next = try await page("/api/v1/dags/prod/runs?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += next.items.map(\.id)
                cursor = next.next_cursor
            } while cursor != nil
            #expect(seen == ids.reversed())
            #expect(try await page("/api/v1/dags/prod/runs?state=queued&limit=3").items.count == 3)
            #expect(try await page("/api/v1/dags/prod/runs?state=failed").items.isEmpty)
            #expect(try await page("/api/v1/dags/prod/runs?state=failed,queued&state=running").items.count == 5)
            #expect(try await page("/api/v1/dags?dag=prod&dag=nowhere").items.map(\.id) == ["prod"])
            #expect(try await page("/api/v1/dags?dag=nowhere").items.isEmpty)
        }
    }

    @Test("an act on a run is shown beforehand, and changes nothing then; it is an operator's to do")
    func acts() async throws {
        try await API.with { api in
            let run = try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_).id()
            for (path, body) in [
                ("cancel", "{}"), ("clear", "{}"), ("mark", #"{"tasks":["a"],"state":"succeeded"}"#),
            ] {
                let path = "/api/v1/runs/\(run)/\(path)"
                #expect(try await api.post(path, body, as: nil).status == .unauthorized)
                for role in [Role.viewer, .editor] {
                    #expect(try await api.post(path, body, as: role).status == .forbidden, "\(path)")
                }
                #expect(try await api.post(path, body, as: .operator_, cookieOnly: true).status == .forbidden)
            }
            let cancel = "/api/v1/runs/\(run)/cancel"
            let preview = try await api.post(cancel, #"{"dry_run":true}"#, as: .operator_)
            #expect(preview.status == .ok, "\(preview.text)")
            #expect(preview.text.contains(#""from":"queued""#) && preview.text.contains(#""to":"cancelled""#))
            #expect(preview.text.contains(#""model":"b""#) && preview.text.contains(#""from":"waiting""#))
            #expect(try await api.harness.acts().values.isEmpty)
            let asked = try await api.post(cancel, "{}", as: .operator_)
            #expect(asked.status == .accepted)
            let acts = try await api.harness.acts().values
            #expect(acts.map(\.act) == [.cancel] && acts.map(\.who) == ["olga"] && acts.map(\.run) == [run])
            let one = try await api.get("/api/v1/runs/\(run)", as: .viewer)
            #expect(one.text.contains(#""history":[{"#) && one.text.contains(#""action":"manual""#))
        }
    }

    @Test(
        "an act that makes no sense is refused with the reason",
        arguments: [
            ("cancel", #"{"tasks":["zzz"]}"#, 422, "no task `zzz`"), ("cancel", #"{"tasks":[]}"#, 422, "at least one"),
            ("cancel", "{", 400, "not JSON"), ("cancel", #"{"tasks":"a"}"#, 422, "/tasks"),
            ("clear", "{}", 409, "nothing to be done"), ("clear", #"{"tasks":["a"]}"#, 409, "Not over yet"),
            ("mark", "{}", 422, "/state"), ("mark", #"{"state":"dreamt","tasks":["a"]}"#, 422, "/state"),
            ("mark", #"{"state":"failed"}"#, 422, "at least one"),
        ])
    func actRefusals(path: String, body: String, status: Int, reason: String) async throws {
        try await API.with { api in
            let run = try await api.post("/api/v1/dags/prod/trigger", "{}", as: .operator_).id()
            let answer = try await api.post("/api/v1/runs/\(run)/\(path)", body, as: .operator_)
            #expect(answer.status.code == status, "\(answer.text)")
            #expect(answer.text.contains(reason), "\(answer.text)")
            #expect(try await api.harness.acts().values.isEmpty)
            let none = "/api/v1/runs/00000000-0000-0000-0000-000000000000/\(path)"
            let missing = try await api.post(none, #"{"state":"failed","tasks":["a"]}"#, as: .operator_)
            #expect(missing.status == .notFound)
        }
    }

    @Test("pages and their files are served with a policy that lets no inline script run")
    func pages() async throws {
        try await API.with { api in
            for path in ["/", "/dags/prod", "/dags/%3Cscript%3E"] {
                let page = try await api.get(path, as: .viewer)
                #expect(page.status == .ok && page.text.contains("</html>"), "\(path)")
                #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'self'") == true)
                #expect(
                    !page.text.contains("<script>") && !page.text.contains("style=") && !page.text.contains("onclick="))
            }
            for file in [
                "assets/dag.js", "assets/scheduler.css", "shared/base.css", "shared/dom.js", "shared/mark.svg",
            ] {
                #expect(try await api.get("/\(file)", as: nil).status == .ok, "\(file)")
            }
        }
    }
}

/// The HTTP face over a database with one environment, `prod`: `a` reads `b`; `c` has a schedule that never comes.
struct API: Sendable {
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let text: String

        func id() throws -> String {
            struct Started: Decodable { let id: String }
            return try JSONDecoder().decode(Started.self, from: Data(text.utf8)).id
        }
    }

    let harness: StateStore
    let sessions: SessionTokens
    let client: any TestClientProtocol
    /// `GET /api/v1/dags/{dag}` …
    let routes: Set<String>

    static func with(_ body: @escaping @Sendable (API) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let store = StateStore(database.pool)
            try await store.migrate(logger: TestDatabase.logger)
            try await fill(store)
            let sessions = SessionTokens(
                try SessionSettings(
                    secret: "r8Jq0vX2mZ5tLw9pYc4Nf7Gh1Bk6Ds3Ae", lifetime: .seconds(60),
                    login: .port(8088, path: "/login")))
            let node = SchedulerNode(
                postgres: database.settings, pool: database.pool, kafka: OwnBroker.settings(), settings: .init(),
                holder: "test", logger: TestDatabase.logger)
            let web = try SchedulerWeb.make(
                endpoint: HTTPEndpoint(port: 0), health: HealthChecks(), sessions: sessions, node: node,
                settings: .init(),
                logger: TestDatabase.logger)
            let routes = Set(web.router.routes.map { "\($0.method.rawValue) \($0.path.description)" })
            try await web.server().application.test(.router) { client in
                try await body(API(harness: store, sessions: sessions, client: client, routes: routes))
            }
        }
    }

    private static func fill(_ store: StateStore) async throws {
        func model(_ name: String, _ dependencies: [String], cron: String = "@hourly") -> EnvironmentManifest.Model {
            .init(
                name: name, kind: "FULL", relation: "x.\(name)", columns: [], dependsOn: dependencies, sources: [],
                cron: cron)
        }
        let now = Date()
        let manifest = EnvironmentManifest(
            environment: "prod", promotedAt: now, plan: "p",
            models: [model("a", ["b"]), model("b", []), model("c", [])])
        let definition = try DAGFolder.read(
            """
            schedule: "0 3 * * *"
            params: {day: {format: date, default: 2026-11-01}, n: {type: integer, maximum: 3, default: 1}}
            tasks:
              load: {models: {select: +a}}
              tell: {after: load, http: {url: "https://h.example/", sign: hook}}
            """, file: "dags/nightly.yaml")
        var broken = manifest
        broken.models[2].cron = "0 0 31 2 *"
        let epoch = try #require(try await Lease(store: store, holder: "t", length: .seconds(60)).acquire())
        var change = StateChange()
        change.dags = [
            DAGRecord(
                dag: "prod", manifest: broken, isPaused: false, cursorAt: now, firstSeen: [:], isRemoved: false,
                updatedAt: now),
            DAGRecord(
                dag: "nightly", manifest: definition.emptyManifest(at: now), isPaused: false, cursorAt: now,
                firstSeen: [:],
                isRemoved: false, updatedAt: now, definition: definition),
        ]
        try await store.write(change, epoch: epoch)
    }

    func get(_ path: String, as role: Role?) async throws -> Answer {
        try await send(.get, path, "", as: role, cookieOnly: false, key: nil)
    }

    func post(
        _ path: String, _ body: String, as role: Role?, cookieOnly: Bool = false, key: String? = nil
    ) async throws -> Answer {
        try await send(.post, path, body, as: role, cookieOnly: cookieOnly, key: key)
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String, as role: Role?, cookieOnly: Bool, key: String?
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if method == .post { headers[.contentType] = "application/json" }
        if let role {
            let token = try await sessions.issue(subject: "1", name: "olga", role: role).token
            if cookieOnly {
                headers[.cookie] = "millrace_session=\(token)"
            } else {
                headers[.authorization] = "Bearer \(token)"
            }
        }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        return try await client.execute(
            uri: path, method: method, headers: headers, body: body.isEmpty ? nil : ByteBuffer(string: body)
        ) { response in
            Answer(status: response.status, headers: response.headers, text: String(buffer: response.body))
        }
    }
}
