import Pipeline

/// One metric on a dial from `lowest` to `highest`.
public struct GaugeChart: ChartKind {
    public static let name = "gauge"
    public static let keys: Set<String> = ["metric", "lowest", "highest"]
    public let metric: String
    public let lowest: Double
    public let highest: Double

    public init(_ fields: ChartFields) throws(PipelineError) {
        metric = try fields.metric(try fields.required("metric"))
        lowest = try fields.number("lowest") ?? 0
        let end = try fields.required("highest")
        highest = try fields.number("highest") ?? 0
        guard lowest < highest else { throw end.error("`highest` is a number above `lowest`.") }
    }

    public var dimensions: [String] { [] }
    public var metrics: [String] { [metric] }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] {
        ["lowest": .number(lowest), "highest": .number(highest)]
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        parts.grouped(by: [], metrics: [metric], orderBy: [], limit: 1)
    }
}
