import Pipeline

/// Metrics along an axis as lines.
public struct LineChart: SeriesKind {
    public static let name = "line"
    public let series: Series

    public init(_ fields: ChartFields) throws(PipelineError) { series = try Series(fields, stacked: false) }
}
