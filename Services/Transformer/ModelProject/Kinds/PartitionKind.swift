import Pipeline

/// `INCREMENTAL_BY_PARTITION`: the partitions that the query returns replace those of the table. The columns are the model's
/// `partitioned_by`. Always forward-only.
public struct PartitionKind: KindOptions {
    public static let name = "INCREMENTAL_BY_PARTITION"
    public var evolution = Evolution()

    /// Nothing but what every such model has.
    public init() { evolution.forwardOnly = true }

    init(_ reader: inout KindReader) throws(PipelineError) {
        evolution = try Evolution(&reader, forwardOnly: true)
        guard evolution.forwardOnly else {
            throw reader.error("forward_only", "\(Self.name) is always forward-only: leave forward_only out.")
        }
    }

    public var metadataParts: [String] { evolution.parts }
    public var isIncremental: Bool { true }
    public var canRestate: Bool { !evolution.disableRestatement }
}
