import Pipeline
import SQL

/// A point for each value of a dimension, placed by two metrics; a third one is its size, a second dimension its colour.
public struct ScatterChart: ChartKind {
    public static let name = "scatter"
    public static let keys: Set<String> = ["dimension", "x", "y", "size", "series"]
    public let dimension: String
    public let x: String
    public let y: String
    public let size: String?
    public let series: String?

    public init(_ fields: ChartFields) throws(PipelineError) {
        dimension = try fields.dimension(try fields.required("dimension"))
        x = try fields.metric(try fields.required("x"))
        y = try fields.metric(try fields.required("y"))
        size = try fields.optionalMetric("size")
        series = try fields.optionalDimension("series")
    }

    public var dimensions: [String] { [dimension] + [series].compactMap { $0 } }
    public var metrics: [String] {
        var seen: Set<String> = []
        return ([x, y] + [size].compactMap { $0 }).filter { seen.insert($0).inserted }
    }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] {
        var options: [String: ChartOption] = ["x": .text(x), "y": .text(y)]
        if let size { options["size"] = .text(size) }
        return options
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let point = parts.dimension(dimension)
        let colour = series.map { parts.dimension($0, as: .series) }
        let first = size.map(parts.largestFirst)
        return parts.grouped(
            by: [point, colour].compactMap { $0 }, metrics: metrics,
            orderBy: [first, point.order, colour?.order].compactMap { $0 }, limit: 2_000)
    }
}
