import SQL

/// A query as it will run, read by the SQL parser. Its text stays as it was written; only relations are put in.
public struct ParsedQuery: Sendable {
    /// The text after expansion.
    public let sql: String
    /// The dialect it was read in.
    public let dialect: SQLDialect
    /// The tree.
    public let query: Query

    /// - Throws: ``PipelineError`` at the place in the file that the mistake came from.
    public init(_ rendered: RenderedText, dialect name: String) throws(PipelineError) {
        guard let dialect = SQLDialect(named: name) else {
            throw rendered.error(at: 0, "The dialect `\(name)` is not supported. Known: postgres, bigquery.")
        }
        self.dialect = dialect
        sql = rendered.text
        do throws(SQLError) {
            query = try parseQuery(rendered.text, dialect: dialect)
        } catch {
            let expected = error.expected.isEmpty ? "" : " Expected \(error.expected.joined(separator: ", "))."
            throw rendered.error(at: error.range.offsets.lowerBound, error.message + expected)
        }
    }

    /// One text for all spellings of the query.
    public var canonical: String { query.sql(dialect, style: .canonical) }

    /// The relations that the query reads, lower case, without its own CTEs: `raw.events`, `sessions`.
    public var tables: [String] { query.tableReferences().map { Self.name($0) } }

    /// The text with the relations that `replacement` knows put in, each under the name it had.
    /// - Parameter replacement: SQL for the FROM clause, by the relation's name (`schema.name` or `name`); nil: stays.
    public func replacingTables(_ replacement: (String) -> String?) -> String {
        let bytes = Array(sql.utf8)
        var output: [UInt8] = []
        var position = 0
        let found = query.tableReferences().filter { !$0.name.range.isNone }
        for table in found.sorted(by: { $0.name.range.start < $1.name.range.start }) {
            let range = table.name.range.offsets
            guard range.lowerBound >= position, let text = replacement(Self.name(table)) else { continue }
            output += bytes[position..<range.lowerBound]
            output += Array(text.utf8)
            if table.alias == nil { output += Array(" AS \(SQLText.identifier(table.name.last.name))".utf8) }
            position = range.upperBound
        }
        output += bytes[position...]
        return String(decoding: output, as: UTF8.self)
    }

    private static func name(_ table: TableReference) -> String {
        table.name.parts.map { $0.name.lowercased() }.joined(separator: ".")
    }
}
