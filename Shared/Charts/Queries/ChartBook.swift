import Foundation
import Pipeline
import SQL

// ChartBook: every chart of a pipeline, ready to be asked.
// Always: the SQL of metrics and dimensions has been parsed and holds neither queries nor holes; what a reader sends
// reaches a query only as a literal, and names reach it only as identifiers.

/// The datasets and charts of a pipeline with their expressions parsed.
public struct ChartBook: Sendable {
    public let definitions: DashboardDefinitions
    private let datasets: [String: Dataset]

    /// - Throws: ``PipelineError`` at the place of the first expression that is not SQL, or that is more than an
    ///   expression over the columns of its relation.
    public init(_ definitions: DashboardDefinitions) throws(PipelineError) {
        var datasets: [String: Dataset] = [:]
        for dataset in definitions.datasets { datasets[dataset.name] = try Dataset(dataset) }
        self.definitions = definitions
        self.datasets = datasets
    }

    /// Takes what can be used; `definitions` tells what cannot.
    public init(using definitions: DashboardDefinitions) {
        var datasets: [String: Dataset] = [:]
        var brokenDatasets: [(name: String, error: PipelineError)] = []
        for dataset in definitions.datasets {
            do throws(PipelineError) {
                datasets[dataset.name] = try Dataset(dataset)
            } catch {
                brokenDatasets.append((dataset.name, error))
            }
        }
        self.definitions = definitions.settingAside(datasets: brokenDatasets)
        self.datasets = datasets
    }

    /// The query of a chart; nil when there is no such chart.
    public func query(for chart: String, _ request: ChartRequest) throws(ChartError) -> ChartQuery? {
        guard let definition = definitions.chart(chart), let dataset = datasets[definition.dataset] else { return nil }
        return definition.kind.query(try ChartQueryParts(chart: definition, dataset: dataset, request: request))
    }

    /// The query for the values of a dimension, in order, NULL first: what a reader may filter by. Nil when there is none
    /// such.
    /// - Parameter part: Only values with this in them, in capitals or not; empty: all.
    public func valuesQuery(of dimension: String, in dataset: String, containing part: String, limit: Int)
        -> ChartQuery?
    {
        guard let dataset = datasets[dataset], let expression = dataset.dimensions[dimension] else { return nil }
        let value = Expression.cast(expression, to: .text)
        let place = Expression.call("strpos", .call("lower", value), .call("lower", .string(part)))
        let select = Select(
            distinct: .distinct, items: [SelectItem(value, as: "value")], from: [FromItem(relation: dataset.relation)],
            condition: part.isEmpty ? nil : .binary(place, .greater, .integer(0)))
        let order = OrderItem(value: .column("value"), nulls: .first)
        return ChartQuery(
            query: Query(select, orderBy: [order], limit: limit + 1),
            columns: [ChartColumn(name: "value", label: "Value", role: .dimension, format: nil)],
            relation: dataset.definition.qualifiedName, rowsMax: limit, partialFrom: nil)
    }
}

/// A dataset with its expressions as trees.
struct Dataset: Sendable {
    let definition: DatasetDefinition
    let metrics: [String: Expression]
    let dimensions: [String: Expression]

    init(_ definition: DatasetDefinition) throws(PipelineError) {
        var metrics: [String: Expression] = [:]
        for metric in definition.metrics {
            metrics[metric.name] = try CheckedExpression.parse(metric.expression, what: "metric", at: metric.place)
        }
        var dimensions: [String: Expression] = [:]
        for dimension in definition.dimensions {
            dimensions[dimension.name] = try CheckedExpression.parse(
                dimension.expression, what: "dimension", at: dimension.place)
        }
        self.definition = definition
        self.metrics = metrics
        self.dimensions = dimensions
    }

    var relation: Relation { .table(QualifiedName(exact: [definition.schema, definition.relation])) }
}

/// What a reader asks a chart for.
public struct ChartRequest: Sendable, Hashable {
    /// Nil: all of time.
    public var range: TimeRange?
    /// IANA zone in which days and weeks begin.
    public var timeZone: String
    /// Values by dimension, nil for NULL; dimensions that the chart's dataset lacks do not apply to it.
    public var values: [String: [String?]]
    /// At most so many rows, whatever the chart says.
    public var rowsMax: Int
    /// When it is asked: the unit of time that holds it is not over. Nil: every unit is.
    public var now: Date?

    /// Everything, by default.
    public init(
        range: TimeRange? = nil, timeZone: String = "UTC", values: [String: [String?]] = [:], rowsMax: Int = 10_000,
        now: Date? = nil
    ) {
        self.range = range
        self.timeZone = timeZone
        self.values = values
        self.rowsMax = rowsMax
        self.now = now
    }
}

/// What a chart asks the warehouse.
public struct ChartQuery: Sendable, Equatable {
    public let query: Query
    /// What the answer's columns are, in order.
    public let columns: [ChartColumn]
    /// The one relation that it reads, `schema.name`.
    public let relation: String
    /// The query asks for one row more, so that a cut answer is known to be one.
    public let rowsMax: Int
    /// The first value of the time axis whose unit is not over, as the answer writes it; nil where there can be none.
    public let partialFrom: String?

    /// The query as one line of SQL.
    public func sql(_ dialect: SQLDialect) -> String { query.sql(dialect) }
    /// The query for people.
    public func prettySQL(_ dialect: SQLDialect) -> String { query.sql(dialect, style: .pretty) }
}

/// A column of a chart's answer.
public struct ChartColumn: Sendable, Equatable {
    /// What it is for in the drawing.
    public enum Role: String, Sendable {
        case x, series, dimension, bin, metric
        /// Of totals: how far a row is one.
        case level
    }
    public let name: String
    public let label: String
    public let role: Role
    /// Of metrics.
    public let format: NumberFormat?
}

/// Why a chart cannot be asked that.
public enum ChartError: Error, Equatable, CustomStringConvertible {
    case unknownTimeZone(String)
    case tooManyValues(dimension: String, max: Int)

    public var description: String {
        switch self {
        case .unknownTimeZone(let zone): "Unknown time zone `\(zone)`. Write it as Europe/Oslo."
        case .tooManyValues(let dimension, let max): "The filter on \(dimension) takes at most \(max) values."
        }
    }
}
