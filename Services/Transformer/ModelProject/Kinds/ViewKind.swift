import Pipeline

/// `VIEW`: a view over the query. Nothing is stored, unless it is materialized.
public struct ViewKind: KindOptions {
    public static let name = "VIEW"
    /// Stored by the engine, and refreshed when the model is due.
    public var isMaterialized = false

    /// A plain view, or one whose rows are stored.
    public init(isMaterialized: Bool = false) { self.isMaterialized = isMaterialized }

    init(_ reader: inout KindReader) throws(PipelineError) {
        isMaterialized = try reader.boolean("materialized") ?? false
    }

    public var dataParts: [String] { isMaterialized ? ["materialized"] : [] }
}
