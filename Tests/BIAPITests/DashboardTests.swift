import Foundation
import Hummingbird
import Testing

@testable import BIAPI

@Suite("Dashboards over HTTP", .enabled(if: Servers.areThere)) struct DashboardTests {
    @Test("a viewer reads them: definition, data, filters") func viewer() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("viewer")
            let list = try await browser.get("/api/v1/dashboards")
            #expect(
                (list.json["dashboards"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == [
                    "shop", "wreck",
                ])
            let definition = try await browser.get("/api/v1/dashboards/shop")
            #expect(definition.json["time_zone"] as? String == "Europe/Oslo")
            #expect((definition.json["charts"] as? [String: Any])?.count == 4)

            let data = try await browser.post("/api/v1/dashboards/shop/data")
            #expect(data.status == 200)
            #expect(data.rows(of: "by_day").map { $0[0] as? String } == ["2026-11-20", "2026-11-21"])
            #expect(data.rows(of: "by_country").map { $0[0] as? String } == ["NO", "SE"])
            #expect(!data.text.contains("SELECT"), "SQL is for those who may write it")
            // 23:30 UTC is the next day in Oslo: five visits from 00:30 on.
            #expect(data.rows(of: "visits").map { $0[0] as? String } == ["2026-11-23"])
            #expect(data.rows(of: "total").first?.first as? Int == 5)

            let all = try await browser.post(
                "/api/v1/dashboards/shop/data", ["time_range": "all", "charts": ["by_country"]])
            #expect(all.rows(of: "by_country").map { $0[0] as? String } == ["DK", "NO", "SE"])
            #expect((all.json["charts"] as? [String: Any])?.count == 1)
            let values = try await browser.get("/api/v1/dashboards/shop/values/country")
            #expect(values.json["values"] as? [String] == ["DK", "NO", "SE"])
            let filtered = try await browser.post(
                "/api/v1/dashboards/shop/data", ["time_range": "all", "values": ["country": ["SE", "' or 1=1 --"]]])
            #expect(filtered.rows(of: "by_country").count == 1)
            try await fixture.owner.execute("INSERT INTO shop.orders VALUES ('2026-11-22', NULL, 7)")
            let none = try await browser.post(
                "/api/v1/dashboards/shop/data", ["charts": ["by_country"], "values": ["country": [NSNull(), "SE"]]])
            #expect(none.rows(of: "by_country").map { $0[0] as? String } == [nil, "SE"])
            let some = try await browser.get("/api/v1/dashboards/shop/values/country?search=o")
            #expect(some.json["values"] as? [String] == ["NO"])
            #expect(some.json["truncated"] as? Bool == false)
            let long = String(repeating: "x", count: 300)
            #expect(try await browser.get("/api/v1/dashboards/shop/values/country?search=\(long)").status == 422)
            let filters = try #require(definition.json["filters"] as? [[String: Any]])
            #expect(filters.first?["charts"] as? [String] == ["by_day", "by_country"])
            let one = try await browser.post(
                "/api/v1/charts/by_country/data", ["time_range": "2026-01-01 to 2026-01-01"])
            #expect(one.rows().map { $0[0] as? String } == ["DK"])
        }
    }

    @Test("numbers beyond a script's travel as text; both hours of a clock change are there; a unit under way is told")
    func exact() async throws {
        let more = """
            datasets:
              big: {model: shop.big, time_column: at, dimensions: {id: }, metrics: {sum: sum(id), share: avg(part)}}
            charts:
              ids: {type: table, dataset: big, dimensions: [id], metrics: [sum, share], limit: 1}
              hours: {type: bar, dataset: big, x: time, grain: hour, metrics: [sum]}
              days: {type: bar, dataset: visits, x: time, grain: day, metrics: [visits]}
            dashboards:
              big: {time_zone: Europe/Oslo, time_range: all, rows: [{cards: [{chart: ids}, {chart: hours}]}]}
              now: {time_zone: Europe/Oslo, time_range: this week, rows: [{cards: [{chart: days}]}]}
              then: {time_zone: Europe/Oslo, time_range: last week, rows: [{cards: [{chart: days}]}]}
            """
        try await ServiceFixture.run(files: ["big.yaml": more]) { fixture in
            try await fixture.owner.execute(
                """
                CREATE TABLE shop.big AS SELECT 9007199254740993 AS id, 0.02 AS part, at FROM
                  (VALUES (timestamptz '2026-10-25 00:30:00+00'), ('2026-10-25 01:30:00+00')) AS hours(at)
                """)
            try await fixture.owner.execute("GRANT SELECT ON shop.big TO \(identifier: fixture.database)")
            let browser = try await fixture.browser("viewer")
            let data = try await browser.post("/api/v1/dashboards/big/data")
            let ids = data.rows(of: "ids").first
            #expect(ids?[0] as? String == "9007199254740993")
            #expect(ids?[1] as? String == "18014398509481986")
            #expect(Double(ids?[2] as? String ?? "") == 0.02)
            let charts = try #require(data.json["charts"] as? [String: Any])
            let columns = (charts["ids"] as? [String: Any])?["columns"] as? [[String: Any]]
            #expect(columns?.count == 3 && columns?.contains { $0["format"] != nil } == false)
            #expect(data.rows(of: "hours").count == 2, "02:00 in summer and 02:00 in winter")
            let now = try await browser.post("/api/v1/dashboards/now/data")
            let part = (now.json["charts"] as? [String: Any])?["days"] as? [String: Any]
            #expect(part?["partial_from"] as? String == "2026-11-23")
            let then = try await browser.post("/api/v1/dashboards/then/data")
            #expect(then.status == 200 && !then.text.contains("partial_from"))
        }
    }

    @Test("what is not there is 404, what makes no sense is 422, and neither tells of the inside") func mistakes()
        async throws
    {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("viewer")
            for path in [
                "/api/v1/dashboards/nope", "/api/v1/dashboards/shop/values/amount",
                "/api/v1/dashboards/shop/values/x%27",
            ] {
                #expect(try await browser.get(path).status == 404)
            }
            #expect(try await browser.post("/api/v1/charts/nope/data").status == 404)
            for body in [
                ["time_range": "lately"], ["time_range": "2026-02-30 to 2026-02-31"],
                ["time_zone": "UTC'; drop table x"],
                ["values": "x"],
            ] as [[String: Any]] {
                let answer = try await browser.post("/api/v1/dashboards/shop/data", body)
                #expect(answer.status == 422, "\(body)")
                #expect(answer.headers[.contentType]?.hasPrefix("application/problem+json") == true)
            }
            let wreck = try await browser.post("/api/v1/dashboards/wreck/data")
            #expect(wreck.status == 200, "one broken chart does not spoil the others")
            #expect(wreck.rows(of: "total").count == 1)
            #expect(wreck.text.contains("shop.nothing"))
            for text in [wreck.text] {
                #expect(!text.contains(ServiceFixture.canary) && !text.contains(fixture.database))
            }
        }
    }

    @Test("pages need a session; what they are made of does not, and no page holds a script or style of its own")
    func pages() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            for page in ["/", "/dashboards/shop", "/sql", "/login"] {
                let answer = try await browser.get(page)
                #expect(answer.status == 200, "\(page)")
                #expect(answer.text.firstMatch(of: /<script(?![^>]*src=)|style=|<style|\son[a-z]+=/) == nil, "\(page)")
                #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'self'") == true)
            }
            for path in ["/assets/dashboard.js", "/shared/base.css", "/shared/api.js"] {
                #expect(try await fixture.visitor.get(path).status == 200, "\(path)")
            }
            for path in ["/assets/../login.html", "/assets/%2e%2e/login.html", "/vendor/../secret"] {
                #expect(try await fixture.visitor.get(path).status != 200, "\(path)")
            }
            let viewer = try await fixture.browser("viewer")
            #expect(try await viewer.get("/sql").status == 403)
        }
    }
}
