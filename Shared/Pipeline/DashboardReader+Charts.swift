import Foundation

extension ChartDefinition {
    private static let common: Set<String> = [
        "title", "description", "type", "dataset", "filters", "time_range", "limit",
    ]
    private static let perKind: [String: Set<String>] = [
        "line": ["x", "grain", "metrics", "metric", "series", "stacked", "sort"],
        "area": ["x", "grain", "metrics", "metric", "series", "stacked", "sort"],
        "bar": ["x", "grain", "metrics", "metric", "series", "stacked", "sort"],
        "pie": ["dimension", "metric", "donut"],
        "big_number": ["metric", "trend"],
        "table": ["dimensions", "metrics", "sort"],
        "histogram": ["per", "metric", "bin_width"],
    ]

    init(_ entry: DashboardFields.Entry, datasets: [String: DatasetDefinition]) throws(PipelineError) {
        let written = try DashboardFields(entry.value, known: nil)
        let type = try written.required("type", of: "chart")
        let kind = try type.string()
        guard let own = Self.perKind[kind] else {
            throw type.error(
                "Unknown chart type `\(kind)`. Known: \(Self.perKind.keys.sorted().joined(separator: ", ")).")
        }
        let fields = try DashboardFields(entry.value, known: Self.common.union(own))
        let datasetValue = try fields.required("dataset", of: "chart")
        guard let dataset = datasets[try datasetValue.string()] else {
            throw datasetValue.error(
                "There is no dataset `\(datasetValue.text)`.\(nearest(datasetValue.text, datasets.keys))")
        }
        let parts = ChartFields(fields: fields, dataset: dataset, entry: entry)
        var filters: [ValueFilter] = []
        for filter in try fields.entries("filters") {
            var values: [String?] = filter.value.isNull ? [nil] : []
            for value in try filter.value.list() { values.append(value.isNull ? nil : try value.string()) }
            filters.append(ValueFilter(dimension: try parts.dimension(filter.key), values: values))
        }
        let range = try fields.timeRange("time_range")
        if let range, range != .all, dataset.timeColumn == nil {
            throw (fields["time_range"] ?? entry.key).error("The dataset `\(dataset.name)` has no time_column.")
        }
        self.init(
            name: entry.name, title: try fields.string("title") ?? entry.label,
            description: try fields.string("description"), dataset: dataset.name,
            shape: try parts.shape(kind), filters: filters, timeRange: range,
            limit: try fields.integer("limit", in: 1...100_000), place: entry.key.place)
    }
}

/// The parts of a chart that name parts of its dataset.
private struct ChartFields {
    let fields: DashboardFields
    let dataset: DatasetDefinition
    let entry: DashboardFields.Entry

    func shape(_ kind: String) throws(PipelineError) -> ChartDefinition.Shape {
        switch kind {
        case "pie":
            return .pie(
                dimension: try dimension(try fields.required("dimension", of: "pie")),
                metric: try metric(try fields.required("metric", of: "pie")), donut: try fields.flag("donut") ?? false)
        case "big_number":
            let trend = try fields.choice("trend", of: TimeGrain.self)
            if trend != nil { try requireTime(fields["trend"]) }
            return .bigNumber(metric: try metric(try fields.required("metric", of: "big_number")), trend: trend)
        case "table":
            var dimensions: [String] = []
            for value in try fields["dimensions"]?.list() ?? [] { dimensions.append(try dimension(value)) }
            var metrics: [String] = []
            for value in try fields["metrics"]?.list() ?? [] { metrics.append(try metric(value)) }
            guard !dimensions.isEmpty || !metrics.isEmpty else {
                throw entry.key.error("A table needs `dimensions`, `metrics` or both.")
            }
            return .table(dimensions: dimensions, metrics: metrics, sort: try sort(of: dimensions + metrics))
        case "histogram":
            return .histogram(
                per: try dimension(try fields.required("per", of: "histogram")),
                metric: try metric(try fields.required("metric", of: "histogram")),
                binWidth: try fields.integer("bin_width", in: 1...1_000_000_000) ?? 1)
        default:
            return try series(kind)
        }
    }

    private func series(_ kind: String) throws(PipelineError) -> ChartDefinition.Shape {
        guard let mark = ChartDefinition.Mark(rawValue: kind) else {
            throw entry.key.error("The chart type `\(kind)` is not drawn along an axis.")
        }
        var metrics: [String] = []
        guard let written = fields["metrics"] ?? fields["metric"] else {
            throw entry.key.error(
                "A \(kind) chart needs `metrics`. Known: \(dataset.metrics.map(\.name).joined(separator: ", ")).")
        }
        for value in try written.list() { metrics.append(try metric(value)) }
        let series = try fields["series"].map { (value) throws(PipelineError) in try dimension(value) }
        if let value = fields["series"], metrics.count > 1 {
            throw value.error("A chart with `series` shows one metric.")
        }
        let axis: ChartDefinition.Axis
        let x = try fields.required("x", of: kind)
        if try x.string() == "time" {
            try requireTime(x)
            if let sort = fields["sort"] { throw sort.error("Along time, time is the order. Remove `sort`.") }
            axis = .time(try fields.choice("grain", of: TimeGrain.self) ?? .day)
        } else {
            if let grain = fields["grain"] { throw grain.error("`grain` goes with `x: time`.") }
            let name = try dimension(x)
            axis = .dimension(name, sort: try sort(of: [name] + metrics))
        }
        return .series(
            mark, x: axis, metrics: metrics, series: series, stacked: try fields.flag("stacked") ?? (mark == .area))
    }

    private func requireTime(_ value: YAMLValue?) throws(PipelineError) {
        if dataset.timeColumn == nil {
            throw (value ?? entry.key).error("The dataset `\(dataset.name)` has no time_column.")
        }
    }

    private func sort(of names: [String]) throws(PipelineError) -> ChartDefinition.Sort? {
        guard let value = fields["sort"] else { return nil }
        let words = try value.string().split(separator: " ").map(String.init)
        guard (1...2).contains(words.count), words.count == 1 || ["asc", "desc"].contains(words[1].lowercased()) else {
            throw value.error("Expected a name and a direction, such as `\(names.last ?? "rows") desc`.")
        }
        guard names.contains(words[0]) else {
            throw value.error("This chart has no `\(words[0])`. It has \(names.joined(separator: ", ")).")
        }
        return ChartDefinition.Sort(by: words[0], descending: words.last?.lowercased() == "desc")
    }

    func metric(_ value: YAMLValue) throws(PipelineError) -> String {
        let name = try value.string()
        guard dataset.metric(name) != nil else {
            throw value.error(
                "The dataset `\(dataset.name)` has no metric `\(name)`.\(nearest(name, dataset.metrics.map(\.name)))")
        }
        return name
    }

    func dimension(_ value: YAMLValue) throws(PipelineError) -> String {
        let name = try value.string()
        guard dataset.dimension(name) != nil else {
            throw value.error(
                "The dataset `\(dataset.name)` has no dimension `\(name)`.\(nearest(name, dataset.dimensions.map(\.name)))"
            )
        }
        return name
    }
}
