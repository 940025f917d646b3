import Charts
import Foundation
import Pipeline
import Testing

@Suite("Dashboards are read from YAML") struct DashboardReaderTests {
    static let dataset = """
        datasets:
          visits:
            model: analytics.visits
            time_column: {name: day, type: date}
            dimensions: {country: , device: {expression: lower(device), label: Kind of device}}
            metrics: {visits: sum(visits), people: {expression: count(distinct person), format: compact}}

        """

    @Test("a whole file") func whole() throws {
        let text =
            Self.dataset + """
                charts:
                  by_day: {title: Visits, type: area, dataset: visits, x: time, grain: week, metrics: [visits, people]}
                  by_device: {type: pie, dataset: visits, dimension: device, metric: people, filters: {country: [NO, SE]}}
                dashboards:
                  main:
                    time_zone: Europe/Oslo
                    time_range: last 4 weeks
                    filters: [country]
                    rows:
                      - {height: small, cards: [{chart: by_day, width: 8}, {chart: by_device, width: 4}]}
                """
        let definitions = try Self.parse(text)
        let dataset = try #require(definitions.dataset("visits"))
        #expect(dataset.qualifiedName == "analytics.visits")
        #expect(dataset.timeColumn?.name == "day")
        #expect(dataset.timeColumn?.kind == .date)
        #expect(dataset.dimensions.map(\.label) == ["Country", "Kind of device"])
        #expect(dataset.dimensions.map(\.expression) == ["country", "lower(device)"])
        #expect(dataset.metrics.map(\.format) == [nil, .compact])
        let byDay = try #require(definitions.chart("by_day"))
        let area = try #require(byDay.kind as? AreaChart)
        #expect(area.series.x == .time(.week) && area.metrics == ["visits", "people"] && area.series.stacked)
        #expect(area.series.series == nil && area.dimensions.isEmpty && byDay.names == ["visits", "people"])
        let byDevice = try #require(definitions.chart("by_device"))
        #expect(byDevice.title == "By device")
        #expect(byDevice.names == ["device", "people", "country"])
        #expect(byDevice.filters.map(\.dimension) == ["country"])
        #expect(byDevice.filters.first?.values == ["NO", "SE"])
        let dashboard = try #require(definitions.dashboard("main"))
        #expect(dashboard.timeZone == "Europe/Oslo")
        #expect(dashboard.timeRange == .last(4, .week))
        #expect(dashboard.charts == ["by_day", "by_device"])
        #expect(dashboard.rows.first?.height == .small)
    }

    @Test(
        "a mistake is named with its place",
        arguments: [
            ("charts: {a: {type: pie, dataset: nope, dimension: x, metric: y}}", 8, "There is no dataset `nope`."),
            ("charts:\n  a:\n    type: spider\n    dataset: visits", 10, "Unknown chart type `spider`."),
            ("charts:\n  a: {type: line, dataset: visits, x: time, metrics: [vists]}", 9, "has no metric `vists`."),
            ("charts:\n  a: {type: bar, dataset: visits, x: city, metrics: visits}", 9, "has no dimension `city`."),
            ("charts:\n  a: {type: pie, dataset: visits, dimension: country}", 9, "A pie needs `metric`."),
            (
                "charts:\n  a: {type: big_number, dataset: visits, metric: visits, colour: red}", 9,
                "Unknown key `colour`."
            ),
            (
                "charts:\n  a: {type: table, dataset: visits, metrics: [visits], sort: people desc}", 9,
                "This chart has no `people`."
            ),
            (
                "charts:\n  a: {type: table, dataset: visits, metrics: [visits], limit: lots}", 9,
                "`limit` is a whole number"
            ),
            ("charts:\n  a: {type: gauge, dataset: visits, metric: visits, highest: -1}", 9, "above `lowest`"),
            ("charts:\n  a: {type: gauge, dataset: visits, metric: visits, highest: nan}", 9, "`highest` is a number."),
            ("charts:\n  a: {type: gauge, dataset: visits, metric: visits}", 9, "A gauge needs `highest`."),
            (
                "charts:\n  a: {type: sankey, dataset: visits, from: device, to: device, metric: visits}", 9,
                "`from` and `to` are two dimensions"
            ),
            (
                "charts:\n  a: {type: heatmap, dataset: visits, x: device, y: device, metric: visits}", 9,
                "`x` and `y` are two dimensions"
            ),
            (
                "charts:\n  a: {type: heatmap, dataset: visits, x: time, grain: hour, y: device, metric: visits}", 9,
                "holds days"
            ),
            ("charts:\n  a: {type: treemap, dataset: visits, dimensions: [], metric: visits}", 9, "one to four"),
            ("charts:\n  a: {type: sunburst, dataset: visits, metric: visits}", 9, "A sunburst needs `dimensions`."),
            (
                "charts:\n  a: {type: pivot, dataset: visits, rows: [device], columns: [device], metrics: visits}", 9,
                "A pivot needs `rows` and `columns`"
            ),
            ("charts:\n  a: {type: combined, dataset: visits, x: device, bars: [visits]}", 9, "needs `lines`"),
            (
                "charts:\n  a: {type: scatter, dataset: visits, dimension: device, x: visits, y: vists}", 9,
                "has no metric `vists`."
            ),
            ("charts:\n  a: {type: lines, dataset: visits, x: time, metrics: visits}", 9, "Did you mean `line`?"),
            ("dashboards:\n  d: {time_zone: Mars/Olympus, rows: []}", 9, "Unknown time zone `Mars/Olympus`."),
            ("dashboards:\n  d: {time_range: lately, rows: []}", 9, "Expected `all`, `today`"),
            ("dashboards:\n  d:\n    rows:\n      - {cards: [{chart: nope}]}", 11, "There is no chart `nope`."),
            ("more: true", 8, "Unknown key `more`."),
        ])
    func mistakes(addition: String, line: Int, message: String) throws {
        let error = try #require(throws: PipelineError.self) { try Self.parse(Self.dataset + "\n" + addition) }
        #expect(error.file == "dashboards/test.yaml")
        #expect(error.message.contains(message), "\(error)")
        #expect(error.line == line, "\(error)")
    }

    @Test("a name is used once over all files") func names() throws {
        let twice = [
            SourceFile(path: "dashboards/a.yaml", text: Self.dataset),
            SourceFile(path: "dashboards/b.yaml", text: Self.dataset),
        ]
        let error = try #require(throws: PipelineError.self) { try DashboardDefinitions(parsing: twice) }
        #expect(error.description.hasPrefix("dashboards/b.yaml:2:"))
        #expect(error.message.contains("also in dashboards/a.yaml:2"))
    }

    @Test("what has a mistake is set aside, with what stands on it; the rest can be used") func reading() {
        let definitions = DashboardDefinitions(
            reading: DashboardSources(
                files: [
                    SourceFile(path: "dashboards/a.yaml", text: "datasets: ["),
                    SourceFile(path: "dashboards/b.yaml", text: Self.dataset),
                    SourceFile(
                        path: "dashboards/c.yaml",
                        text: """
                            datasets: {ill: {metrics: {x: count(*)}}, unparsed: {model: a.b, metrics: {x: count(}}}
                            charts:
                              good: {type: big_number, dataset: visits, metric: visits}
                              bad: {type: big_number, dataset: visits, metric: nope}
                              over_ill: {type: big_number, dataset: ill, metric: x}
                              over_unparsed: {type: big_number, dataset: unparsed, metric: x}
                            dashboards:
                              d: {rows: [{cards: [{chart: good}, {chart: bad}]}]}
                              e: {rows: [{cards: [{chart: none}]}]}
                            """),
                ]))
        #expect(
            definitions.mistakes.map { "\($0.part) \($0.name) \($0.error.line ?? 0)" }
                == ["file dashboards/a.yaml 2", "dataset ill 1", "chart bad 4", "chart over_ill 5", "dashboard e 9"])
        #expect(definitions.dashboard("d")?.charts == ["good", "bad"])
        let book = ChartBook(using: definitions)
        #expect(book.definitions.charts.map(\.name) == ["good"])
        #expect(book.definitions.mistake(.dataset, "unparsed")?.line == 1)
        #expect(
            book.definitions.mistake(.chart, "over_unparsed")?.message
                == "Its dataset `unparsed` has a mistake: dashboards/c.yaml:1.")
    }

    @Test("charts of one file may use datasets of another") func acrossFiles() throws {
        let chart = "charts: {c: {type: big_number, dataset: visits, metric: visits}}"
        let definitions = try DashboardDefinitions(parsing: [
            SourceFile(path: "dashboards/a.yaml", text: chart),
            SourceFile(path: "dashboards/b.yaml", text: Self.dataset),
        ])
        #expect(definitions.chart("c")?.dataset == "visits")
    }

    @Test(
        "time ranges as people write them",
        arguments: [
            ("all", TimeRangeDefinition.all), ("today", .last(1, .day)), ("last 14 days", .last(14, .day)),
            ("Last 1 hour", .last(1, .hour)), ("yesterday", .previous(.day)), ("last week", .previous(.week)),
            ("Last Quarter", .previous(.quarter)), ("this month", .last(1, .month)), ("last 1 day", .last(1, .day)),
            ("2026-11-01 to 2026-11-30", .days("2026-11-01", "2026-11-30")),
        ])
    func ranges(text: String, range: TimeRangeDefinition) {
        #expect(TimeRangeDefinition(text) == range)
        #expect(TimeRangeDefinition(range.text) == range)
    }

    @Test(
        "what is no time range",
        arguments: [
            "", "last", "last 0 days", "last -3 days", "last 99999999 days", "2026-11-30 to 2026-11-01",
            "2026-13-01 to 2026-13-02", "last 3 fortnights", "last days", "this fortnight", "yesterday 2", "' to '",
            "2026-11-01' to 2026-11-30",
        ])
    func noRanges(text: String) { #expect(TimeRangeDefinition(text) == nil) }

    static func parse(_ text: String) throws(PipelineError) -> DashboardDefinitions {
        try DashboardDefinitions(parsing: [SourceFile(path: "dashboards/test.yaml", text: text)])
    }
}
