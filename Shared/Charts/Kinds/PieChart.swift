import Pipeline
import SQL

/// One metric over the values of a dimension, as shares of a whole.
public struct PieChart: ChartKind {
    public static let name = "pie"
    public static let keys: Set<String> = ["dimension", "metric", "donut"]
    public let dimension: String
    public let metric: String
    public let donut: Bool

    public init(_ fields: ChartFields) throws(PipelineError) {
        dimension = try fields.dimension(try fields.required("dimension"))
        metric = try fields.metric(try fields.required("metric"))
        donut = try fields.flag("donut") ?? false
    }

    public var dimensions: [String] { [dimension] }
    public var metrics: [String] { [metric] }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] { ["donut": .flag(donut)] }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let slice = parts.dimension(dimension)
        return parts.grouped(
            by: [slice], metrics: [metric], orderBy: [parts.largestFirst(metric), slice.order], limit: 1_000)
    }
}
