import Pipeline
import SQL

/// Rows of dimensions and metrics.
public struct TableChart: ChartKind {
    public static let name = "table"
    public static let keys: Set<String> = ["dimensions", "metrics", "sort"]
    public let dimensions: [String]
    public let metrics: [String]
    public let sort: ChartSort?

    public init(_ fields: ChartFields) throws(PipelineError) {
        dimensions = try fields.dimensions("dimensions")
        metrics = fields["metrics"] == nil ? [] : try fields.metrics()
        guard !dimensions.isEmpty || !metrics.isEmpty else {
            throw fields.error("A table needs `dimensions`, `metrics` or both.")
        }
        sort = try fields.sort(of: dimensions + metrics)
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let outputs = dimensions.map { parts.dimension($0) }
        var order = [sort.map(parts.order)].compactMap { $0 }
        order += outputs.filter { $0.column.name != sort?.by }.map(\.order)
        return parts.grouped(by: outputs, metrics: metrics, orderBy: order, limit: 1_000)
    }
}
