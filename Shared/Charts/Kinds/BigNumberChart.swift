import Pipeline
import SQL

/// One metric as text; with a trend, its course over time below.
public struct BigNumberChart: ChartKind {
    public static let name = "big_number"
    public static let keys: Set<String> = ["metric", "trend"]
    public let metric: String
    public let trend: TimeGrain?

    public init(_ fields: ChartFields) throws(PipelineError) {
        metric = try fields.metric(try fields.required("metric"))
        trend = try fields.optionalGrain("trend")
    }

    public var dimensions: [String] { [] }
    public var metrics: [String] { [metric] }
    public var grain: TimeGrain? { trend }

    /// The whole and its course over time, in one scan.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        guard let trend else { return parts.grouped(by: [], metrics: [metric], orderBy: [], limit: 1) }
        let axis = parts.time(trend)
        let total = parts.metric(metric)
        let select = parts.select(
            [axis, total], groupBy: GroupBy(elements: [.groupingSets([.empty, .set([axis.value])])]))
        let order = OrderItem(value: .column(axis.column.name), nulls: .first)
        return parts.finish(select, [axis, total], orderBy: [order], limit: 10_000)
    }
}
