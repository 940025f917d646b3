import Pipeline

/// One metric as areas within areas: up to four dimensions, the outermost first.
public struct TreemapChart: TreeKind {
    public static let name = "treemap"
    public let dimensions: [String]
    public let metric: String

    public init(_ fields: ChartFields) throws(PipelineError) { (dimensions, metric) = try Self.read(fields) }
}

/// A kind that is drawn as a tree.
public protocol TreeKind: ChartKind {
    var metric: String { get }
}

extension TreeKind {
    public static var keys: Set<String> { ["dimensions", "metric"] }
    public var metrics: [String] { [metric] }

    static func read(_ fields: ChartFields) throws(PipelineError) -> (dimensions: [String], metric: String) {
        let dimensions = try fields.dimensions("dimensions")
        guard (1...4).contains(dimensions.count), Set(dimensions).count == dimensions.count else {
            throw try fields.required("dimensions").error(
                "A \(name) has one to four `dimensions`, each once, the outermost first.")
        }
        return (dimensions, try fields.metric(try fields.required("metric")))
    }

    /// Its question to the warehouse.
    public func query(_ parts: ChartQueryParts) -> ChartQuery {
        let outputs = dimensions.map { parts.dimension($0) }
        return parts.grouped(
            by: outputs, metrics: [metric], orderBy: [parts.largestFirst(metric)] + outputs.map(\.order), limit: 2_000)
    }
}
