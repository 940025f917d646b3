import Foundation
import Pipeline

extension DashboardDefinition {
    init(
        _ entry: DashboardFields.Entry, charts: [String: ChartDefinition], broken: Set<String>,
        datasets: [String: DatasetDefinition]
    ) throws(PipelineError) {
        let fields = try DashboardFields(
            entry.value, known: ["title", "description", "time_zone", "time_range", "filters", "rows"])
        let zone = try fields.string("time_zone") ?? "UTC"
        guard TimeZone(identifier: zone) != nil else {
            throw (fields["time_zone"] ?? entry.key).error("Unknown time zone `\(zone)`. Write it as Europe/Oslo.")
        }
        var rows: [Row] = []
        for row in try fields.required("rows", of: "dashboard").sequence() {
            rows.append(try Row(row, charts: broken.union(charts.keys)))
        }
        let shown = Set(rows.flatMap(\.cards).compactMap { charts[$0.chart]?.dataset }).compactMap { datasets[$0] }
        var filters: [String] = []
        for value in try fields["filters"]?.list() ?? [] {
            let name = try value.string()
            guard shown.contains(where: { $0.dimension(name) != nil }) else {
                // It may be of a chart that has a mistake.
                if rows.flatMap(\.cards).contains(where: { broken.contains($0.chart) }) { continue }
                throw value.error("No chart of this dashboard has the dimension `\(name)`.")
            }
            filters.append(name)
        }
        self.init(
            name: entry.name, title: try fields.string("title") ?? entry.label,
            description: try fields.string("description"), timeZone: zone,
            timeRange: try fields.timeRange("time_range") ?? .last(30, .day), filters: filters, rows: rows,
            place: entry.key.place)
    }
}

extension DashboardDefinition.Row {
    init(_ value: YAMLValue, charts: Set<String>) throws(PipelineError) {
        let fields = try DashboardFields(value, known: ["height", "cards"])
        var cards: [DashboardDefinition.Card] = []
        for card in try fields.required("cards", of: "row").sequence() {
            cards.append(try DashboardDefinition.Card(card, charts: charts))
        }
        let width = cards.reduce(0) { $0 + $1.width }
        guard !cards.isEmpty, width <= 12 else {
            throw value.error("The cards of a row share 12 columns; these take \(width).")
        }
        self.init(height: try fields.choice("height", of: DashboardDefinition.Height.self) ?? .medium, cards: cards)
    }
}

extension DashboardDefinition.Card {
    init(_ value: YAMLValue, charts: Set<String>) throws(PipelineError) {
        let fields = try DashboardFields(value, known: ["chart", "width"])
        let name = try fields.required("chart", of: "card")
        guard charts.contains(try name.string()) else {
            throw name.error("There is no chart `\(name.text)`.\(nearest(name.text, charts))")
        }
        self.init(chart: name.text, width: try fields.integer("width", in: 1...12) ?? 6)
    }
}
