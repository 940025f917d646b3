// BatchWriter: how each kind of write changes a table's rows.
import Postgres

/// A batch under the lock of its table.
struct BatchWriter {
    let batch: ModelBatch
    /// The table's, in order.
    let columns: [String]
    let statements: ModelStatements

    /// - Returns: How many rows were written.
    func write() async throws -> Int {
        switch batch.write {
        case .replace(let scope): try await replace(scope)
        }
    }

    private var table: String { batch.table.quoted }

    private var names: String { columns.map { PostgresQuoting.identifier($0) }.joined(separator: ", ") }

    private func replace(_ scope: RowScope) async throws -> Int {
        let condition = if case .matching(let condition) = scope { " WHERE (\(condition)\n)" } else { "" }
        try await statements.connection.query("DELETE FROM \(sql: table)\(sql: condition)")
        return try await statements.run(
            batch.query, .query, after: "INSERT INTO \(table) (\(names))\nSELECT \(names) FROM (",
            before: "\n) AS model\(condition)")
    }
}
