import Pipeline

/// `signals (data_landed(tables := (raw.events)))`: the model waits until what lands in raw tables has come past an interval.
public struct DataSignal: Sendable, Equatable {
    /// With their schemas, lower case; empty: all raw tables that the model reads.
    public var tables: [String]

    /// The signals that a property names; all are written as audits are.
    static func calls(of property: PropertyScanner.Property, in source: SourceFile) throws(PipelineError) -> [AuditCall]
    {
        var calls: [AuditCall] = []
        for element in try property.elements(in: source) where !element.isEmpty {
            calls.append(try ModelProperties(source: source).auditCall(element, at: property.offset))
        }
        return calls
    }

    /// Why one of them cannot be asked; nil where all can.
    static func refusal(of calls: [AuditCall]) -> String? {
        calls.first { $0.name != name }.map { call in
            "The signal \(call.name) is a Python function, and Python is not run here. `signals (\(name))` waits until "
                + "what lands in the raw tables that the model reads has come past the interval; else leave it out: "
                + "late rows are computed when they land."
        }
    }

    /// Where it says which tables; they are wrong, if any is, where `signals` stands.
    /// - Parameter calls: Of this signal alone.
    static func read(_ calls: [AuditCall], at offset: Int, in source: SourceFile) throws(PipelineError) -> DataSignal? {
        var found: DataSignal?
        for call in calls {
            guard found == nil else { throw source.error(at: offset, "\(name) is here twice.") }
            if let other = call.arguments.keys.first(where: { $0 != "tables" }) {
                throw source.error(at: offset, "\(name) has no argument `\(other)`. It takes `tables`.")
            }
            let tables = call.arguments["tables"]?.values.map { $0.trimmingQuotes().lowercased() } ?? []
            if let bare = tables.first(where: { $0.split(separator: ".").count != 2 }) {
                throw source.error(at: offset, "`\(bare)`: write a raw table with its schema, as raw.events.")
            }
            found = DataSignal(tables: tables.sorted())
        }
        return found
    }

    private static let name = "data_landed"
}
