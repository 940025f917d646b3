import Foundation
import Hummingbird
import Testing

@testable import BIAPI

@Suite(
    "One query, one user, one client takes so much and no more", .enabled(if: Servers.areThere),
    .timeLimit(.minutes(10))
)
struct QueryLimitTests {
    static let large = [
        "select repeat('x', 100000000)", "select repeat(repeat('x', 1000), 300000), 1",
        "select array_agg(n) from generate_series(1, 1000000) n",
        "select json_agg(n) from generate_series(1, 1000000) n",
        "select string_agg(n::text, ',') from generate_series(1, 1000000) n",
        "select jsonb_agg(n) from generate_series(1, 1000000) n", "select decode(repeat('00', 5000000), 'hex')",
        "select row(repeat('x', 9000000))", "values (1, repeat('x', 9000000)); -- the end",
        "with a as (select repeat('x', 9000000) as b) select b, b from a",
        "select " + (1...100).map { "repeat('x', 100000) as c\($0)" }.joined(separator: ", "),
    ]

    @Test("a row that is too large is refused where it is made, and told", arguments: large)
    func row(sql: String) async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(sql)
            #expect(answer.status == 422, "\(answer.text.prefix(300))")
            #expect(answer.json["code"] as? String == "too_large")
            #expect(answer.json["bytes_max"] as? Int == 4 << 20)
            #expect(
                (answer.json["detail"] as? String)?.contains(/A row of the result has .* MB; at most 4 MB are read/)
                    == true)
            #expect(try await browser.query("select 1").status == 200)
        }
    }

    @Test("rows are as the query makes them: order, names, types, twice the same name, none at all") func same()
        async throws
    {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(
                "select country, country, amount as \"a \"\"b\" from shop.orders order by amount desc, country -- x")
            #expect(answer.rows().map { $0[0] as? String } == ["DK", "NO", "NO", "SE"])
            #expect(
                (answer.json["columns"] as? [[String: String]])?.map { [$0["name"], $0["type"]] }
                    == [["country", "text"], ["country", "text"], ["a \"b", "numeric"]])
            #expect(try await browser.query("select from shop.orders").rows().count == 4)
            #expect(try await browser.query("select 'x', pg_sleep(0)").rows().count == 1)
            #expect(try await browser.query("table shop.orders;").rows().count == 4)
            let late = try await browser.query("select 'é', (country || 'x')::int from shop.orders")
            #expect(late.status == 422)
            let place = try await browser.query("select 'é', nope from shop.orders")
            #expect(place.json["position"] as? Int == 13)
        }
    }

    @Test("many rows end where the answer is full, and say so") func rows() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(
                "select repeat('x', 1000000) from generate_series(1, 1000)", rowsMax: 10_000)
            #expect(answer.status == 200)
            #expect(answer.json["truncated"] as? Bool == true)
            #expect(answer.rows().count == 16)
        }
    }

    @Test("downloads that nobody reads take no connection from charts, nor from others, and end") func unread()
        async throws
    {
        try await ServiceFixture.run(["BI_CSV_SEND_TIMEOUT": "2s", "BI_CONNECTIONS_MAX": "2"]) { fixture in
            let browser = try await fixture.browser("editor")
            let second = try await fixture.browser("second")
            let sql = "select repeat('x', 100000), generate_series(1, 1000000000)"
            let id = UUID().uuidString.lowercased()
            #expect(try await browser.query(sql, rowsMax: 1, id: id).status == 200)
            try await fixture.live { port in
                let clients = try (0..<8).map { _ in try RawClient(port: port) }
                for client in clients { try client.send("GET", "/api/v1/queries/\(id)/csv", as: browser) }
                var answers: [String] = []
                for client in clients { answers.append(String(await client.read(12).suffix(3))) }
                #expect(answers.count { $0 == "200" } == 4, "\(answers)")
                #expect(answers.count { $0 == "503" } == 4, "\(answers)")
                #expect(try await browser.query("select 1").status == 503, "downloads count")
                let charts = try await second.post("/api/v1/dashboards/shop/data")
                #expect(charts.rows(of: "total").count == 1)
                #expect(try await second.query("select 1").status == 200)
                while fixture.service.running.count > 0 { try await Task.sleep(for: .milliseconds(20)) }
                while try await Self.active(fixture, "%generate_series(1, 1000000000)%") > 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await browser.query("select 1").status == 200)
            }
        }
    }

    @Test("a download that fails before its first row is a problem, not half a file") func failing() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let id = UUID().uuidString.lowercased()
            #expect(
                try await browser.query("select 1 / (amount - 10) from shop.orders order by amount", id: id).status
                    == 422)
            let answer = try await browser.get("/api/v1/queries/\(id)/csv")
            #expect(answer.status == 422)
            #expect(answer.json["detail"] as? String == "division by zero (SQLSTATE 22012)")
        }
    }

    @Test("who hangs up has no query any more: SQL page, download, chart") func gone() async throws {
        try await ServiceFixture.run { fixture in
            try await fixture.owner.execute("CREATE VIEW shop.nothing AS SELECT 1 AS x FROM pg_sleep(61)")
            try await fixture.owner.execute("GRANT SELECT ON shop.nothing TO \(identifier: fixture.database)")
            let browser = try await fixture.browser("editor")
            let id = UUID().uuidString.lowercased()
            async let first = browser.query("select pg_sleep(62)", id: id)
            while try await Self.active(fixture, "%pg_sleep(62)%") == 0 { await Task.yield() }
            #expect(try await browser.ask(.delete, "/api/v1/queries/\(id)").status == 204)
            #expect(try await first.status == 409)
            try await fixture.live { port in
                for (method, path, body, pattern) in [
                    ("POST", "/api/v1/queries", #"{"sql":"select pg_sleep(60)"}"#, "%pg_sleep(60)%"),
                    ("GET", "/api/v1/queries/\(id)/csv", "", "%pg_sleep(62)%"),
                    ("POST", "/api/v1/charts/broken/data", "{}", "%shop%nothing%"),
                    ("POST", "/api/v1/dashboards/wreck/data", "{}", "%shop%nothing%"),
                ] {
                    let client = try RawClient(port: port)
                    try client.send(method, path, as: browser, body)
                    while try await Self.active(fixture, pattern) == 0 { await Task.yield() }
                    client.hangUp()
                    while try await Self.active(fixture, pattern) > 0 { try await Task.sleep(for: .milliseconds(10)) }
                }
                while fixture.service.running.count > 0 { await Task.yield() }
                let client = try RawClient(port: port)
                for _ in 0..<2 {
                    try client.send("POST", "/api/v1/queries", as: browser, #"{"sql":"select 1"}"#)
                    #expect(await client.readAnswer().hasPrefix("HTTP/1.1 200"), "the connection serves on")
                }
            }
        }
    }

    static let mistakes: [(sql: String, words: String)] = [
        ("select chr(0)", "null character not permitted"), ("select $1", "There is no value for $1"),
        ("select " + (1...5_000).map { "\($0)" }.joined(separator: ", "), "target lists can have at most"),
        ("select repeat('x', 2000000000)", "requested length too large"),
        ("select (select n from generate_series(1, 2) n)", "more than one row"),
        ("select '1'::int / 0", "division by zero"), ("select 'x'::date", "invalid input syntax for type date"),
        ("select pg_size_bytes('1 x')", "invalid size"), ("select * from nowhere.t", "does not exist"),
        ("select lpad('x', 600000000) || lpad('x', 600000000)", ""),
        ("select array_fill(1, array[100000, 100000])", "array size exceeds"),
    ]

    @Test("what is wrong with a statement is told in the database's words", arguments: mistakes)
    func words(sql: String, words: String) async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(sql)
            #expect(answer.status == 422, "\(answer.text.prefix(300))")
            #expect(answer.json["code"] as? String == "refused")
            #expect(
                (answer.json["detail"] as? String ?? "").contains(words) || words.isEmpty, "\(answer.text.prefix(300))")
            let history = try await browser.get("/api/v1/queries").json["queries"] as? [[String: Any]]
            #expect(history?.first?["state"] as? String == "failed")
        }
    }

    @Test("without a database: 503, whatever is asked") func away() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            #expect(try await browser.get("/api/v1/dashboards").status == 200)
            try await fixture.closed {
                let charts = try await browser.post("/api/v1/dashboards/shop/data")
                #expect(charts.status == 200)
                let chart = (charts.json["charts"] as? [String: Any])?["total"] as? [String: Any]
                #expect((chart?["error"] as? [String: Any])?["status"] as? Int == 503, "\(charts.text)")
                #expect(!charts.text.contains(fixture.database))
                #expect(try await browser.post("/api/v1/charts/total/data").status == 503)
                let query = try await browser.query("select 1")
                #expect(query.status == 503, "\(query.text)")
                #expect(!query.text.contains(fixture.database))
                #expect(try await browser.get("/api/v1/queries").status == 503)
                #expect(fixture.service.chartEngine.answering.health != .ok)
            }
            #expect(try await browser.post("/api/v1/charts/total/data").status == 200)
            #expect(fixture.service.chartEngine.answering.health == .ok)
        }
    }

    static func active(_ fixture: ServiceFixture, _ pattern: String) async throws -> Int {
        try await fixture.owner.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = \(fixture.database) AND state = 'active' AND query LIKE \(pattern) AND pid <> pg_backend_pid()
            """
        ).one().get(0)
    }
}
