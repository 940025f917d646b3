import Pipeline

/// `INCREMENTAL_UNMANAGED`: what the query returns is appended; what is there is the model's own business.
public struct UnmanagedKind: KindOptions {
    public static let name = "INCREMENTAL_UNMANAGED"
    /// Replaces everything instead of appending.
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
    public var keepsHistory: Bool { true }
}
