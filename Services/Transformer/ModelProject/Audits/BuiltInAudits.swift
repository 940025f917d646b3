import Pipeline
import Spelling

/// SQLMesh's built-in audits, as queries that return what is wrong.
public enum BuiltInAudits {
    private static let audits =
        RowAudits.all + DuplicateAudits.all + OrderAudits.all + AggregateAudits.all
        + DistributionAudits.all + ComparisonAudits.all
    private static let byName = Dictionary(uniqueKeysWithValues: audits.map { ($0.name, $0) })

    /// Their names, sorted.
    public static let names = audits.map(\.name).sorted()

    /// The failing rows of `call` over `rows`, in PostgreSQL's SQL.
    /// - Parameters:
    ///   - rows: SQL for the FROM clause without a name of its own.
    ///   - alias: What the rows are called in the query, quoted: columns may be named after it.
    ///   - relation: SQL for the FROM clause of another model, without a name of its own, by the name in the call.
    /// - Throws: ``PipelineError`` at the call when there is no such audit, or an argument is missing, unknown, or a list
    ///   where one value is needed.
    public static func query(
        _ call: AuditCall, over rows: String, as alias: String, in source: SourceFile,
        relation: (String) -> String = { $0 }
    ) throws(PipelineError) -> String {
        guard let audit = byName[call.name] else { throw unknown(call, in: source) }
        var values = try audit.values(of: call, in: source)
        // The condition says which rows are looked at; what an audit returns may have other columns.
        values.rows =
            values["condition"].map { "(SELECT * FROM \(rows) AS \(alias) WHERE (\($0)\n)) AS \(alias)" }
            ?? "\(rows) AS \(alias)"
        if let other = values["to"] {
            // Conditions may name it.
            let name = other.split(separator: ".").last.map { SQLText.identifier($0.lowercased()) } ?? alias
            values.other = "\(relation(other)) AS \(name)"
        }
        return audit.sql(values)
    }

    /// Refuses what no audit can mean by its arguments: a text where a number is needed, or neither true nor false.
    public static func check(_ call: AuditCall, in source: SourceFile) throws(PipelineError) {
        guard let audit = byName[call.name] else { throw unknown(call, in: source) }
        try audit.check(call, in: source)
    }

    /// The other model that `call` compares with, as written; nil for audits that read one model.
    public static func otherModel(of call: AuditCall) -> String? {
        guard byName[call.name]?.readsOtherModel == true else { return nil }
        return call.arguments["to"]?.values.first
    }

    /// The error for an audit that nobody knows; names the one that was perhaps meant.
    /// - Parameter own: The names of the project's own audits.
    public static func unknown(_ call: AuditCall, besides own: [String] = [], in source: SourceFile) -> PipelineError {
        let known = names + own
        return source.error(
            at: call.offset,
            "There is no audit \(call.name).\(KnownNames.hint(for: call.name, in: known)) "
                + "Known: \(known.joined(separator: ", ")).")
    }
}
