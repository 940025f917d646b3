import Pipeline

/// One metric over the stages of a way, each a part of the one before. Stages are in the order of their numbers, the largest
/// first, unless `sort` says another one.
public struct FunnelChart: ChartKind {
    public static let name = "funnel"
    public static let keys: Set<String> = ["dimension", "metric", "sort"]
    public let dimension: String
    public let metric: String
    public let sort: ChartSort

    public init(_ fields: ChartFields) throws(PipelineError) {
        dimension = try fields.dimension(try fields.required("dimension"))
        metric = try fields.metric(try fields.required("metric"))
        sort = try fields.sort(of: [dimension, metric]) ?? ChartSort(by: metric, descending: true)
    }

    public var dimensions: [String] { [dimension] }
    public var metrics: [String] { [metric] }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let stage = parts.dimension(dimension)
        let second = sort.by == dimension ? [] : [stage.order]
        return parts.grouped(by: [stage], metrics: [metric], orderBy: [parts.order(sort)] + second, limit: 50)
    }
}
