import Charts
import Pipeline

/// A dashboard in the list of all.
struct DashboardSummary: Encodable, Sendable {
    let name: String
    let title: String
    let description: String?
    let charts: Int

    init(_ dashboard: DashboardDefinition) {
        name = dashboard.name
        title = dashboard.title
        description = dashboard.description
        charts = dashboard.charts.count
    }
}

/// The list of all dashboards.
struct DashboardList: Encodable, Sendable {
    /// What is set aside, and why.
    struct Mistake: Encodable, Sendable {
        /// `file`, `dataset`, `chart` or `dashboard`.
        let part: String
        let name: String
        let file: String
        let line: Int?
        let detail: String
    }

    let dashboards: [DashboardSummary]
    let mistakes: [Mistake]

    init(_ definitions: DashboardDefinitions) {
        dashboards = definitions.dashboards.map(DashboardSummary.init)
        mistakes = definitions.mistakes.map { mistake in
            Mistake(
                part: mistake.part.rawValue, name: mistake.name, file: mistake.error.file, line: mistake.error.line,
                detail: mistake.error.message)
        }
    }
}

/// A dashboard with what a page needs to draw it, data aside.
struct DashboardAnswer: Encodable, Sendable {
    struct Row: Encodable, Sendable {
        let height: String
        let cards: [Card]
    }

    struct Card: Encodable, Sendable {
        let chart: String
        let width: Int
    }

    struct Filter: Encodable, Sendable {
        let dimension: String
        let label: String
        /// The charts that it reaches: those whose dataset has the dimension.
        let charts: [String]
    }

    let name: String
    let title: String
    let description: String?
    let timeZone: String
    let timeRange: String
    let filters: [Filter]
    let rows: [Row]
    let charts: [String: ChartAnswer]

    enum CodingKeys: String, CodingKey {
        case name, title, description, timeZone = "time_zone", timeRange = "time_range", filters, rows, charts
    }

    init(_ dashboard: DashboardDefinition, in definitions: DashboardDefinitions) {
        name = dashboard.name
        title = dashboard.title
        description = dashboard.description
        timeZone = dashboard.timeZone
        timeRange = dashboard.timeRange.text
        let charts = dashboard.charts.compactMap(definitions.chart)
        filters = dashboard.filters.map { dimension in
            let reached = charts.filter { definitions.dataset($0.dataset)?.dimension(dimension) != nil }
            let label = reached.lazy.compactMap { definitions.dataset($0.dataset)?.dimension(dimension)?.label }.first
            return Filter(dimension: dimension, label: label ?? dimension, charts: reached.map(\.name))
        }
        rows = dashboard.rows.map { row in
            Row(height: row.height.rawValue, cards: row.cards.map { Card(chart: $0.chart, width: $0.width) })
        }
        var answers: [String: ChartAnswer] = [:]
        for chart in charts {
            guard let dataset = definitions.dataset(chart.dataset) else { continue }
            answers[chart.name] = ChartAnswer(chart, dataset)
        }
        for name in dashboard.charts where answers[name] == nil {
            answers[name] = ChartAnswer(name, setAside: definitions.mistake(.chart, name))
        }
        self.charts = answers
    }
}

/// What a page needs to draw a chart's data.
struct ChartAnswer: Encodable, Sendable {
    let name: String
    let title: String
    let description: String?
    let kind: String
    let dataset: String?
    let relation: String?
    /// Why the chart cannot be drawn.
    var mistake: String?
    /// A range of its own, in place of the dashboard's.
    var timeRange: String?
    /// True when its rows belong to no moment, so that no range reaches it.
    var isTimeless: Bool?
    var grain: String?
    /// What its kind has to say, beside these.
    var options: [String: ChartOption] = [:]

    enum CodingKeys: String, CodingKey {
        case name, title, description, kind, dataset, relation, mistake, grain
        case timeRange = "time_range", isTimeless = "timeless"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(title, forKey: .title)
        try fields.encodeIfPresent(description, forKey: .description)
        try fields.encode(kind, forKey: .kind)
        try fields.encodeIfPresent(dataset, forKey: .dataset)
        try fields.encodeIfPresent(relation, forKey: .relation)
        try fields.encodeIfPresent(mistake, forKey: .mistake)
        try fields.encodeIfPresent(timeRange, forKey: .timeRange)
        try fields.encodeIfPresent(isTimeless, forKey: .isTimeless)
        try fields.encodeIfPresent(grain, forKey: .grain)
        var more = encoder.container(keyedBy: OptionKey.self)
        for (name, option) in options {
            let key = OptionKey(stringValue: name)
            switch option {
            case .text(let text): try more.encode(text, forKey: key)
            case .texts(let texts): try more.encode(texts, forKey: key)
            case .flag(let flag): try more.encode(flag, forKey: key)
            case .number(let number): try more.encode(number, forKey: key)
            }
        }
    }

    private struct OptionKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// A chart that was set aside.
    init(_ name: String, setAside error: PipelineError?) {
        self.name = name
        title = name
        description = nil
        kind = "none"
        dataset = nil
        relation = nil
        mistake = error?.description ?? "There is no such chart."
    }

    init(_ chart: ChartDefinition, _ dataset: DatasetDefinition) {
        name = chart.name
        title = chart.title
        description = chart.description
        kind = chart.kind.name
        self.dataset = dataset.name
        relation = dataset.qualifiedName
        timeRange = chart.timeRange?.text
        if dataset.timeColumn == nil { isTimeless = true }
        grain = chart.kind.grain?.rawValue
        options = chart.kind.options(over: dataset)
    }
}
