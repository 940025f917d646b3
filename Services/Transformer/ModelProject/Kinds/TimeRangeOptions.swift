import Pipeline

/// `INCREMENTAL_BY_TIME_RANGE`: a table filled interval by interval of its time column.
public struct TimeRangeOptions: KindOptions {
    public static let name = "INCREMENTAL_BY_TIME_RANGE"

    /// The output column whose value decides the interval a row belongs to.
    public var timeColumn: String
    /// For text and integer time columns: a strftime format such as `%Y-%m-%d`.
    public var timeFormat: String?
    /// How many intervals before a changed one are computed again with it: rows of one interval may depend on input
    /// of so many later ones.
    public var lookback: Int
    /// Intervals computed by one statement at most; nil: all at once.
    public var batchSize: Int?
    /// Batches that may be computed at the same time; nil: as many as there is room for.
    public var batchConcurrency: Int?
    /// False keeps the time column out of the table's partitions, where an engine has them.
    public var partitionsByTimeColumn = true
    /// How changes of the model are brought to rows that are there.
    public var evolution = Evolution()

    /// Options made by code.
    public init(timeColumn: String, timeFormat: String? = nil, lookback: Int = 0, batchSize: Int? = nil) {
        self.timeColumn = timeColumn
        self.timeFormat = timeFormat
        self.lookback = lookback
        self.batchSize = batchSize
    }

    init(_ reader: inout KindReader) throws(PipelineError) {
        let column = try reader.needed("time_column")
        let parts = try column.elements(in: reader.source)
        guard (1...2).contains(parts.count), let name = parts.first, !name.isEmpty else {
            throw reader.source.error(at: column.offset, "time_column is a name, or (name, 'format') and no more.")
        }
        self.init(timeColumn: name.identifierName)
        if parts.count == 2 { timeFormat = TimeFormatText.strftime(parts[1].trimmingQuotes(), dialect: reader.dialect) }
        lookback = try reader.count("lookback", from: 0) ?? 0
        batchSize = try reader.count("batch_size", from: 1)
        batchConcurrency = try reader.count("batch_concurrency", from: 1)
        partitionsByTimeColumn = try reader.boolean("partition_by_time_column") ?? true
        evolution = try Evolution(&reader)
    }

    public var dataParts: [String] { [timeColumn, timeFormat ?? ""] }
    public var metadataParts: [String] { ["\(lookback)", batchSize.map(String.init) ?? ""] + evolution.parts }
    public var columns: [String] { [timeColumn] }
    public var isIncremental: Bool { true }
    public var intervalsPerBatch: Int? { batchSize }
    public var isComputedOnce: Bool { evolution.disableRestatement }
    public var canRestate: Bool { !evolution.disableRestatement }
    public var restatesWhole: Bool { false }
}

/// A time column's format as SQLMesh takes it: in the words of the model's dialect, or as strftime has them.
enum TimeFormatText {
    static func strftime(_ text: String, dialect: String) -> String {
        guard !text.contains("%") else { return text }
        // PostgreSQL's template patterns; the longer ones first.
        let codes = [
            ("YYYY", "%Y"), ("HH24", "%H"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S"), ("US", "%f"),
        ]
        var written = ""
        var rest = text[...]
        scan: while let first = rest.first {
            for (code, percent) in codes where rest.uppercased().hasPrefix(code) {
                written += percent
                rest = rest.dropFirst(code.count)
                continue scan
            }
            written.append(first)
            rest = rest.dropFirst()
        }
        return written
    }
}
