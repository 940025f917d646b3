import Pipeline

/// `INCREMENTAL_BY_UNIQUE_KEY`: rows of new intervals are merged into the table by a key.
public struct UniqueKeyKind: KindOptions {
    public static let name = "INCREMENTAL_BY_UNIQUE_KEY"

    /// SQL expressions over the model's columns: as written.
    public var uniqueKey: [String]
    /// `WHEN MATCHED … THEN …` of the MERGE, as written, with `source` and `target`; nil: every other column is updated.
    public var whenMatched: String?
    /// A condition on `source` and `target` that is added to the MERGE's ON; as written.
    public var mergeFilter: String?
    /// As in ``TimeRangeOptions``.
    public var lookback = 0
    /// As in ``TimeRangeOptions``.
    public var batchSize: Int?
    public var evolution = Evolution()

    /// Merges by `uniqueKey`.
    public init(uniqueKey: [String]) { self.uniqueKey = uniqueKey }

    init(_ reader: inout KindReader) throws(PipelineError) {
        self.init(uniqueKey: try reader.expressions("unique_key"))
        whenMatched = try reader.property("when_matched")?.unwrapped
        mergeFilter = try reader.property("merge_filter")?.unwrapped
        lookback = try reader.count("lookback", from: 0) ?? 0
        batchSize = try reader.count("batch_size", from: 1)
        // Merges of one table wait for each other, so this is one whatever is written.
        if let concurrency = try reader.count("batch_concurrency", from: 1), concurrency > 1,
            let property = try reader.property("batch_concurrency")
        {
            throw reader.source.error(at: property.offset, "\(Self.name) merges one batch after the other: say 1.")
        }
        evolution = try Evolution(&reader)
    }

    public var dataParts: [String] {
        ["key"] + uniqueKey + ["matched", whenMatched ?? "", "filter", mergeFilter ?? ""]
    }
    public var metadataParts: [String] { ["\(lookback)", batchSize.map(String.init) ?? ""] + evolution.parts }
    public var columns: [String] { uniqueKey.filter(\.isPlainName).map(\.identifierName) }
    public var isIncremental: Bool { true }
    public var intervalsPerBatch: Int? { batchSize }
    /// What a clause of the model's own does twice may not be what it does once; with a lookback it is asked for.
    public var isComputedOnce: Bool { whenMatched != nil && lookback == 0 }
    public var canRestate: Bool { !evolution.disableRestatement }
}
