import Pipeline

/// A chart: which numbers of which dataset, split by what, drawn how.
public struct ChartDefinition: Sendable {
    public let name: String
    public let title: String
    public let description: String?
    public let dataset: String
    /// What is drawn, with what its kind needs.
    public let kind: any ChartKind
    /// Rows that the chart is about, whatever its reader filters: dimension and the values it may have.
    public let filters: [ValueFilter]
    /// Instead of the dashboard's range; nil: the dashboard's.
    public let timeRange: TimeRangeDefinition?
    /// At most so many rows are asked for; nil: the kind's default.
    public let limit: Int?
    public let place: DashboardPlace

    /// A dimension has one of these values; nil is none at all (NULL).
    public struct ValueFilter: Sendable, Equatable {
        public let dimension: String
        public let values: [String?]
    }

    /// The metrics and dimensions that it takes, those of its filters among them.
    public var names: [String] { kind.dimensions + kind.metrics + filters.map(\.dimension) }
}

/// An order of rows; by a metric or dimension of the chart.
public struct ChartSort: Sendable, Equatable {
    public let by: String
    public let descending: Bool
}
