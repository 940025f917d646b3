import Pipeline

/// One metric along an axis, each bar beginning where the one before ended: what came and went, and what it comes to.
public struct WaterfallChart: ChartKind {
    public static let name = "waterfall"
    public static let keys: Set<String> = ["x", "grain", "metric", "sort"]
    public let x: Series.Axis
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) {
        metric = try fields.metric(try fields.required("metric"))
        x = try Series.Axis(fields, metrics: [metric])
    }

    public var dimensions: [String] { [x.dimension].compactMap { $0 } }
    public var metrics: [String] { [metric] }
    public var grain: TimeGrain? { x.grain }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let (axis, order) = x.output(parts)
        return parts.grouped(by: [axis], metrics: [metric], orderBy: [order], limit: 200)
    }
}
