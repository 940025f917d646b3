import Pipeline

/// Bars and lines along one axis; lines have an axis of values of their own.
public struct CombinedChart: ChartKind {
    public static let name = "combined"
    public static let keys: Set<String> = ["x", "grain", "bars", "lines", "sort"]
    public let x: Series.Axis
    public let bars: [String]
    public let lines: [String]

    public init(_ fields: ChartFields) throws(PipelineError) {
        bars = try fields.metrics(of: "bars")
        lines = try fields.metrics(of: "lines")
        x = try Series.Axis(fields, metrics: bars + lines)
    }

    public var dimensions: [String] { [x.dimension].compactMap { $0 } }
    public var metrics: [String] { bars + lines.filter { !bars.contains($0) } }
    public var grain: TimeGrain? { x.grain }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] {
        ["bars": .texts(bars), "lines": .texts(lines)]
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let (axis, order) = x.output(parts)
        return parts.grouped(by: [axis], metrics: metrics, orderBy: [order], limit: 10_000)
    }
}
