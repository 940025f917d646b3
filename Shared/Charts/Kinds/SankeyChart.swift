import Pipeline

/// One metric as the width of what goes from the values of one dimension to those of another.
public struct SankeyChart: ChartKind {
    public static let name = "sankey"
    public static let keys: Set<String> = ["from", "to", "metric"]
    public let from: String
    public let to: String
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) {
        from = try fields.dimension(try fields.required("from"))
        to = try fields.dimension(try fields.required("to"))
        metric = try fields.metric(try fields.required("metric"))
        if from == to { throw fields.error("`from` and `to` are two dimensions; both are `\(to)` here.") }
    }

    public var dimensions: [String] { [from, to] }
    public var metrics: [String] { [metric] }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let (start, end) = (parts.dimension(from), parts.dimension(to))
        return parts.grouped(
            by: [start, end], metrics: [metric], orderBy: [parts.largestFirst(metric), start.order, end.order],
            limit: 500)
    }
}
