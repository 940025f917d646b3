import Pipeline
import SQL

/// Metrics in a table of two sides: the values of `rows` down, those of `columns` across. Totals are the database's own: those
/// of a count of different people are no sum.
public struct PivotChart: ChartKind {
    public static let name = "pivot"
    public static let keys: Set<String> = ["rows", "columns", "metrics", "metric", "totals"]
    public let rows: [String]
    public let columns: [String]
    public let metrics: [String]
    public let totals: Bool

    public init(_ fields: ChartFields) throws(PipelineError) {
        rows = try fields.dimensions("rows")
        columns = try fields.dimensions("columns")
        guard !rows.isEmpty, !columns.isEmpty, Set(rows + columns).count == rows.count + columns.count else {
            throw fields.error("A pivot needs `rows` and `columns`: dimensions, each once.")
        }
        metrics = try fields.metrics()
        totals = try fields.flag("totals") ?? false
    }

    public var dimensions: [String] { rows + columns }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] {
        ["rows": .number(Double(rows.count)), "columns": .number(Double(columns.count)), "totals": .flag(totals)]
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let down = rows.map { parts.dimension($0) }
        let across = columns.map { parts.dimension($0, as: .series) }
        let order = (down + across).map(\.order)
        guard totals else {
            return parts.grouped(by: down + across, metrics: metrics, orderBy: order, limit: 5_000)
        }
        // 0: a cell; 1: a row's total; 2: a column's; 3: all. NULL alone would not tell a total from a value that is none.
        let ways = [down + across, down, across, []].map { $0.map(\.value) }
        let level = ChartQueryParts.Output(
            value: .binary(
                .binary(.call("grouping", down[0].value), .multiply, .integer(2)), .add,
                .call("grouping", across[0].value)),
            column: ChartColumn(name: "level", label: "Level", role: .level, format: nil))
        let outputs = down + across + [level] + metrics.map { parts.metric($0) }
        let sets: [GroupBy.Element] = ways.map { $0.isEmpty ? .empty : .set($0) }
        let select = parts.select(outputs, groupBy: GroupBy(elements: [.groupingSets(sets)]))
        return parts.finish(select, outputs, orderBy: [OrderItem(value: .column("level"))] + order, limit: 5_000)
    }
}
