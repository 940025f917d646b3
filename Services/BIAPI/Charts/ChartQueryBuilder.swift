import Foundation
import Pipeline
import SQL

/// Builds the SQL tree of one chart for one request.
struct ChartQueryBuilder {
    let chart: ChartDefinition
    let dataset: Dataset
    let request: ChartRequest

    private static let valuesMax = 1_000

    func build() throws(ChartError) -> ChartQuery {
        guard TimeZone(identifier: request.timeZone) != nil else { throw .unknownTimeZone(request.timeZone) }
        for (dimension, values) in request.values where values.count > Self.valuesMax {
            throw .tooManyValues(dimension: dimension, max: Self.valuesMax)
        }
        switch chart.shape {
        case .series(_, let x, let metrics, let series, _): return seriesQuery(x: x, metrics: metrics, series: series)
        case .pie(let dimension, let metric, _): return pieQuery(dimension, metric)
        case .bigNumber(let metric, let trend): return bigNumberQuery(metric, trend)
        case .table(let dimensions, let metrics, let sort): return tableQuery(dimensions, metrics, sort)
        case .histogram(let per, let metric, let binWidth): return histogramQuery(per, metric, binWidth)
        }
    }

    // MARK: One query a kind

    private func seriesQuery(x: ChartDefinition.Axis, metrics: [String], series: String?) -> ChartQuery {
        let axis: Output
        var order: [OrderItem]
        var needsTime = false
        switch x {
        case .time(let grain):
            axis = Output(time: bucket(grain))
            order = [OrderItem(value: .column(axis.column.name))]
            needsTime = true
        case .dimension(let name, let sort):
            axis = dimension(name, as: .x)
            order = [sort.map(sortItem) ?? OrderItem(value: .column(name))]
        }
        let split = series.map { dimension($0, as: .series) }
        if let split { order.append(OrderItem(value: .column(split.column.name))) }
        return grouped(
            by: [axis, split].compactMap { $0 }, metrics: metrics, orderBy: order, needsTime: needsTime,
            limit: chart.limit ?? 10_000)
    }

    private func pieQuery(_ name: String, _ metric: String) -> ChartQuery {
        let slice = dimension(name, as: .dimension)
        let largestFirst = OrderItem(value: .column(metric), direction: .descending, nulls: .last)
        return grouped(
            by: [slice], metrics: [metric], orderBy: [largestFirst, OrderItem(value: .column(slice.column.name))],
            limit: chart.limit ?? 1_000)
    }

    private func tableQuery(_ dimensions: [String], _ metrics: [String], _ sort: ChartDefinition.Sort?) -> ChartQuery {
        let outputs = dimensions.map { dimension($0, as: .dimension) }
        var order = [sort.map(sortItem)].compactMap { $0 }
        order += outputs.filter { $0.column.name != sort?.by }.map { OrderItem(value: .column($0.column.name)) }
        return grouped(by: outputs, metrics: metrics, orderBy: order, limit: chart.limit ?? 1_000)
    }

    /// The whole and its course over time, in one scan.
    private func bigNumberQuery(_ metric: String, _ trend: TimeGrain?) -> ChartQuery {
        guard let trend else { return grouped(by: [], metrics: [metric], orderBy: [], limit: 1) }
        let axis = Output(time: bucket(trend))
        let total = self.metric(metric)
        let select = Select(
            items: [axis.item, total.item], from: [FromItem(relation: dataset.relation)],
            condition: condition(needsTime: true),
            groupBy: GroupBy(elements: [.groupingSets([.empty, .set([axis.value])])]))
        let order = OrderItem(value: .column(axis.column.name), nulls: .first)
        return finish(select, [axis, total], orderBy: [order], limit: chart.limit ?? 10_000)
    }

    /// How many of `per` have the metric in each bin.
    private func histogramQuery(_ per: String, _ metric: String, _ binWidth: Int) -> ChartQuery {
        let inner = Select(
            items: [dimension(per, as: .dimension).item, SelectItem(expression(metric), as: "amount")],
            from: [FromItem(relation: dataset.relation)], condition: condition(needsTime: false),
            groupBy: GroupBy(keys: [dimension(per, as: .dimension).value]))
        let width = Expression.integer(binWidth)
        let amount = Expression.cast(.column("amount", of: "amounts"), to: .numeric)
        let floor = Expression.call("floor", .binary(amount, .divide, width))
        let bin = Output(
            value: .cast(.binary(floor, .multiply, width), to: .int64),
            column: ChartColumn(name: "bin", label: label(ofMetric: metric), role: .bin, format: nil))
        let count = Output(
            value: .call("count", .star),
            column: ChartColumn(name: "count", label: label(ofDimension: per), role: .metric, format: .integer))
        let select = Select(
            items: [bin.item, count.item], from: [FromItem(relation: .subquery(Query(inner), as: "amounts"))],
            condition: .isNotNull(.column("amount", of: "amounts")), groupBy: GroupBy(keys: [bin.value]))
        return finish(select, [bin, count], orderBy: [OrderItem(value: .column("bin"))], limit: chart.limit ?? 10_000)
    }

    // MARK: What the kinds share

    /// A column of the answer: how it is computed, and what it is.
    private struct Output {
        let value: Expression
        let column: ChartColumn

        init(value: Expression, column: ChartColumn) {
            self.value = value
            self.column = column
        }

        init(time value: Expression) {
            self.init(value: value, column: ChartColumn(name: "time", label: "Time", role: .x, format: nil))
        }

        var item: SelectItem { SelectItem(value, as: column.name) }
    }

    private func grouped(
        by keys: [Output], metrics: [String], orderBy: [OrderItem], needsTime: Bool = false, limit: Int
    ) -> ChartQuery {
        let outputs = keys + metrics.map(metric)
        let select = Select(
            items: outputs.map(\.item), from: [FromItem(relation: dataset.relation)],
            condition: condition(needsTime: needsTime), groupBy: GroupBy(keys: keys.map(\.value)))
        return finish(select, outputs, orderBy: orderBy, limit: limit)
    }

    private func finish(_ select: Select, _ outputs: [Output], orderBy: [OrderItem], limit: Int) -> ChartQuery {
        let rowsMax = min(limit, request.rowsMax)
        return ChartQuery(
            query: Query(select, orderBy: orderBy, limit: rowsMax + 1), columns: outputs.map(\.column),
            relation: dataset.definition.qualifiedName, rowsMax: rowsMax, partialFrom: partialFrom)
    }

    /// Where the present unit begins, when the answer can hold it.
    private var partialFrom: String? {
        guard let grain = chart.grain, let now = request.now, let zone = TimeZone(identifier: request.timeZone),
            let start = TimeRange.presentStart(of: grain, now: now, timeZone: zone)
        else { return nil }
        if let range = request.range, range.to <= start.moment { return nil }
        return start.text
    }

    private func dimension(_ name: String, as role: ChartColumn.Role) -> Output {
        Output(
            value: dataset.dimensions[name] ?? .null,
            column: ChartColumn(name: name, label: label(ofDimension: name), role: role, format: nil))
    }

    private func metric(_ name: String) -> Output {
        Output(
            value: expression(name),
            column: ChartColumn(
                name: name, label: label(ofMetric: name), role: .metric,
                format: dataset.definition.metric(name)?.format))
    }

    private func expression(_ metric: String) -> Expression { dataset.metrics[metric] ?? .null }
    private func label(ofMetric name: String) -> String { dataset.definition.metric(name)?.label ?? name }
    private func label(ofDimension name: String) -> String { dataset.definition.dimension(name)?.label ?? name }

    private func sortItem(_ sort: ChartDefinition.Sort) -> OrderItem {
        OrderItem(
            value: .column(sort.by), direction: sort.descending ? .descending : nil,
            nulls: sort.descending ? .last : nil)
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

extension ChartDefinition {
    /// The unit of the time axis, where there is one.
    var grain: TimeGrain? {
        switch shape {
        case .series(_, .time(let grain), _, _, _): grain
        case .bigNumber(_, let trend): trend
        case .series, .pie, .table, .histogram: nil
        }
    }
}
