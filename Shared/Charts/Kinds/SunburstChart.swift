import Pipeline

/// One metric as rings around each other: up to four dimensions, the innermost first.
public struct SunburstChart: TreeKind {
    public static let name = "sunburst"
    public let dimensions: [String]
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) { (dimensions, metric) = try Self.read(fields) }
}
