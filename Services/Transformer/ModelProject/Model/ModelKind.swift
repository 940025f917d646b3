/// How a model's rows come to be.
public enum ModelKind: Sendable, Equatable {
    /// A view over its query; nothing is stored.
    case view
    /// A table, rebuilt whole each time.
    case full
    /// A table filled interval by interval of its time column.
    case incrementalByTimeRange(TimeRangeOptions)

    /// SQLMesh's name of the kind.
    public var name: String {
        switch self {
        case .view: "VIEW"
        case .full: "FULL"
        case .incrementalByTimeRange: "INCREMENTAL_BY_TIME_RANGE"
        }
    }

    /// The options of an incremental model; nil for the other kinds.
    public var timeRange: TimeRangeOptions? {
        if case .incrementalByTimeRange(let options) = self { options } else { nil }
    }
}

/// Options of `INCREMENTAL_BY_TIME_RANGE`.
public struct TimeRangeOptions: Sendable, Equatable {
    /// The output column whose value decides the interval a row belongs to.
    public var timeColumn: String
    /// For text and integer time columns: a strftime format such as `%Y-%m-%d`.
    public var timeFormat: String?
    /// How many intervals before a changed one are computed again with it: rows of one interval may depend on input
    /// of so many later ones.
    public var lookback: Int
    /// Intervals computed by one statement at most; nil: all at once.
    public var batchSize: Int?

    /// Options made by code.
    public init(timeColumn: String, timeFormat: String? = nil, lookback: Int = 0, batchSize: Int? = nil) {
        self.timeColumn = timeColumn
        self.timeFormat = timeFormat
        self.lookback = lookback
        self.batchSize = batchSize
    }
}

/// The grid that a model's intervals lie on, in UTC.
public enum IntervalUnit: String, Sendable, CaseIterable, Codable {
    case year, month, week, day, hour
    case halfHour = "half_hour"
    case quarterHour = "quarter_hour"
    case fiveMinute = "five_minute"
    case minute
}
