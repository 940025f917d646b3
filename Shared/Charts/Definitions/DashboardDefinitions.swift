import Pipeline

/// What `dashboards/*.yaml` of a pipeline folder say: datasets, the charts over them, and the dashboards that show those.
///
/// Every reference has been followed: a chart's dataset, metrics and dimensions exist, and so do a dashboard's charts.
/// Metric and dimension expressions are still text; the chart builder parses them.
public struct DashboardDefinitions: Sendable {
    /// In the order of their files, as are the others.
    public let datasets: [DatasetDefinition]
    public let charts: [ChartDefinition]
    public let dashboards: [DashboardDefinition]
    /// What cannot be used, in the order in which it was found.
    public let mistakes: [DashboardMistake]

    init(
        datasets: [DatasetDefinition], charts: [ChartDefinition], dashboards: [DashboardDefinition],
        mistakes: [DashboardMistake] = []
    ) {
        self.datasets = datasets
        self.charts = charts
        self.dashboards = dashboards
        self.mistakes = mistakes
    }

    /// The dataset of that name.
    public func dataset(_ name: String) -> DatasetDefinition? { datasets.first { $0.name == name } }
    /// The chart of that name.
    public func chart(_ name: String) -> ChartDefinition? { charts.first { $0.name == name } }
    /// The dashboard of that name.
    public func dashboard(_ name: String) -> DashboardDefinition? { dashboards.first { $0.name == name } }

    /// Why the part of that kind and name cannot be used.
    public func mistake(_ part: DashboardMistake.Part, _ name: String) -> PipelineError? {
        mistakes.first { $0.part == part && $0.name == name }?.error
    }

    /// The same without these datasets and the charts over them.
    func settingAside(datasets: [(name: String, error: PipelineError)]) -> DashboardDefinitions {
        let causes = Dictionary(datasets.map { ($0.name, $0.error) }) { first, _ in first }
        var mistakes = mistakes
        mistakes += datasets.map { DashboardMistake(part: .dataset, name: $0.name, error: $0.error) }
        for chart in charts {
            guard let cause = causes[chart.dataset] else { continue }
            mistakes.append(
                DashboardMistake(
                    part: .chart, name: chart.name,
                    error: chart.place.error(DashboardMistake.words(dataset: chart.dataset, cause))))
        }
        return DashboardDefinitions(
            datasets: self.datasets.filter { causes[$0.name] == nil },
            charts: charts.filter { causes[$0.dataset] == nil }, dashboards: dashboards, mistakes: mistakes)
    }

}

/// A part of `dashboards/*.yaml` that cannot be used.
public struct DashboardMistake: Sendable, Equatable {
    /// What it is.
    public enum Part: String, Sendable {
        case file, dataset, chart, dashboard
    }

    public let part: Part
    /// The part's name; a file's path.
    public let name: String
    public let error: PipelineError

    static func words(dataset: String, _ cause: PipelineError) -> String {
        "Its dataset `\(dataset)` has a mistake: \(cause.file)\(cause.line.map { ":\($0)" } ?? "")."
    }
}

/// Where something was written, for errors that are found later than by reading.
public struct DashboardPlace: Sendable, Hashable {
    /// Relative to the pipeline folder.
    public let file: String
    /// Counted from 1; nil when the parser knows none.
    public let line: Int?
    public let column: Int?

    /// An error that points here.
    public func error(_ message: String) -> PipelineError {
        PipelineError(file: file, line: line, column: column, message: message)
    }
}

/// A relation with what can be asked of it.
public struct DatasetDefinition: Sendable, Equatable {
    public let name: String
    public let title: String
    public let description: String?
    /// The schema and name of the relation; a model without a schema is in `analytics`.
    public let schema: String
    public let relation: String
    /// Which moment a row belongs to; nil for a relation that time ranges do not apply to.
    public let timeColumn: TimeColumn?
    public let metrics: [MetricDefinition]
    public let dimensions: [DimensionDefinition]
    public let place: DashboardPlace

    /// A column that says when.
    public struct TimeColumn: Sendable, Equatable {
        /// What the column holds: calendar days, or moments.
        public enum Kind: String, Sendable, CaseIterable {
            case date, timestamp
        }
        public let name: String
        public let kind: Kind
    }

    /// `schema.relation`.
    public var qualifiedName: String { "\(schema).\(relation)" }
    /// The metric of that name.
    public func metric(_ name: String) -> MetricDefinition? { metrics.first { $0.name == name } }
    /// The dimension of that name.
    public func dimension(_ name: String) -> DimensionDefinition? { dimensions.first { $0.name == name } }
}

/// A number per group of rows: an aggregate expression with a name.
public struct MetricDefinition: Sendable, Equatable {
    public let name: String
    public let label: String
    /// SQL as written: `count(distinct user_id)`.
    public let expression: String
    /// Nil: as each value asks for.
    public let format: NumberFormat?
    public let description: String?
    public let place: DashboardPlace
}

/// How a metric's values are shown.
public enum NumberFormat: String, Sendable, CaseIterable {
    case integer, decimal, percent, compact
    /// A number of seconds, shown as hours, minutes and seconds.
    case seconds
}

/// Something to group and filter by: a column, or an expression over columns.
public struct DimensionDefinition: Sendable, Equatable {
    public let name: String
    public let label: String
    /// SQL as written; the dimension's own name when nothing else is said.
    public let expression: String
    public let place: DashboardPlace
}

/// Cards on a grid of twelve columns.
public struct DashboardDefinition: Sendable, Equatable {
    public let name: String
    public let title: String
    public let description: String?
    /// IANA zone in which days begin and times are shown.
    public let timeZone: String
    /// The range shown first.
    public let timeRange: TimeRangeDefinition
    /// Dimensions that readers may filter by; each applies to the charts whose dataset has it.
    public let filters: [String]
    public let rows: [Row]
    public let place: DashboardPlace

    /// Cards side by side.
    public struct Row: Sendable, Equatable {
        public let height: Height
        public let cards: [Card]
    }

    /// How tall the cards of a row are.
    public enum Height: String, Sendable, CaseIterable {
        case small, medium, large
    }

    /// One chart in its frame.
    public struct Card: Sendable, Equatable {
        public let chart: String
        /// In columns of twelve.
        public let width: Int
    }

    /// Names of the charts shown, each once, in reading order.
    public var charts: [String] {
        var seen: Set<String> = []
        return rows.flatMap(\.cards).map(\.chart).filter { seen.insert($0).inserted }
    }
}

/// A stretch of time as people write it.
public enum TimeRangeDefinition: Sendable, Hashable {
    case all
    /// Whole units up to and including the present one: `last 14 days`, `today`, `this month`.
    case last(Int, TimeGrain)
    /// The whole unit before the present one: `yesterday`, `last month`.
    case previous(TimeGrain)
    /// From the first day to the last, both included: `2026-11-01 to 2026-11-30`.
    case days(String, String)

    /// What can be written, for messages.
    public static let forms =
        "`all`, `today`, `yesterday`, `this month`, `last month`, `last 14 days` or `2026-11-01 to 2026-11-30`"

    /// Reads one of the ``forms``; nil for anything else.
    public init?(_ text: String) {
        let words = text.lowercased().split(separator: " ")
        switch words.count {
        case 1 where words[0] == "all": self = .all
        case 1 where words[0] == "today": self = .last(1, .day)
        case 1 where words[0] == "yesterday": self = .previous(.day)
        case 2 where words[0] == "this" || words[0] == "last":
            guard let grain = TimeGrain(rawValue: String(words[1])) else { return nil }
            self = words[0] == "this" ? .last(1, grain) : .previous(grain)
        case 3 where words[0] == "last":
            let unit = words[2].hasSuffix("s") ? words[2].dropLast() : words[2]
            guard let count = Int(words[1]), (1...10_000).contains(count), let grain = TimeGrain(rawValue: String(unit))
            else { return nil }
            self = .last(count, grain)
        case 3 where words[1] == "to":
            guard Self.isDay(words[0]), Self.isDay(words[2]), words[0] <= words[2] else { return nil }
            self = .days(String(words[0]), String(words[2]))
        default: return nil
        }
    }

    /// The text that `init` reads.
    public var text: String {
        switch self {
        case .all: "all"
        case .last(1, .day): "today"
        case .last(1, let grain): "this \(grain.rawValue)"
        case .last(let count, let grain): "last \(count) \(grain.rawValue)s"
        case .previous(.day): "yesterday"
        case .previous(let grain): "last \(grain.rawValue)"
        case .days(let first, let last): "\(first) to \(last)"
        }
    }

    private static func isDay(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 }),
            let month = Int(parts[1]), let day = Int(parts[2])
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }
}

/// The unit that times are rounded down to.
public enum TimeGrain: String, Sendable, CaseIterable, Hashable {
    case minute, hour, day, week, month, quarter, year
}
