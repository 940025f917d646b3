import Pipeline

/// How a model's rows come to be. What there is to know of a kind is in the file of its options.
public enum ModelKind: Sendable, Equatable {
    case view(ViewKind)
    case full(FullKind)
    case incrementalByTimeRange(TimeRangeOptions)
    case incrementalByUniqueKey(UniqueKeyKind)
    case incrementalByPartition(PartitionKind)
    case incrementalUnmanaged(UnmanagedKind)
    case scdType2ByTime(SCDByTimeKind)
    case scdType2ByColumn(SCDByColumnKind)
    case seed(SeedKind)
    case embedded(EmbeddedKind)
    case external(ExternalKind)

    /// The kind's own file: its options, and what follows from them.
    public var options: any KindOptions {
        switch self {
        case .view(let options): options
        case .full(let options): options
        case .incrementalByTimeRange(let options): options
        case .incrementalByUniqueKey(let options): options
        case .incrementalByPartition(let options): options
        case .incrementalUnmanaged(let options): options
        case .scdType2ByTime(let options): options
        case .scdType2ByColumn(let options): options
        case .seed(let options): options
        case .embedded(let options): options
        case .external(let options): options
        }
    }

    /// SQLMesh's name of the kind.
    public var name: String { type(of: options).name }

    /// The rows of a seed whose file has been read; nil for the other kinds.
    public var seedTable: SeedTable? { if case .seed(let options) = self { options.table } else { nil } }

    /// The options of a model that is filled interval by interval; nil for the other kinds.
    public var timeRange: TimeRangeOptions? {
        if case .incrementalByTimeRange(let options) = self { options } else { nil }
    }

    /// True for a view over the model's query, of which nothing is stored.
    public var isView: Bool { if case .view(let options) = self { !options.isMaterialized } else { false } }

    /// True for a view over the model's query whose rows the database stores.
    public var isMaterializedView: Bool {
        if case .view(let options) = self { options.isMaterialized } else { false }
    }
}

/// What every kind says of itself.
public protocol KindOptions: Sendable, Equatable {
    /// SQLMesh's name of the kind.
    static var name: String { get }
    /// What decides the model's rows: a difference makes another table. The parts of kinds that were there before stay as
    /// they are, or an upgrade would rebuild tables.
    var dataParts: [String] { get }
    /// What decides when and how they are computed, and no row.
    var metadataParts: [String] { get }
    /// Output columns that the query must have.
    var columns: [String] { get }
    /// False for what has no table or view of its own.
    var hasRelation: Bool { get }
    /// True for what is computed interval by interval; false for what is computed whole.
    var isIncremental: Bool { get }
    /// How many intervals before a changed one are computed again with it.
    var lookback: Int { get }
    /// How many intervals one statement computes at most; nil: all that are missing.
    var intervalsPerBatch: Int? { get }
    /// How many batches may be computed at the same time; nil: any number.
    var batchConcurrency: Int? { get }
    /// True when rows of a time that was computed must not come again: they would be there twice, or are not to change.
    var isComputedOnce: Bool { get }
    /// False when a backfill leaves alone what was computed: the rows are history that the sources may not have any more.
    var canRestate: Bool { get }
    /// True when a backfill of some intervals computes all of them: no part of the table belongs to an interval.
    var restatesWhole: Bool { get }
    /// Columns that the table has beside the query's.
    var addedColumns: [String] { get }
    /// How rows that are there follow a change of the model's text.
    var evolution: Evolution { get }
}

extension KindOptions {
    public var dataParts: [String] { [] }
    public var metadataParts: [String] { [] }
    public var columns: [String] { [] }
    public var hasRelation: Bool { true }
    public var isIncremental: Bool { false }
    public var lookback: Int { 0 }
    public var intervalsPerBatch: Int? { nil }
    public var batchConcurrency: Int? { 1 }
    public var isComputedOnce: Bool { false }
    public var canRestate: Bool { true }
    public var restatesWhole: Bool { isIncremental }
    public var addedColumns: [String] { [] }
    public var evolution: Evolution { Evolution() }
}
