import Charts
import ControlPlane
import Foundation
import Hummingbird
import ServiceRuntime
import Testing
import Web

@testable import BIAPI

@Suite(
    "Dashboards that change, break and go while the service runs", .enabled(if: Servers.areThere),
    .timeLimit(.minutes(10)))
struct DashboardChangeTests {
    static let extra = """
        charts: {more: {type: big_number, dataset: visits, metric: visits}}
        dashboards: {more: {title: One more, rows: [{cards: [{chart: more}]}]}}
        """

    @Test("a new file is shown, a changed one is shown anew, a removed one is gone; open pages are told") func change()
        async throws
    {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("viewer")
            var events = fixture.service.eventRoutes.events().makeAsyncIterator()
            #expect(await events.next()?.name == "hello")
            #expect(try await browser.get("/api/v1/dashboards/more").status == 404)
            try fixture.write("more.yaml", Self.extra)
            #expect(await next("dashboards", of: &events))
            #expect(try await browser.get("/api/v1/dashboards/more").json["title"] as? String == "One more")
            #expect(try await browser.post("/api/v1/dashboards/more/data").rows(of: "more").count == 1)
            try fixture.write("more.yaml", Self.extra.replacing("One more", with: "Another"))
            #expect(await next("dashboards", of: &events))
            #expect(try await browser.get("/api/v1/dashboards/more").json["title"] as? String == "Another")
            try FileManager.default.removeItem(at: fixture.folder.appending(path: "dashboards/more.yaml"))
            #expect(await next("dashboards", of: &events))
            #expect(try await browser.get("/api/v1/dashboards/more").status == 404)
            #expect(try await browser.post("/api/v1/dashboards/more/data").status == 404)
            #expect(try await browser.post("/api/v1/dashboards/shop/data").rows(of: "total").count == 1)
        }
    }

    @Test("what has a mistake is set aside by name, file and line, at the start and later; the rest works")
    func broken() async throws {
        let files = [
            "torn.yaml": "dashboards:\n  - [", "bytes.yaml": "\u{0}",
            "half.yaml": """
            datasets:
              ill: {model: shop.orders, metrics: {amount: sum(amount}}
            charts:
              unknown: {type: cake, dataset: orders}
              over_ill: {type: big_number, dataset: ill, metric: amount}
              sound: {type: big_number, dataset: orders, metric: amount}
            dashboards:
              half: {time_range: all, filters: [country], rows: [{cards: [{chart: unknown}, {chart: sound}]}]}
              nowhere: {rows: [{cards: [{chart: no_such_chart}]}]}
            """,
        ]
        try await ServiceFixture.run(files: files) { fixture in
            let browser = try await fixture.browser("viewer")
            let list = try await browser.get("/api/v1/dashboards")
            #expect(
                (list.json["dashboards"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == [
                    "half", "shop", "wreck",
                ])
            let mistakes = (list.json["mistakes"] as? [[String: Any]] ?? []).map {
                "\($0["part"] ?? "") \($0["name"] ?? "") \($0["file"] ?? ""):\($0["line"] ?? "")"
            }
            for expected in [
                "file dashboards/torn.yaml dashboards/torn.yaml:", "file dashboards/bytes.yaml dashboards/bytes.yaml:",
                "chart unknown dashboards/half.yaml:4", "dashboard nowhere dashboards/half.yaml:9",
                "dataset ill dashboards/half.yaml:2", "chart over_ill dashboards/half.yaml:5",
            ] { #expect(mistakes.contains { $0.hasPrefix(expected) }, "\(expected) in \(mistakes)") }
            guard case .warning(let words) = fixture.health.first("dashboards", in: await fixture.health.readiness())
            else {
                Issue.record("no warning")
                return
            }
            #expect(words.contains("dashboards/") && words.contains("and 3 more"), "\(words)")
            // Mistakes of dashboards are warnings: what else it needs, it has soon, and is ready.
            let end = ContinuousClock.now + .seconds(30)
            while try await browser.get("/readyz").status != 200, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try await browser.get("/readyz").status == 200)

            let half = try await browser.get("/api/v1/dashboards/half")
            let unknown = (half.json["charts"] as? [String: Any])?["unknown"] as? [String: Any]
            #expect((unknown?["mistake"] as? String)?.contains("half.yaml:4") == true)
            let data = try await browser.post("/api/v1/dashboards/half/data")
            #expect(data.rows(of: "sound").count == 1)
            #expect(data.text.contains("This chart is set aside"))
            let nowhere = try await browser.get("/api/v1/dashboards/nowhere")
            #expect(nowhere.status == 422)
            #expect(nowhere.text.contains("half.yaml:9"))

            var events = fixture.service.eventRoutes.events().makeAsyncIterator()
            #expect(await events.next()?.name == "hello")
            for name in ["torn.yaml", "bytes.yaml", "half.yaml"] {
                try FileManager.default.removeItem(at: fixture.folder.appending(path: "dashboards/\(name)"))
            }
            #expect(await next("dashboards", of: &events))
            #expect((try await browser.get("/api/v1/dashboards").json["mistakes"] as? [Any])?.isEmpty == true)
            #expect(fixture.health.first("dashboards", in: await fixture.health.readiness()) == .ok)
        }
    }

    @Test("a chart whose column went away says so and where to look; the others draw") func column() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("viewer")
            try await fixture.owner.execute("ALTER TABLE shop.orders DROP COLUMN amount")
            let data = try await browser.post("/api/v1/dashboards/shop/data")
            #expect(data.status == 200)
            #expect(data.rows(of: "total").count == 1)
            let chart = (data.json["charts"] as? [String: Any])?["by_day"] as? [String: Any]
            let detail = (chart?["error"] as? [String: Any])?["detail"] as? String ?? ""
            #expect(detail.contains("column \"amount\" does not exist"), "\(data.text)")
            #expect(detail.contains("dataset orders") && detail.contains("dashboards/shop.yaml:2"), "\(detail)")
        }
    }

    @Test("so many pages of one user listen, and others do not mind") func listeners() async throws {
        try await ServiceFixture.run { fixture in
            let (first, second) = (try await fixture.browser("viewer"), try await fixture.browser("second"))
            try await fixture.live { port in
                var open: [RawClient] = []
                for _ in 0..<20 {
                    let client = try RawClient(port: port)
                    try client.send("GET", "/api/v1/events", as: first)
                    #expect(await client.read(12) == "HTTP/1.1 200")
                    open.append(client)
                }
                let more = try RawClient(port: port)
                try more.send("GET", "/api/v1/events", as: first)
                #expect(await more.read(12) == "HTTP/1.1 429")
                let other = try RawClient(port: port)
                try other.send("GET", "/api/v1/events", as: second)
                #expect(await other.read(12) == "HTTP/1.1 200")
                for client in open { client.hangUp() }
                while fixture.service.eventRoutes.streams.count > 1 { try await Task.sleep(for: .milliseconds(10)) }
                other.hangUp()
            }
        }
    }

    @Test("the history of one user comes to so much and no more, in the table and in an answer") func history()
        async throws
    {
        try await ServiceFixture.run { fixture in
            let state = fixture.service.state
            let user = try #require(try await state.user(named: "editor")).id
            let text = "select '" + String(repeating: "x", count: 250_000) + "'"
            for _ in 0..<80 {
                let id = UUID().uuidString.lowercased()
                #expect(try await state.begin(id, user: user, sql: text))
                try await state.finish(id, QueryOutcome(state: .succeeded, rows: 1, elapsed: .zero))
            }
            let bytes: Int = try await state.pool.query(
                "SELECT sum(octet_length(sql))::bigint FROM queries WHERE user_id = \(user)"
            ).one().get(0)
            #expect(bytes <= (16 << 20) + text.utf8.count)
            #expect(try await state.queries(of: user, limit: 100).count == 4)
            let browser = try await fixture.browser("editor")
            #expect(
                try await browser.post(
                    "/api/v1/dashboards/shop/data", ["values": ["country": (0..<1_001).map { "\($0)" }]]
                ).status == 422)
        }
    }

    /// Waits for an event of this name; false when the stream ends first. Other tests' messages make pages redraw, too.
    private func next(_ name: String, of events: inout AsyncStream<ServerSentEvent>.Iterator) async -> Bool {
        while let event = await events.next() {
            if event.name == name { return true }
        }
        return false
    }
}

extension HealthChecks {
    func first(_ name: String, in report: HealthReport) -> HealthStatus? {
        report.results.first { $0.name == name }?.status
    }
}
