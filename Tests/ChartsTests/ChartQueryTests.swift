import Charts
import Foundation
import Pipeline
import SQL
import Testing

@Suite("A chart becomes SQL") struct ChartQueryTests {
    static let datasets = """
        datasets:
          visits:
            model: analytics.visits
            time_column: {name: day, type: date}
            dimensions: {country: , device: lower(device)}
            metrics: {visits: sum(visits), people: count(distinct person), share: sum(visits) filter (where paid) * 1.0 / sum(visits)}
          sessions:
            model: Web Shop.Sessions
            time_column: started_at
            dimensions: {user: user_id}
            metrics: {sessions: count(*)}
        charts:

        """

    static let cases: [(chart: String, request: ChartRequest, sql: String)] = [
        (
            "{type: line, dataset: visits, x: time, grain: day, metrics: [visits]}", ChartRequest(),
            "SELECT day AS time, SUM(visits) AS visits FROM analytics.visits WHERE day IS NOT NULL "
                + "GROUP BY day ORDER BY time LIMIT 10001"
        ),
        (
            "{type: line, dataset: visits, x: time, grain: week, metrics: [people], series: device, limit: 10}",
            ChartRequest(range: november, values: ["country": ["NO", "it's"], "unknown": ["x"]]),
            "SELECT CAST(DATE_TRUNC('week', day) AS DATE) AS time, LOWER(device) AS device, COUNT(DISTINCT person) AS people "
                + "FROM analytics.visits WHERE day IS NOT NULL AND day >= DATE '2026-11-01' AND day < DATE '2026-12-01' "
                + "AND CAST(country AS TEXT) IN ('NO', 'it''s') "
                + "GROUP BY CAST(DATE_TRUNC('week', day) AS DATE), LOWER(device) ORDER BY time, device LIMIT 11"
        ),
        (
            "{type: bar, dataset: sessions, x: time, grain: hour, metric: sessions}",
            ChartRequest(range: novemberInOslo, timeZone: "Europe/Oslo"),
            "SELECT DATE_TRUNC('hour', started_at, 'Europe/Oslo') AS time, COUNT(*) AS sessions "
                + "FROM \"Web Shop\".\"Sessions\" WHERE started_at IS NOT NULL "
                + "AND started_at >= TIMESTAMPTZ '2026-10-31 23:00:00+00' AND started_at < TIMESTAMPTZ '2026-11-30 23:00:00+00' "
                + "GROUP BY DATE_TRUNC('hour', started_at, 'Europe/Oslo') ORDER BY time LIMIT 10001"
        ),
        (
            "{type: pie, dataset: visits, dimension: country, metric: visits, filters: {device: [phone]}}",
            ChartRequest(),
            "SELECT country AS country, SUM(visits) AS visits FROM analytics.visits "
                + "WHERE CAST(LOWER(device) AS TEXT) IN ('phone') GROUP BY country "
                + "ORDER BY visits DESC NULLS LAST, country LIMIT 1001"
        ),
        (
            "{type: pie, dataset: visits, dimension: device, metric: people, filters: {country: [null]}}",
            ChartRequest(values: ["country": [nil, "NO"]]),
            "SELECT LOWER(device) AS device, COUNT(DISTINCT person) AS people FROM analytics.visits "
                + "WHERE country IS NULL AND (country IS NULL OR CAST(country AS TEXT) IN ('NO')) GROUP BY LOWER(device) "
                + "ORDER BY people DESC NULLS LAST, device LIMIT 1001"
        ),
        (
            "{type: big_number, dataset: visits, metric: people}", ChartRequest(),
            "SELECT COUNT(DISTINCT person) AS people FROM analytics.visits LIMIT 2"
        ),
        (
            "{type: big_number, dataset: visits, metric: people, trend: month}", ChartRequest(),
            "SELECT CAST(DATE_TRUNC('month', day) AS DATE) AS time, COUNT(DISTINCT person) AS people FROM analytics.visits "
                + "WHERE day IS NOT NULL GROUP BY GROUPING SETS ((), (CAST(DATE_TRUNC('month', day) AS DATE))) "
                + "ORDER BY time NULLS FIRST LIMIT 10001"
        ),
        (
            "{type: table, dataset: visits, dimensions: [country, device], metrics: [share], sort: share desc, limit: 20}",
            ChartRequest(rowsMax: 5),
            "SELECT country AS country, LOWER(device) AS device, "
                + "SUM(visits) FILTER(WHERE paid) * 1.0 / SUM(visits) AS share FROM analytics.visits "
                + "GROUP BY country, LOWER(device) ORDER BY share DESC NULLS LAST, country, device LIMIT 6"
        ),
        (
            "{type: histogram, dataset: sessions, per: user, metric: sessions, bin_width: 5}", ChartRequest(),
            "SELECT CAST(FLOOR(CAST(amounts.amount AS NUMERIC) / 5) * 5 AS BIGINT) AS bin, COUNT(*) AS count FROM "
                + "(SELECT user_id AS user, COUNT(*) AS amount FROM \"Web Shop\".\"Sessions\" GROUP BY user_id) AS amounts "
                + "WHERE amounts.amount IS NOT NULL "
                + "GROUP BY CAST(FLOOR(CAST(amounts.amount AS NUMERIC) / 5) * 5 AS BIGINT) ORDER BY bin LIMIT 10001"
        ),
    ]

    static let more: [(chart: String, sql: String)] = [
        (
            "{type: combined, dataset: visits, x: time, grain: month, bars: [visits], lines: [people, visits]}",
            "SELECT CAST(DATE_TRUNC('month', day) AS DATE) AS time, SUM(visits) AS visits, COUNT(DISTINCT person) AS people "
                + "FROM analytics.visits WHERE day IS NOT NULL GROUP BY CAST(DATE_TRUNC('month', day) AS DATE) ORDER BY time "
                + "LIMIT 10001"
        ),
        (
            "{type: scatter, dataset: visits, dimension: country, x: visits, y: people, size: visits, series: device}",
            "SELECT country AS country, LOWER(device) AS device, SUM(visits) AS visits, COUNT(DISTINCT person) AS people "
                + "FROM analytics.visits GROUP BY country, LOWER(device) ORDER BY visits DESC NULLS LAST, country, device "
                + "LIMIT 2001"
        ),
        (
            "{type: heatmap, dataset: visits, x: device, y: country, metric: visits, sort: visits desc}",
            "SELECT LOWER(device) AS device, country AS country, SUM(visits) AS visits FROM analytics.visits "
                + "GROUP BY LOWER(device), country ORDER BY visits DESC NULLS LAST, country LIMIT 10001"
        ),
        (
            "{type: calendar, dataset: visits, metric: visits}",
            "SELECT day AS time, SUM(visits) AS visits FROM analytics.visits WHERE day IS NOT NULL GROUP BY day "
                + "ORDER BY time LIMIT 4001"
        ),
        (
            "{type: funnel, dataset: visits, dimension: device, metric: people, sort: device}",
            "SELECT LOWER(device) AS device, COUNT(DISTINCT person) AS people FROM analytics.visits GROUP BY LOWER(device) "
                + "ORDER BY device LIMIT 51"
        ),
        (
            "{type: treemap, dataset: visits, dimensions: [country, device], metric: visits, limit: 7}",
            "SELECT country AS country, LOWER(device) AS device, SUM(visits) AS visits FROM analytics.visits "
                + "GROUP BY country, LOWER(device) ORDER BY visits DESC NULLS LAST, country, device LIMIT 8"
        ),
        (
            "{type: sunburst, dataset: visits, dimensions: country, metric: visits}",
            "SELECT country AS country, SUM(visits) AS visits FROM analytics.visits GROUP BY country "
                + "ORDER BY visits DESC NULLS LAST, country LIMIT 2001"
        ),
        (
            "{type: sankey, dataset: visits, from: country, to: device, metric: visits}",
            "SELECT country AS country, LOWER(device) AS device, SUM(visits) AS visits FROM analytics.visits "
                + "GROUP BY country, LOWER(device) ORDER BY visits DESC NULLS LAST, country, device LIMIT 501"
        ),
        (
            "{type: gauge, dataset: visits, metric: people, highest: 100}",
            "SELECT COUNT(DISTINCT person) AS people FROM analytics.visits LIMIT 2"
        ),
        (
            "{type: waterfall, dataset: visits, x: time, grain: year, metric: visits}",
            "SELECT CAST(DATE_TRUNC('year', day) AS DATE) AS time, SUM(visits) AS visits FROM analytics.visits "
                + "WHERE day IS NOT NULL GROUP BY CAST(DATE_TRUNC('year', day) AS DATE) ORDER BY time LIMIT 201"
        ),
        (
            "{type: pivot, dataset: visits, rows: [country], columns: [device], metrics: [people]}",
            "SELECT country AS country, LOWER(device) AS device, COUNT(DISTINCT person) AS people FROM analytics.visits "
                + "GROUP BY country, LOWER(device) ORDER BY country, device LIMIT 5001"
        ),
        (
            "{type: pivot, dataset: visits, rows: country, columns: device, metric: people, totals: true}",
            "SELECT country AS country, LOWER(device) AS device, GROUPING(country) * 2 + GROUPING(LOWER(device)) AS level, "
                + "COUNT(DISTINCT person) AS people FROM analytics.visits GROUP BY GROUPING SETS ((country, LOWER(device)), "
                + "(country), (LOWER(device)), ()) ORDER BY level, country, device LIMIT 5001"
        ),
    ]

    @Test("of every kind", arguments: more.indices)
    func kinds(index: Int) throws {
        let (chart, expected) = Self.more[index]
        let query = try #require(try Self.book(chart).query(for: "c", ChartRequest()))
        #expect(Self.comparable(query.sql(.postgres)) == Self.comparable(expected))
        let kind = try #require(try Self.book(chart).definitions.chart("c")).kind
        #expect(Set(kind.metrics).isSubset(of: query.columns.map(\.name)))
        #expect(Set(kind.dimensions).isSubset(of: query.columns.map(\.name)))
    }

    @Test("each kind has a name of its own, a test of its query, and a module of the pages") func allKinds() throws {
        let names = ChartKinds.all.map { $0.name }
        #expect(Set(names).count == names.count && names.count >= 18)
        let tested = (Self.cases.map(\.chart) + Self.more.map(\.chart)).joined()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let modules = root.appending(path: "Services/BIAPI/Public/assets/kinds")
        let index = try String(contentsOf: modules.appending(path: "index.js"), encoding: .utf8)
        let readme = try String(contentsOf: root.appending(path: "Services/BIAPI/README.md"), encoding: .utf8)
        for name in names {
            if name != "area" { #expect(tested.contains("type: \(name),"), "no query of \(name)") }
            #expect(FileManager.default.fileExists(atPath: modules.appending(path: "\(name).js").path), "\(name).js")
            #expect(index.contains("./\(name).js"), "index.js leaves \(name) out")
            #expect(readme.contains("`\(name)`"), "the README leaves \(name) out")
        }
    }

    @Test("of the expected form", arguments: cases.indices)
    func golden(index: Int) throws {
        let (chart, request, expected) = Self.cases[index]
        let query = try #require(try Self.book(chart).query(for: "c", request))
        #expect(Self.comparable(query.sql(.postgres)) == Self.comparable(expected))
        #expect(query.columns.count == query.columns.map(\.name).count)
    }

    @Test(
        "a metric that is more than an expression over columns is refused at its place",
        arguments: [
            ("(select 1)", "may not hold a query"),
            ("sum(visits) + (select max(x) from secrets)", "may not hold a query"),
            ("count(*) filter (where person in (select id from secrets))", "may not hold a query"),
            ("count(*) filter (where exists (select 1))", "may not hold a query"),
            ("coalesce(sum(visits), array_length(array(select 1), 1))", "may not hold a query"),
            ("case when true then (select 1) else 0 end", "may not hold a query"),
            ("sum(visits) over ()", "may not be a window function"),
            ("sum(visits) from secrets", "is not an SQL expression"),
            ("sum(visits); drop table x", "is not an SQL expression"),
            ("sum(visits) -- ) x", ""),
            ("sum(visits", "is not an SQL expression"),
            ("$1", "takes no parameters"),
            ("*", "is not"),
        ])
    func refused(expression: String, message: String) throws {
        let yaml = """
            datasets:
              visits:
                model: analytics.visits
                metrics:
                  visits: "\(expression)"
            """
        let definitions = try DashboardReaderTests.parse(yaml)
        guard !message.isEmpty else {
            #expect(throws: Never.self) { try ChartBook(definitions) }
            return
        }
        let error = try #require(throws: PipelineError.self) { try ChartBook(definitions) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.line == 5)
    }

    @Test(
        "what a reader sends stays a literal",
        arguments: [
            "' or 1=1 --", "'); drop table users; --", "\\'", "$$x$$", "a\u{0}b", "\"", "/*", "ｘ'",
            "' union select * from secrets --",
        ])
    func injection(value: String) throws {
        let chart = "{type: pie, dataset: visits, dimension: country, metric: visits}"
        let query = try #require(try Self.book(chart).query(for: "c", ChartRequest(values: ["country": [value]])))
        let again = try parseQuery(query.sql(.postgres), dialect: .postgres)
        #expect(again == query.query)
        #expect(again.tableReferences().map(\.name.description) == ["analytics.visits"])
    }

    @Test(
        "a unit that is not over is told, where the range reaches it",
        arguments: [
            ("visits, x: time, grain: day", "UTC", "all", "2026-11-23"),
            ("visits, x: time, grain: week", "UTC", "last 2 weeks", "2026-11-23"),
            ("visits, x: time, grain: month", "UTC", "this month", "2026-11-01"),
            ("visits, x: time, grain: month", "UTC", "last month", nil),
            ("visits, x: time, grain: day", "Europe/Oslo", "all", "2026-11-24"),
            ("visits, x: country", "UTC", "all", nil),
            ("sessions, x: time, grain: hour", "Asia/Kathmandu", "all", "2026-11-23 23:15:00+00"),
            ("sessions, x: time, grain: day", "UTC", "yesterday", nil),
        ] as [(String, String, String, String?)])
    func partial(chart: String, zone: String, range: String, from: String?) throws {
        let now = try Date("2026-11-23T23:30:00Z", strategy: .iso8601)
        let metric = chart.hasPrefix("visits") ? "visits" : "sessions"
        let book = try Self.book("{type: line, dataset: \(chart), metrics: [\(metric)]}")
        let written = try #require(TimeRangeDefinition(range)), place = try #require(TimeZone(identifier: zone))
        let request = ChartRequest(
            range: TimeRange(written, now: now, timeZone: place), timeZone: zone, now: now)
        #expect(try book.query(for: "c", request)?.partialFrom == from)
    }

    @Test("values of a filter, NULL among them, and a search that stays a literal") func values() throws {
        let book = try Self.book("{type: big_number, dataset: visits, metric: people}")
        let all = try #require(book.valuesQuery(of: "device", in: "visits", containing: "", limit: 10))
        #expect(
            Self.comparable(all.sql(.postgres))
                == "select distinct cast(lower(device) as text) as value from analytics.visits "
                + "order by value nulls first limit 11")
        let some = try #require(book.valuesQuery(of: "country", in: "visits", containing: "n'O%", limit: 10))
        #expect(
            Self.comparable(some.sql(.postgres))
                == "select distinct cast(country as text) as value from analytics.visits "
                + "where strpos(lower(cast(country as text)), lower('n''o%')) > 0 order by value nulls first limit 11")
        #expect(book.valuesQuery(of: "nothing", in: "visits", containing: "", limit: 10) == nil)
    }

    @Test("a zone is checked before it gets into SQL") func zone() throws {
        let book = try Self.book("{type: pie, dataset: visits, dimension: country, metric: visits}")
        #expect(throws: ChartError.unknownTimeZone("UTC'; select 1")) {
            try book.query(for: "c", ChartRequest(timeZone: "UTC'; select 1"))
        }
    }

    @Test("hours of a column of days are refused") func grain() throws {
        #expect(throws: PipelineError.self) {
            try Self.book("{type: line, dataset: visits, x: time, grain: hour, metric: visits}")
        }
    }

    @Test(
        "the pipelines that come with Millrace have good dashboards",
        arguments: [("web-analytics", "overview"), ("subscriptions", "revenue")])
    func dashboards(pipeline: String, dashboard: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try PipelineFolder(at: root.appending(path: "Pipelines/\(pipeline)").path())
        let book = try ChartBook(try folder.dashboards())
        let charts = try #require(book.definitions.dashboard(dashboard)).charts
        #expect(charts.count >= 3)
        for chart in charts { #expect(try book.query(for: chart, ChartRequest()) != nil) }
    }

    static let novemberInOslo = TimeRange(
        .days("2026-11-01", "2026-11-30"), now: Date(), timeZone: TimeZone(identifier: "Europe/Oslo") ?? .gmt)
    static let november = TimeRange(.days("2026-11-01", "2026-11-30"), now: Date(), timeZone: .gmt)

    static func book(_ chart: String) throws -> ChartBook {
        try ChartBook(try DashboardReaderTests.parse(datasets + "  c: " + chart))
    }

    /// Functions' and keywords' case is the generator's affair.
    static func comparable(_ sql: String) -> String {
        sql.lowercased().replacing("filter(where", with: "filter (where")
    }
}
