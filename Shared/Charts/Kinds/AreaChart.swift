import Pipeline

/// Metrics along an axis as areas, one on top of the other unless `stacked` says no.
public struct AreaChart: SeriesKind {
    public static let name = "area"
    public let series: Series

    public init(_ fields: ChartFields) throws(PipelineError) { series = try Series(fields, stacked: true) }
}
