import Foundation
import Pipeline
import SQL

/// What the query of a chart is made of, for one request: its dataset's columns, the rows that count, the limit.
public struct ChartQueryParts: Sendable {
    private let chart: ChartDefinition
    private let dataset: Dataset
    private let request: ChartRequest

    private static let valuesMax = 1_000

    init(chart: ChartDefinition, dataset: Dataset, request: ChartRequest) throws(ChartError) {
        guard TimeZone(identifier: request.timeZone) != nil else { throw .unknownTimeZone(request.timeZone) }
        for (dimension, values) in request.values where values.count > Self.valuesMax {
            throw .tooManyValues(dimension: dimension, max: Self.valuesMax)
        }
        self.chart = chart
        self.dataset = dataset
        self.request = request
    }

    // MARK: Columns of the answer

    /// A column of the answer: how it is computed, and what it is.
    struct Output {
        let value: Expression
        let column: ChartColumn

        var item: SelectItem { SelectItem(value, as: column.name) }
        /// By this column, from the least on.
        var order: OrderItem { OrderItem(value: .column(column.name)) }
    }

    /// The time axis, in units of `grain`.
    func time(_ grain: TimeGrain) -> Output {
        Output(value: bucket(grain), column: ChartColumn(name: "time", label: "Time", role: .x, format: nil))
    }

    func dimension(_ name: String, as role: ChartColumn.Role = .dimension) -> Output {
        Output(
            value: dataset.dimensions[name] ?? .null,
            column: ChartColumn(
                name: name, label: dataset.definition.dimension(name)?.label ?? name, role: role, format: nil))
    }

    func metric(_ name: String) -> Output {
        let definition = dataset.definition.metric(name)
        return Output(
            value: dataset.metrics[name] ?? .null,
            column: ChartColumn(name: name, label: definition?.label ?? name, role: .metric, format: definition?.format)
        )
    }

    func order(_ sort: ChartSort) -> OrderItem {
        OrderItem(
            value: .column(sort.by), direction: sort.descending ? .descending : nil,
            nulls: sort.descending ? .last : nil)
    }

    func largestFirst(_ metric: String) -> OrderItem { order(ChartSort(by: metric, descending: true)) }

    // MARK: The query

    /// One row for each combination of `keys`, with the metrics of its rows.
    /// - Parameter limit: The kind's; a chart may have another one.
    func grouped(by keys: [Output], metrics: [String], orderBy: [OrderItem], limit: Int) -> ChartQuery {
        let outputs = keys + metrics.map(metric)
        return finish(
            select(outputs, groupBy: GroupBy(keys: keys.map(\.value))), outputs, orderBy: orderBy, limit: limit)
    }

    /// The rows that count, with these columns.
    func select(_ outputs: [Output], and more: [SelectItem] = [], groupBy: GroupBy?) -> Select {
        Select(
            items: outputs.map(\.item) + more, from: [FromItem(relation: dataset.relation)],
            condition: condition(needsTime: chart.kind.grain != nil), groupBy: groupBy)
    }

    func finish(_ select: Select, _ outputs: [Output], orderBy: [OrderItem], limit: Int) -> ChartQuery {
        let rowsMax = min(chart.limit ?? limit, request.rowsMax)
        return ChartQuery(
            query: Query(select, orderBy: orderBy, limit: rowsMax + 1), columns: outputs.map(\.column),
            relation: dataset.definition.qualifiedName, rowsMax: rowsMax, partialFrom: partialFrom)
    }

    /// Where the present unit begins, when the answer can hold it.
    private var partialFrom: String? {
        guard let grain = chart.kind.grain, let now = request.now, let zone = TimeZone(identifier: request.timeZone),
            let start = TimeRange.presentStart(of: grain, now: now, timeZone: zone)
        else { return nil }
        if let range = request.range, range.to <= start.moment { return nil }
        return start.text
    }

    /// The time column rounded down to `grain` in the reader's zone: a day or, below that, a moment. Wall-clock time would
    /// make one hour of the two that a clock which is put back shows alike.
    private func bucket(_ grain: TimeGrain) -> Expression {
        guard let time = dataset.definition.timeColumn else { return .null }
        let column = Expression.column(time.name)
        let unit = Expression.string(grain.rawValue)
        switch (time.kind, grain) {
        case (.date, .minute), (.date, .hour), (.date, .day): return column
        case (.date, _): return .cast(.call("date_trunc", unit, column), to: .date)
        case (.timestamp, .minute), (.timestamp, .hour):
            return .call("date_trunc", unit, column, .string(request.timeZone))
        case (.timestamp, _):
            let local = Expression.atTimeZone(AtTimeZone(operand: column, zone: .string(request.timeZone)))
            return .cast(.call("date_trunc", unit, local), to: .date)
        }
    }

    /// The rows that count: the chart's own filters, the reader's range and values.
    private func condition(needsTime: Bool) -> Expression? {
        var conditions: [Expression] = []
        if let time = dataset.definition.timeColumn {
            let column = Expression.column(time.name)
            if needsTime { conditions.append(.isNotNull(column)) }
            if let range = request.range { conditions += range.conditions(on: column, time.kind) }
        }
        for filter in chart.filters { conditions += isOneOf(filter.dimension, filter.values) }
        for (dimension, values) in request.values.sorted(by: { $0.key < $1.key }) {
            conditions += isOneOf(dimension, values)
        }
        return conditions.isEmpty ? nil : .all(of: conditions)
    }

    private func isOneOf(_ dimension: String, _ values: [String?]) -> [Expression] {
        guard let expression = dataset.dimensions[dimension], !values.isEmpty else { return [] }
        let texts = values.compactMap { $0 }.map { Expression.string($0) }
        var ways: [Expression] = texts.count < values.count ? [.isNull(expression)] : []
        if !texts.isEmpty { ways.append(.isIn(.cast(expression, to: .text), texts)) }
        return [.any(of: ways)]
    }
}
