// StateRow: what a row's type says of its table. The coding keys are the one declaration of its columns: writing names them, so
// that a column which a newer version added is left to its default, and reading takes those that it knows.

/// A type whose values are rows of a table of the schema `scheduler`.
protocol StateRow: Codable, Sendable {
    /// A column is called as the property, in snake_case.
    associatedtype Column: CodingKey, CaseIterable, Hashable
    static var table: String { get }
    static var key: [Column] { get }
    /// Written when the row is made, and never by the leader afterwards. The key is among them.
    static var fixed: Set<Column> { get }
}

extension StateRow {
    static func name(_ column: Column) -> String {
        column.stringValue.reduce(into: "") { name, letter in
            if letter.isUppercase { name += "_" }
            name += letter.lowercased()
        }
    }

    /// Rows of a JSON array as rows of the table.
    /// - Parameters:
    ///   - array: SQL for the array; `source` has it.
    ///   - source: SQL for what the rows come from.
    static func insert(_ array: String, from source: String) -> String {
        let columns = Column.allCases.map(name)
        return """
            INSERT INTO scheduler.\(table) (\(columns.joined(separator: ", ")))
            SELECT \(columns.map { "r.\($0)" }.joined(separator: ", "))
            FROM \(source), jsonb_populate_recordset(NULL::scheduler.\(table), \(array)) r
            """
    }

    /// The same; of rows that are there what is not fixed is changed.
    static func upsert(_ array: String, from source: String) -> String {
        let changes = Column.allCases.filter { !fixed.contains($0) && !key.contains($0) }.map(name)
            .map { "\($0) = EXCLUDED.\($0)" }
        return """
            \(insert(array, from: source))
            ON CONFLICT (\(key.map(name).joined(separator: ", "))) DO UPDATE SET \(changes.joined(separator: ", "))
            """
    }
}
