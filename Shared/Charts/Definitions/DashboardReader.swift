import Foundation
import Pipeline

/// The files of `dashboards/` as they are now.
public struct DashboardSources: Sendable, Equatable {
    public let files: [SourceFile]
    /// Files that could not be read.
    public let unreadable: [PipelineError]

    public init(files: [SourceFile], unreadable: [PipelineError] = []) {
        self.files = files
        self.unreadable = unreadable
    }
}

extension PipelineFolder {
    /// Reads `dashboards/*.yaml` (and `.yml`). A folder without them has no dashboards.
    /// - Throws: ``PipelineError`` for the first mistake, at its place.
    public func dashboards() throws(PipelineError) -> DashboardDefinitions {
        let sources = dashboardSources()
        if let error = sources.unreadable.first { throw error }
        return try DashboardDefinitions(parsing: sources.files)
    }

    /// The files that `dashboards()` reads, unread ones beside.
    public func dashboardSources() -> DashboardSources {
        var sources: [SourceFile] = []
        var unreadable: [PipelineError] = []
        for path in files(in: "dashboards", extensions: ["yaml", "yml"]) {
            do throws(PipelineError) {
                sources.append(SourceFile(path: path, text: try text(of: path)))
            } catch {
                unreadable.append(error)
            }
        }
        return DashboardSources(files: sources, unreadable: unreadable)
    }
}

extension DashboardDefinitions {
    /// Parses files that may refer to each other's datasets and charts.
    /// - Throws: ``PipelineError`` for the first mistake.
    public init(parsing sources: [SourceFile]) throws(PipelineError) {
        self.init(reading: DashboardSources(files: sources, unreadable: []))
        if let mistake = mistakes.first { throw mistake.error }
    }

    /// Parses files that may refer to each other's datasets and charts. What has a mistake is set aside and told; a
    /// dashboard keeps the cards of charts that were set aside.
    public init(reading sources: DashboardSources) {
        var mistakes = sources.unreadable.map { DashboardMistake(part: .file, name: $0.file, error: $0) }
        var found: [DashboardMistake.Part: [DashboardFields.Entry]] = [:]
        for source in sources.files {
            do throws(PipelineError) {
                let root = try DashboardFields(
                    try YAMLReader.parse(source), known: ["datasets", "charts", "dashboards"])
                let parts = (
                    try root.entries("datasets"), try root.entries("charts"), try root.entries("dashboards")
                )
                found[.dataset, default: []] += parts.0
                found[.chart, default: []] += parts.1
                found[.dashboard, default: []] += parts.2
            } catch {
                mistakes.append(DashboardMistake(part: .file, name: source.path, error: error))
            }
        }
        var datasets = NamedParts<DatasetDefinition>(.dataset)
        datasets.add(found[.dataset] ?? [], &mistakes) { (entry) throws(PipelineError) in
            try DatasetDefinition(entry)
        }
        var charts = NamedParts<ChartDefinition>(.chart)
        charts.add(found[.chart] ?? [], &mistakes) { [datasets] (entry) throws(PipelineError) in
            let over = try DashboardFields(entry.value, known: nil)["dataset"]?.text ?? ""
            if let cause = datasets.broken[over] {
                throw entry.key.error(DashboardMistake.words(dataset: over, cause))
            }
            return try ChartDefinition(entry, datasets: datasets.byName)
        }
        var dashboards = NamedParts<DashboardDefinition>(.dashboard)
        dashboards.add(found[.dashboard] ?? [], &mistakes) { [datasets, charts] (entry) throws(PipelineError) in
            try DashboardDefinition(
                entry, charts: charts.byName, broken: Set(charts.broken.keys), datasets: datasets.byName)
        }
        self.init(datasets: datasets.all, charts: charts.all, dashboards: dashboards.all, mistakes: mistakes)
    }
}

/// Parts by name, in order; a name is used once.
private struct NamedParts<Part> {
    let part: DashboardMistake.Part
    var all: [Part] = []
    var byName: [String: Part] = [:]
    /// Those with a mistake, by name.
    var broken: [String: PipelineError] = [:]
    private var files: [String: YAMLValue] = [:]

    init(_ part: DashboardMistake.Part) { self.part = part }

    mutating func add(
        _ entries: [DashboardFields.Entry], _ mistakes: inout [DashboardMistake],
        _ make: (DashboardFields.Entry) throws(PipelineError) -> Part
    ) {
        for entry in entries {
            do throws(PipelineError) {
                if let other = files[entry.name] {
                    let line = other.node.mark.map { ":\($0.line)" } ?? ""
                    throw entry.key.error(
                        "The \(part.rawValue) `\(entry.name)` is also in \(other.file)\(line). Give one another name.")
                }
                files[entry.name] = entry.key
                let made = try make(entry)
                byName[entry.name] = made
                all.append(made)
            } catch {
                if byName[entry.name] == nil { broken[entry.name] = error }
                mistakes.append(DashboardMistake(part: part, name: entry.name, error: error))
            }
        }
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
                name: entry.name, label: entry.label, expression: try entry.value.string(), format: nil,
                description: nil, place: entry.value.place)
            return
        }
        let fields = try DashboardFields(entry.value, known: ["expression", "label", "format", "description"])
        let expression = try fields.required("expression", of: "metric")
        self.init(
            name: entry.name, label: try fields.string("label") ?? entry.label, expression: try expression.string(),
            format: try fields.choice("format", of: NumberFormat.self),
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
