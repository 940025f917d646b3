import Pipeline
import SQL

/// One metric as the colour of cells: an axis across, the values of a dimension down.
public struct HeatmapChart: ChartKind {
    public static let name = "heatmap"
    public static let keys: Set<String> = ["x", "grain", "y", "metric", "sort"]
    public let x: Series.Axis
    public let y: String
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) {
        y = try fields.dimension(try fields.required("y"))
        metric = try fields.metric(try fields.required("metric"))
        x = try Series.Axis(fields, metrics: [metric])
        if x.dimension == y { throw fields.error("`x` and `y` are two dimensions; both are `\(y)` here.") }
    }

    public var dimensions: [String] { [x.dimension, y].compactMap { $0 } }
    public var metrics: [String] { [metric] }
    public var grain: TimeGrain? { x.grain }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let (across, order) = x.output(parts)
        let down = parts.dimension(y, as: .series)
        return parts.grouped(by: [across, down], metrics: [metric], orderBy: [order, down.order], limit: 10_000)
    }
}
