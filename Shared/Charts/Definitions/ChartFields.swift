import Pipeline

extension ChartDefinition {
    private static let common: Set<String> = [
        "title", "description", "type", "dataset", "filters", "time_range", "limit",
    ]

    init(_ entry: DashboardFields.Entry, datasets: [String: DatasetDefinition]) throws(PipelineError) {
        let written = try DashboardFields(entry.value, known: nil)
        let type = try written.required("type", of: "chart")
        guard let own = ChartKinds.named(try type.string()) else {
            throw type.error("Unknown chart type `\(type.text)`.\(nearest(type.text, ChartKinds.all.map { $0.name }))")
        }
        let fields = try DashboardFields(entry.value, known: Self.common.union(own.keys))
        let datasetValue = try fields.required("dataset", of: "chart")
        guard let dataset = datasets[try datasetValue.string()] else {
            throw datasetValue.error(
                "There is no dataset `\(datasetValue.text)`.\(nearest(datasetValue.text, datasets.keys))")
        }
        let parts = ChartFields(fields: fields, dataset: dataset, key: entry.key, kind: own.name)
        var filters: [ValueFilter] = []
        for filter in try fields.entries("filters") {
            var values: [String?] = filter.value.isNull ? [nil] : []
            for value in try filter.value.list() { values.append(value.isNull ? nil : try value.string()) }
            filters.append(ValueFilter(dimension: try parts.dimension(filter.key), values: values))
        }
        let range = try fields.timeRange("time_range")
        if let range, range != .all { try parts.requireTime(at: fields["time_range"]) }
        self.init(
            name: entry.name, title: try fields.string("title") ?? entry.label,
            description: try fields.string("description"), dataset: dataset.name,
            kind: try own.init(parts), filters: filters, timeRange: range,
            limit: try fields.integer("limit", in: 1...100_000), place: entry.key.place)
    }
}

/// The keys of a chart, of which many name parts of its dataset. What a kind reads itself from.
public struct ChartFields {
    private let fields: DashboardFields
    private let dataset: DatasetDefinition
    private let key: YAMLValue
    private let kind: String

    init(fields: DashboardFields, dataset: DatasetDefinition, key: YAMLValue, kind: String) {
        self.fields = fields
        self.dataset = dataset
        self.key = key
        self.kind = kind
    }

    /// What is written there; nil for nothing.
    subscript(_ key: String) -> YAMLValue? { fields[key] }

    /// A mistake of the chart as a whole.
    func error(_ message: String) -> PipelineError { key.error(message) }

    func required(_ key: String) throws(PipelineError) -> YAMLValue { try fields.required(key, of: kind) }
    func flag(_ key: String) throws(PipelineError) -> Bool? { try fields.flag(key) }
    func integer(_ key: String, in range: ClosedRange<Int>) throws(PipelineError) -> Int? {
        try fields.integer(key, in: range)
    }

    /// `metrics`, or `metric` for one of them.
    func metrics() throws(PipelineError) -> [String] {
        try metrics(of: fields["metrics"] == nil && fields["metric"] != nil ? "metric" : "metrics")
    }

    /// A list of metrics, at least one.
    func metrics(of name: String) throws(PipelineError) -> [String] {
        guard let written = fields[name] else {
            throw key.error(
                "A \(kind) chart needs `\(name)`. Known: \(dataset.metrics.map(\.name).joined(separator: ", ")).")
        }
        var metrics: [String] = []
        for value in try written.list() { metrics.append(try metric(value)) }
        return metrics
    }

    /// A list of dimensions; empty when there is none.
    func dimensions(_ key: String) throws(PipelineError) -> [String] {
        var dimensions: [String] = []
        for value in try fields[key]?.list() ?? [] { dimensions.append(try dimension(value)) }
        return dimensions
    }

    func optionalDimension(_ key: String) throws(PipelineError) -> String? {
        guard let value = fields[key] else { return nil }
        return try dimension(value)
    }

    func optionalMetric(_ key: String) throws(PipelineError) -> String? {
        guard let value = fields[key] else { return nil }
        return try metric(value)
    }

    /// A number of any kind.
    func number(_ key: String) throws(PipelineError) -> Double? {
        guard let value = fields[key] else { return nil }
        guard let number = Double(try value.string()), number.isFinite else {
            throw value.error("`\(key)` is a number.")
        }
        return number
    }

    /// `grain` of a time axis, which is written at `axis`; days by default.
    func grain(of axis: YAMLValue) throws(PipelineError) -> TimeGrain {
        let grain = try fields.choice("grain", of: TimeGrain.self) ?? .day
        try requireTime(at: axis, grain)
        return grain
    }

    /// The unit that is written at `key`.
    func optionalGrain(_ key: String) throws(PipelineError) -> TimeGrain? {
        guard let grain = try fields.choice(key, of: TimeGrain.self) else { return nil }
        try requireTime(at: fields[key], grain)
        return grain
    }

    /// - Throws: ``PipelineError`` at `value` when there is no time, or when it does not come in such units.
    func requireTime(at value: YAMLValue?, _ grain: TimeGrain? = nil) throws(PipelineError) {
        guard let time = dataset.timeColumn else {
            throw (value ?? key).error("The dataset `\(dataset.name)` has no time_column.")
        }
        if let grain, time.kind == .date, grain.isBelowDay {
            throw (fields["grain"] ?? value ?? key).error(
                "The time column of `\(dataset.name)` holds days: choose a grain of a day or more.")
        }
    }

    /// `sort`, by one of `names`.
    func sort(of names: [String]) throws(PipelineError) -> ChartSort? {
        guard let value = fields["sort"] else { return nil }
        let words = try value.string().split(separator: " ").map(String.init)
        guard (1...2).contains(words.count), words.count == 1 || ["asc", "desc"].contains(words[1].lowercased()) else {
            throw value.error("Expected a name and a direction, such as `\(names.last ?? "rows") desc`.")
        }
        guard names.contains(words[0]) else {
            throw value.error("This chart has no `\(words[0])`. It has \(names.joined(separator: ", ")).")
        }
        return ChartSort(by: words[0], descending: words.last?.lowercased() == "desc")
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
