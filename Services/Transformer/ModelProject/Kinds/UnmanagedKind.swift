import Pipeline

/// `INCREMENTAL_UNMANAGED`: what the query returns is appended; what is there is the model's own business.
public struct UnmanagedKind: KindOptions {
    public static let name = "INCREMENTAL_UNMANAGED"
    /// Replaces partitions instead of appending: those of the model's `partitioned_by`, or everything without one.
    public var insertsOverwriting = false
    public var evolution = Evolution()

    /// Appends.
    public init() {
        evolution.forwardOnly = true
        evolution.disableRestatement = true
    }

    init(_ reader: inout KindReader) throws(PipelineError) {
        insertsOverwriting = try reader.boolean("insert_overwrite") ?? false
        evolution = try Evolution(&reader, forwardOnly: true, disableRestatement: true)
    }

    public var dataParts: [String] { insertsOverwriting ? ["insert_overwrite"] : [] }
    public var metadataParts: [String] { evolution.parts }
    public var isIncremental: Bool { true }
    public var isComputedOnce: Bool { !insertsOverwriting }
    public var canRestate: Bool { !evolution.disableRestatement }
}
