import Pipeline

/// Metrics along an axis as bars.
public struct BarChart: SeriesKind {
    public static let name = "bar"
    public let series: Series

    public init(_ fields: ChartFields) throws(PipelineError) { series = try Series(fields, stacked: false) }
}
