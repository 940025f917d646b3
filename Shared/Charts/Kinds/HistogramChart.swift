import Pipeline
import SQL

/// How many `per` (users, say) have a metric between 0 and 1, 1 and 2 … times `bin_width`.
public struct HistogramChart: ChartKind {
    public static let name = "histogram"
    public static let keys: Set<String> = ["per", "metric", "bin_width"]
    public let per: String
    public let metric: String
    public let binWidth: Int

    public init(_ fields: ChartFields) throws(PipelineError) {
        per = try fields.dimension(try fields.required("per"))
        metric = try fields.metric(try fields.required("metric"))
        binWidth = try fields.integer("bin_width", in: 1...1_000_000_000) ?? 1
    }

    public var dimensions: [String] { [per] }
    public var metrics: [String] { [metric] }

    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] {
        [
            "bin_width": .number(Double(binWidth)), "metric_label": .text(dataset.metric(metric)?.label ?? metric),
            "per_label": .text(dataset.dimension(per)?.label ?? per),
        ]
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let owner = parts.dimension(per)
        let value = parts.metric(metric)
        let inner = parts.select(
            [owner], and: [SelectItem(value.value, as: "amount")], groupBy: GroupBy(keys: [owner.value]))
        let width = Expression.integer(binWidth)
        let amount = Expression.cast(.column("amount", of: "amounts"), to: .numeric)
        let floor = Expression.call("floor", .binary(amount, .divide, width))
        let bin = ChartQueryParts.Output(
            value: .cast(.binary(floor, .multiply, width), to: .int64),
            column: ChartColumn(name: "bin", label: value.column.label, role: .bin, format: nil))
        let count = ChartQueryParts.Output(
            value: .call("count", .star),
            column: ChartColumn(name: "count", label: owner.column.label, role: .metric, format: .integer))
        let select = Select(
            items: [bin.item, count.item], from: [FromItem(relation: .subquery(Query(inner), as: "amounts"))],
            condition: .isNotNull(.column("amount", of: "amounts")), groupBy: GroupBy(keys: [bin.value]))
        return parts.finish(select, [bin, count], orderBy: [OrderItem(value: .column("bin"))], limit: 10_000)
    }
}
