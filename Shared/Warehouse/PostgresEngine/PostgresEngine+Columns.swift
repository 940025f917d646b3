// Tables that get further columns while their rows stay.
import Postgres
import SQL

extension PostgresEngine {
    /// One transaction, under the table's lock.
    public func addColumns(
        _ names: [String], to table: RelationPath, shape: TableShape,
        checking: @Sendable (_ table: [ColumnDescription], _ shape: [ColumnDescription]) throws -> Void
    ) async throws -> [ColumnDescription] {
        do {
            return try await pool.withTransaction { connection in
                try await lock("relation \(table)", connection)
                let wanted = try await columns(of: shape, connection)
                let there = try await tableColumns(of: table, connection)
                try checking(there, wanted)
                let missing = wanted.filter { column in
                    names.contains(column.name) && !there.contains { $0.name == column.name }
                }
                for column in missing {
                    try await connection.query(
                        "ALTER TABLE \(sql: table.quoted) ADD COLUMN \(identifier: column.name) \(sql: column.type)")
                }
                return missing
            }
        } catch let error as PostgresError {
            throw ModelError(part: nil, cause: WarehouseError(error))
        }
    }

    /// The columns that a shape gives, by the database's word.
    private func columns(
        of shape: TableShape, _ connection: PostgresConnection
    ) async throws -> [ColumnDescription] {
        let statements = ModelStatements(connection, label)
        let opening = "CREATE TEMPORARY TABLE millrace_shape ON COMMIT DROP AS SELECT * FROM ("
        switch shape {
        case .query(let query):
            try await statements.run(query, .query, after: opening, before: "\n) AS model WITH NO DATA")
        case .columns(let columns):
            let list = columns.map { "\(PostgresQuoting.identifier($0.name)) \($0.type)" }.joined(separator: ", ")
            try await statements.run(
                list, .columns, after: "CREATE TEMPORARY TABLE millrace_shape (", before: ") ON COMMIT DROP")
        }
        let schema: String = try await connection.query(
            "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"
        ).one().get(0)
        return try await tableColumns(of: RelationPath(schema, "millrace_shape"), connection)
    }
}
