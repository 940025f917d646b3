import Foundation

extension PipelineFolder {
    /// Reads `dashboards/*.yaml` (and `.yml`). A folder without them has no dashboards.
    /// - Throws: ``PipelineError`` for the first mistake, at its place.
    public func dashboards() throws(PipelineError) -> DashboardDefinitions {
        var sources: [SourceFile] = []
        for path in files(in: "dashboards", extensions: ["yaml", "yml"]) {
            sources.append(SourceFile(path: path, text: try text(of: path)))
        }
        return try DashboardDefinitions(parsing: sources)
    }
}

extension DashboardDefinitions {
    /// Parses files that may refer to each other's datasets and charts.
    public init(parsing sources: [SourceFile]) throws(PipelineError) {
        var datasets = NamedParts<DatasetDefinition>(what: "dataset")
        var chartValues: [DashboardFields.Entry] = []
        var dashboardValues: [DashboardFields.Entry] = []
        for source in sources {
            let root = try DashboardFields(
                try YAMLReader.parse(source), known: ["datasets", "charts", "dashboards"])
            for entry in try root.entries("datasets") { try datasets.add(entry, DatasetDefinition(entry)) }
            chartValues += try root.entries("charts")
            dashboardValues += try root.entries("dashboards")
        }
        var charts = NamedParts<ChartDefinition>(what: "chart")
        for entry in chartValues { try charts.add(entry, ChartDefinition(entry, datasets: datasets.byName)) }
        var dashboards = NamedParts<DashboardDefinition>(what: "dashboard")
        for entry in dashboardValues {
            try dashboards.add(
                entry, DashboardDefinition(entry, charts: charts.byName, datasets: datasets.byName))
        }
        self.init(datasets: datasets.all, charts: charts.all, dashboards: dashboards.all)
    }
}

/// Parts by name, in order; a name is used once.
private struct NamedParts<Part> {
    let what: String
    var all: [Part] = []
    var byName: [String: Part] = [:]
    private var files: [String: YAMLValue] = [:]

    init(what: String) { self.what = what }

    mutating func add(_ entry: DashboardFields.Entry, _ part: Part) throws(PipelineError) {
        if let other = files[entry.name] {
            let line = other.node.mark.map { ":\($0.line)" } ?? ""
            throw entry.key.error("The \(what) `\(entry.name)` is also in \(other.file)\(line). Give one another name.")
        }
        files[entry.name] = entry.key
        byName[entry.name] = part
        all.append(part)
    }
}

extension DatasetDefinition {
    init(_ entry: DashboardFields.Entry) throws(PipelineError) {
        let fields = try DashboardFields(
            entry.value, known: ["model", "title", "description", "time_column", "metrics", "dimensions"])
        let model = try fields.required("model", of: "dataset")
        let parts = try model.string().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), !parts.contains(where: \.isEmpty) else {
            throw model.error("Expected `schema.model`, such as analytics.sessions.")
        }
        let timeColumn = try fields["time_column"].map { (value) throws(PipelineError) in try TimeColumn(value) }
        var metrics: [MetricDefinition] = []
        for metric in try fields.entries("metrics") { metrics.append(try MetricDefinition(metric)) }
        guard !metrics.isEmpty else {
            throw entry.key.error("A dataset needs `metrics`, such as `rows: count(*)`.")
        }
        var dimensions: [DimensionDefinition] = []
        for dimension in try fields.entries("dimensions") { dimensions.append(try DimensionDefinition(dimension)) }
        if let clash = dimensions.first(where: { dimension in metrics.contains { $0.name == dimension.name } }) {
            throw clash.place.error("`\(clash.name)` is a metric and a dimension. Give one another name.")
        }
        self.init(
            name: entry.name, title: try fields.string("title") ?? entry.label,
            description: try fields.string("description"), schema: parts.count == 2 ? parts[0] : "analytics",
            relation: parts[parts.count - 1], timeColumn: timeColumn, metrics: metrics, dimensions: dimensions,
            place: entry.key.place)
    }
}

extension DatasetDefinition.TimeColumn {
    init(_ value: YAMLValue) throws(PipelineError) {
        guard value.node.mapping != nil else {
            self.init(name: try value.string(), kind: .timestamp)
            return
        }
        let fields = try DashboardFields(value, known: ["name", "type"])
        self.init(
            name: try fields.required("name", of: "time_column").string(),
            kind: try fields.choice("type", of: Kind.self) ?? .timestamp)
    }
}

extension MetricDefinition {
    init(_ entry: DashboardFields.Entry) throws(PipelineError) {
        guard entry.value.node.mapping != nil else {
            self.init(
                name: entry.name, label: entry.label, expression: try entry.value.string(), format: .integer,
                description: nil, place: entry.value.place)
            return
        }
        let fields = try DashboardFields(entry.value, known: ["expression", "label", "format", "description"])
        let expression = try fields.required("expression", of: "metric")
        self.init(
            name: entry.name, label: try fields.string("label") ?? entry.label, expression: try expression.string(),
            format: try fields.choice("format", of: NumberFormat.self) ?? .integer,
            description: try fields.string("description"), place: expression.place)
    }
}

extension DimensionDefinition {
    init(_ entry: DashboardFields.Entry) throws(PipelineError) {
        guard entry.value.node.mapping != nil else {
            let text = entry.value.isNull ? entry.name : try entry.value.string()
            self.init(name: entry.name, label: entry.label, expression: text, place: entry.key.place)
            return
        }
        let fields = try DashboardFields(entry.value, known: ["expression", "label"])
        self.init(
            name: entry.name, label: try fields.string("label") ?? entry.label,
            expression: try fields.string("expression") ?? entry.name,
            place: (fields["expression"] ?? entry.key).place)
    }
}
