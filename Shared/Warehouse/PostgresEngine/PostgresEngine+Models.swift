// Tables of models. A table's rows change under one lock, in one transaction, or not at all.
import Postgres

extension PostgresEngine {
    /// Safe when several start at once.
    public func ensureSchema(_ schema: String) async throws(WarehouseError) {
        try await translating { try await pool.withTransaction { try await ensureSchema(schema, $0) } }
    }

    /// `CREATE SCHEMA IF NOT EXISTS` of two sessions at once can fail in one of them; a lock of the name keeps them apart.
    func ensureSchema(_ schema: String, _ connection: PostgresConnection) async throws {
        guard try await connection.query("SELECT FROM pg_namespace WHERE nspname = \(schema)").isEmpty else { return }
        try await lock("schema \(schema)", connection)
        try await connection.query("CREATE SCHEMA IF NOT EXISTS \(identifier: schema)")
    }

    /// Held until the transaction ends.
    func lock(_ name: String, _ connection: PostgresConnection) async throws {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended(\("millrace " + name), 0))")
    }

    /// Safe when several start at once.
    @discardableResult
    public func createTable(
        _ definition: TableDefinition, checking: @Sendable ([ColumnDescription]) throws -> Void = { _ in }
    ) async throws -> Bool {
        let table = definition.table
        do {
            return try await pool.withTransaction { connection in
                guard try await prepare(table, connection) else { return false }
                let statements = ModelStatements(connection)
                try await statements.run(definition.before) { .before($0) }
                switch definition.shape {
                case .query(let query):
                    try await statements.run(
                        query, .query, after: "CREATE TABLE \(table.quoted) AS SELECT * FROM (",
                        before: "\n) AS model WITH NO DATA")
                case .columns(let columns):
                    let list = columns.map { "\(PostgresQuoting.identifier($0.name)) \($0.type)" }
                    try await statements.run(
                        list.joined(separator: ", "), .columns, after: "CREATE TABLE \(table.quoted) (", before: ")")
                }
                if !definition.before.isEmpty { try await connection.query("DISCARD TEMP") }
                try checking(try await tableColumns(of: table, connection))
                for index in definition.indexes {
                    let columns = index.columns.map { PostgresQuoting.identifier($0) }.joined(separator: ", ")
                    try await connection.query(
                        "CREATE INDEX \(identifier: index.name) ON \(sql: table.quoted) (\(sql: columns))")
                }
                return true
            }
        } catch let error as PostgresError {
            throw ModelError(part: nil, cause: WarehouseError(error))
        }
    }

    /// Safe when several start at once.
    public func createView(_ view: ModelView) async throws(ModelError) -> Bool {
        try await ofModel {
            try await pool.withTransaction { connection in
                guard try await prepare(view.view, connection) else { return false }
                let statements = ModelStatements(connection)
                try await statements.run(view.before) { .before($0) }
                try await statements.run(view.query, .query, after: "CREATE VIEW \(view.view.quoted) AS ")
                try await statements.run(view.after) { .after($0) }
                return true
            }
        }
    }

    /// False when there is something of that name.
    private func prepare(_ relation: RelationPath, _ connection: PostgresConnection) async throws -> Bool {
        try await lock("relation \(relation)", connection)
        try await ensureSchema(relation.schema, connection)
        return try await kind(of: relation, connection) == nil
    }

    /// Under the table's lock, which keeps no reader waiting.
    public func write(_ batch: ModelBatch) async throws(ModelError) -> BatchOutcome {
        try await ofModel {
            do {
                return try await pool.withTransaction(isolation: .repeatableRead) { connection in
                    // Before the first look at data: the snapshot that all that follows sees is then one of after the
                    // batch before this one, which is what keeps rows from doubling.
                    try await lockRows(of: batch.table, connection)
                    let statements = ModelStatements(connection)
                    try await statements.run(batch.before) { .before($0) }
                    let writer = BatchWriter(
                        batch: batch, columns: try await tableColumns(of: batch.table, connection).map(\.name),
                        statements: statements)
                    let rows = try await writer.write()
                    try await statements.run(batch.after) { .after($0) }
                    let findings = try await statements.findings(of: batch.checks, stopsAtBlocking: true)
                    if !batch.before.isEmpty { try await connection.query("DISCARD TEMP") }
                    return .written(rows: rows, findings: findings)
                }
            } catch let refusal as BlockingFinding {
                return .refused(refusal.finding)
            }
        }
    }

    /// Keeps others from writing until the transaction ends; readers go on.
    private func lockRows(of table: RelationPath, _ connection: PostgresConnection) async throws {
        do throws(PostgresError) {
            try await connection.query("LOCK TABLE \(sql: table.quoted) IN SHARE ROW EXCLUSIVE MODE")
        } catch {
            guard [.undefinedTable, .invalidSchemaName].contains(error.sqlState) else { throw error }
            throw WarehouseError.tableMissing("\(table)")
        }
    }

    /// One REPEATABLE READ transaction that changes nothing.
    public func check(_ checks: [ModelCheck]) async throws(ModelError) -> [CheckFinding] {
        try await ofModel {
            try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
                try await ModelStatements(connection).findings(of: checks, stopsAtBlocking: false)
            }
        }
    }

    /// Gives every failure as a ``ModelError``.
    private func ofModel<R>(_ body: () async throws -> R) async throws(ModelError) -> R {
        do {
            return try await body()
        } catch let error as ModelError {
            throw error
        } catch let error as WarehouseError {
            throw ModelError(part: nil, cause: error)
        } catch let error as PostgresError {
            throw ModelError(part: nil, cause: WarehouseError(error))
        } catch is CancellationError {
            throw ModelError(part: nil, cause: .cancelled)
        } catch {
            throw ModelError(part: nil, cause: .failed(reason: "\(error)"))
        }
    }
}

extension RelationPath {
    /// As SQL.
    var quoted: String { PostgresQuoting.identifier(schema, name) }
}
