/// A chart: which numbers of which dataset, split by what, drawn how.
public struct ChartDefinition: Sendable, Equatable {
    public let name: String
    public let title: String
    public let description: String?
    public let dataset: String
    public let shape: Shape
    /// Rows that the chart is about, whatever its reader filters: dimension and the values it may have.
    public let filters: [ValueFilter]
    /// Instead of the dashboard's range; nil: the dashboard's.
    public let timeRange: TimeRangeDefinition?
    /// At most so many rows are asked for; nil: the kind's default.
    public let limit: Int?
    public let place: DashboardPlace

    /// What is drawn, with what each kind needs.
    public enum Shape: Sendable, Equatable {
        /// Metrics along an axis. A series dimension gives one line, area or stack per value of it.
        case series(Mark, x: Axis, metrics: [String], series: String?, stacked: Bool)
        /// One metric over the values of a dimension.
        case pie(dimension: String, metric: String, donut: Bool)
        /// One metric as text; with a trend, its course over time below.
        case bigNumber(metric: String, trend: TimeGrain?)
        /// Rows of dimensions and metrics.
        case table(dimensions: [String], metrics: [String], sort: Sort?)
        /// How many `per` (users, say) have a metric between 0 and 1, 1 and 2 … times `binWidth`.
        case histogram(per: String, metric: String, binWidth: Int)
    }

    /// How a series is drawn.
    public enum Mark: String, Sendable {
        case line, area, bar
    }

    /// What runs along x.
    public enum Axis: Sendable, Equatable {
        case time(TimeGrain)
        case dimension(String, sort: Sort?)
    }

    /// An order of rows; by a metric or dimension of the chart.
    public struct Sort: Sendable, Equatable {
        public let by: String
        public let descending: Bool
    }

    /// A dimension has one of these values; nil is none at all (NULL).
    public struct ValueFilter: Sendable, Equatable {
        public let dimension: String
        public let values: [String?]
    }

    /// The word in YAML and in answers: `line`, `big_number` …
    public var kind: String {
        switch shape {
        case .series(let mark, _, _, _, _): mark.rawValue
        case .pie: "pie"
        case .bigNumber: "big_number"
        case .table: "table"
        case .histogram: "histogram"
        }
    }
}
