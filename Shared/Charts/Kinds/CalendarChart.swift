import Pipeline

/// One metric by day, on the leaves of a calendar.
public struct CalendarChart: ChartKind {
    public static let name = "calendar"
    public static let keys: Set<String> = ["metric"]
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) {
        let written = try fields.required("metric")
        metric = try fields.metric(written)
        try fields.requireTime(at: written, .day)
    }

    public var dimensions: [String] { [] }
    public var metrics: [String] { [metric] }
    public var grain: TimeGrain? { .day }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let day = parts.time(.day)
        return parts.grouped(by: [day], metrics: [metric], orderBy: [day.order], limit: 4_000)
    }
}
