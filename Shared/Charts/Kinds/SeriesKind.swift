import Pipeline
import SQL

/// Metrics along an axis: what lines, areas and bars have in common. A series dimension gives one for each value of it.
public struct Series: Sendable, Equatable {
    /// What runs along x.
    public enum Axis: Sendable, Equatable {
        case time(TimeGrain)
        case dimension(String, sort: ChartSort?)
    }

    public let x: Axis
    public let metrics: [String]
    public let series: String?
    public let stacked: Bool

    static let keys: Set<String> = ["x", "grain", "metrics", "metric", "series", "stacked", "sort"]

    init(_ fields: ChartFields, stacked: Bool) throws(PipelineError) {
        metrics = try fields.metrics()
        series = try fields.optionalDimension("series")
        if let value = fields["series"], metrics.count > 1 {
            throw value.error("A chart with `series` shows one metric.")
        }
        x = try Axis(fields, metrics: metrics)
        self.stacked = try fields.flag("stacked") ?? stacked
    }

    func query(_ parts: ChartQueryParts) -> ChartQuery {
        let (axis, first) = x.output(parts)
        let split = series.map { parts.dimension($0, as: .series) }
        return parts.grouped(
            by: [axis, split].compactMap { $0 }, metrics: metrics, orderBy: [first] + [split?.order].compactMap { $0 },
            limit: 10_000)
    }
}

extension Series.Axis {
    /// Reads `x`, and the `grain` or `sort` that goes with it.
    init(_ fields: ChartFields, metrics: [String]) throws(PipelineError) {
        let axis = try fields.required("x")
        if try axis.string() == "time" {
            if let sort = fields["sort"] { throw sort.error("Along time, time is the order. Remove `sort`.") }
            self = .time(try fields.grain(of: axis))
        } else {
            if let grain = fields["grain"] { throw grain.error("`grain` goes with `x: time`.") }
            let name = try fields.dimension(axis)
            self = .dimension(name, sort: try fields.sort(of: [name] + metrics))
        }
    }

    var dimension: String? { if case .dimension(let name, _) = self { name } else { nil } }
    var grain: TimeGrain? { if case .time(let grain) = self { grain } else { nil } }

    /// The axis as a column, and its order.
    func output(_ parts: ChartQueryParts) -> (ChartQueryParts.Output, OrderItem) {
        switch self {
        case .time(let grain):
            let axis = parts.time(grain)
            return (axis, axis.order)
        case .dimension(let name, let sort):
            let axis = parts.dimension(name, as: .x)
            return (axis, sort.map(parts.order) ?? axis.order)
        }
    }
}

/// A kind that is drawn as ``Series``.
public protocol SeriesKind: ChartKind {
    /// What runs along which axis.
    var series: Series { get }
}

extension SeriesKind {
    public static var keys: Set<String> { Series.keys }
    public var dimensions: [String] { [series.x.dimension, series.series].compactMap { $0 } }
    public var metrics: [String] { series.metrics }
    public var grain: TimeGrain? { series.x.grain }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] { ["stacked": .flag(series.stacked)] }
    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery { series.query(parts) }
}
