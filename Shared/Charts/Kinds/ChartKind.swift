// ChartKind: what a kind of charts is. A kind is one file here, and one module of the pages (BIAPI, `Public/assets/kinds`):
// its keys in YAML with their checks, the dimensions and metrics that it takes, its query, and what a page needs to draw the
// answer. To add one, write the two and name them in `ChartKinds.all` and in `kinds/index.js`.
import Pipeline

/// One chart's own part, of one kind.
public protocol ChartKind: Sendable, Equatable {
    /// The word after `type:` in YAML, and in answers.
    static var name: String { get }
    /// The keys that it has beside those of every chart.
    static var keys: Set<String> { get }

    /// Reads and checks its keys.
    /// - Throws: ``PipelineError`` at the place of the first mistake.
    init(_ fields: ChartFields) throws(PipelineError)

    /// The dimensions that it takes.
    var dimensions: [String] { get }
    /// The metrics that it takes.
    var metrics: [String] { get }
    /// The unit of its time axis, where it has one.
    var grain: TimeGrain? { get }
    /// What a page needs to draw it, beside the answer.
    func options(over dataset: DatasetDefinition) -> [String: ChartOption]
    /// Its question to the warehouse.
    func query(_ parts: ChartQueryParts) -> ChartQuery
}

extension ChartKind {
    public var grain: TimeGrain? { nil }
    /// What a page needs to draw it, beside the answer.
    public func options(over dataset: DatasetDefinition) -> [String: ChartOption] { [:] }

    /// The word after `type:`.
    public var name: String { Self.name }

    func isEqual(_ other: any ChartKind) -> Bool { (other as? Self) == self }
}

/// A setting of a drawing.
public enum ChartOption: Sendable, Equatable {
    case text(String), texts([String]), flag(Bool), number(Double)
}

/// The kinds that there are.
public enum ChartKinds {
    /// In the order of the documentation.
    public static let all: [any ChartKind.Type] = [
        LineChart.self, AreaChart.self, BarChart.self, CombinedChart.self, PieChart.self, BigNumberChart.self,
        GaugeChart.self, TableChart.self, PivotChart.self, HistogramChart.self, ScatterChart.self, HeatmapChart.self,
        CalendarChart.self, FunnelChart.self, TreemapChart.self, SunburstChart.self, SankeyChart.self,
        WaterfallChart.self,
    ]

    /// The kind of that name.
    static func named(_ name: String) -> (any ChartKind.Type)? { all.first { $0.name == name } }
}
