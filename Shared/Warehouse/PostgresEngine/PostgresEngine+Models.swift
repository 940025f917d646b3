// Tables of models. A table's rows change under one lock, in one transaction, or not at all.
import Postgres
import SQL

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
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended(\(Self.lockName(name)), 0))")
    }

    /// As the server knows it.
    static func lockName(_ name: String) -> String { "millrace " + name }

    /// Safe when several start at once.
    @discardableResult
    public func createTable(
        _ definition: TableDefinition, checking: @Sendable ([ColumnDescription]) throws -> Void = { _ in }
    ) async throws -> Bool {
        let table = definition.table
        do {
            return try await pool.withTransaction(applicationName: label?.session) { connection in
                guard try await prepare(table, connection) else { return false }
                let statements = ModelStatements(connection, label)
                try await statements.run(definition.before) { .before($0) }
                switch definition.shape {
                case .query(let query):
                    let added = definition.added.map { ", NULL::\($0.type) AS \(PostgresQuoting.identifier($0.name))" }
                    try await statements.run(
                        query, .query,
                        after:
                            "CREATE TABLE \(table.quoted) AS SELECT \(Self.list(definition.columns))\(added.joined()) FROM (",
                        before: "\n) AS model WITH NO DATA")
                case .columns(let columns):
                    let list = columns.map { "\(PostgresQuoting.identifier($0.name)) \($0.type)" }
                    try await statements.run(
                        list.joined(separator: ", "), .columns, after: "CREATE TABLE \(table.quoted) (", before: ")")
                }
                try await statements.run(definition.after) { .after($0) }
                if !(definition.before + definition.after).isEmpty { try await connection.query("DISCARD TEMP") }
                try checking(try await tableColumns(of: table, connection))
                for index in definition.indexes {
                    let columns = index.columns.map { PostgresQuoting.identifier($0) }.joined(separator: ", ")
                    try await connection.query(
                        """
                        CREATE \(sql: index.isUnique ? "UNIQUE " : "")INDEX \(identifier: index.name)
                        ON \(sql: table.quoted) (\(sql: columns))
                        """)
                }
                try await forgetWritten(table, connection)
                return true
            }
        } catch let error as PostgresError {
            throw ModelError(part: nil, cause: WarehouseError(error))
        }
    }

    /// Safe when several start at once.
    public func createView(_ view: ModelView) async throws(ModelError) -> Bool {
        try await ofModel {
            try await pool.withTransaction(applicationName: label?.session) { connection in
                guard try await prepare(view.view, connection) else { return false }
                let statements = ModelStatements(connection, label)
                try await statements.run(view.before) { .before($0) }
                let word = view.isMaterialized ? "MATERIALIZED VIEW" : "VIEW"
                let (before, after) =
                    view.columns == nil ? ("", "") : ("SELECT \(Self.list(view.columns)) FROM (", "\n) AS model")
                try await statements.run(
                    view.query, .query, after: "CREATE \(word) \(view.view.quoted) AS \(before)",
                    before: after + (view.isMaterialized ? "\nWITH NO DATA" : ""))
                try await statements.run(view.after) { .after($0) }
                return true
            }
        }
    }

    private static func list(_ columns: [String]?) -> String {
        columns.map { $0.map { PostgresQuoting.identifier($0) }.joined(separator: ", ") } ?? "*"
    }

    /// False when there is something of that name.
    private func prepare(_ relation: RelationPath, _ connection: PostgresConnection) async throws -> Bool {
        try await lock("relation \(relation)", connection)
        try await ensureSchema(relation.schema, connection)
        return try await kind(of: relation, connection) == nil
    }

    /// Under the table's lock, which keeps no reader waiting.
    public func write(_ batch: ModelBatch) async throws(ModelError) -> BatchOutcome {
        try await write(together: [batch])
    }

    /// Under the table's lock, which keeps no reader waiting.
    public func write(together batches: [ModelBatch]) async throws(ModelError) -> BatchOutcome {
        try await ofModel {
            do {
                return try await pool.withTransaction(
                    isolation: .repeatableRead, applicationName: label?.session
                ) { connection in
                    var rows = 0
                    var findings: [CheckFinding] = []
                    for (index, batch) in batches.enumerated() {
                        do {
                            let outcome = try await write(batch, connection)
                            guard case .written(let more, let found) = outcome else { return outcome }
                            rows += more
                            findings += found
                        } catch var error as ModelError {
                            error.batch = index
                            throw error
                        }
                    }
                    return .written(rows: rows, findings: findings)
                }
            } catch let refusal as BlockingFinding {
                return .refused(refusal.finding)
            }
        }
    }

    private func write(_ batch: ModelBatch, _ connection: PostgresConnection) async throws -> BatchOutcome {
        // Before the first look at data: the snapshot that all that follows sees is then one of after the
        // batch before this one, which is what keeps rows from doubling.
        if let writers = batch.writers {
            try await lockAmong(writers, batch.table, connection)
        } else {
            try await lockRows(of: batch.table, connection)
        }
        let statements = ModelStatements(connection, label)
        if batch.startsAnew {
            try await connection.query("DELETE FROM \(sql: batch.table.quoted)")
            try await forgetWritten(batch.table, connection)
        }
        if let span = batch.once, try await !note(span, of: batch.table, connection) { return .alreadyWritten }
        if let given = batch.given { try await give(given, connection) }
        try await statements.run(batch.before) { .before($0) }
        let columns = try await tableColumns(of: batch.table, connection)
        let writer = BatchWriter(
            batch: batch, columns: columns.filter { !batch.omitted.contains($0.name) }, statements: statements)
        let rows = try await writer.write()
        try await statements.run(batch.after) { .after($0) }
        let findings = try await statements.findings(of: batch.checks, stopsAtBlocking: true)
        if !batch.before.isEmpty || batch.given != nil || writer.usesTemporaryTable {
            try await connection.query("DISCARD TEMP")
        }
        return .written(rows: rows, findings: findings)
    }

    /// What the query of a batch calls its ``ModelBatch/given`` rows.
    public static let givenRows = "pg_temp.millrace_given"

    private func give(_ given: GivenRows, _ connection: PostgresConnection) async throws {
        let columns = given.columns.map { "\(PostgresQuoting.identifier($0)) text" }.joined(separator: ", ")
        try await connection.query("CREATE TEMPORARY TABLE millrace_given (\(sql: columns))")
        var buffer = CopyBuffer()
        for row in given.rows {
            buffer.beginRow(fields: row.count)
            for value in row {
                if let value { buffer.append(text: value) } else { buffer.appendNull() }
            }
        }
        try await connection.copyIn(to: Self.givenRows, columns: given.columns, buffer)
    }

    /// CONCURRENTLY where a unique index lets it, so that readers do not wait.
    public func refresh(_ view: RelationPath, checks: [ModelCheck]) async throws(ModelError) -> BatchOutcome {
        try await ofModel {
            do {
                return try await pool.withTransaction(applicationName: label?.session) { connection in
                    try await lock("relation \(view)", connection)
                    let concurrently = try await connection.query(
                        """
                        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        JOIN pg_index i ON i.indrelid = c.oid
                        WHERE n.nspname = \(view.schema) AND c.relname = \(view.name) AND c.relispopulated
                          AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL LIMIT 1
                        """)
                    let word = concurrently.isEmpty ? "" : "CONCURRENTLY "
                    try await connection.query(
                        "REFRESH MATERIALIZED VIEW \(sql: word)\(sql: view.quoted)")
                    let rows: Int = try await connection.query("SELECT count(*) FROM \(sql: view.quoted)").one().get(0)
                    let findings = try await ModelStatements(connection, label).findings(
                        of: checks, stopsAtBlocking: true)
                    return .written(rows: rows, findings: findings)
                }
            } catch let refusal as BlockingFinding {
                return .refused(refusal.finding)
            }
        }
    }

    public func run(_ after: [String]) async throws(ModelError) {
        try await ofModel {
            try await pool.withTransaction(applicationName: label?.session) { connection in
                try await ModelStatements(connection, label).run(after) { .after($0) }
            }
        }
    }

    /// How a writer holds a table.
    enum WriterLock: String {
        /// Nobody else writes.
        case alone = "SHARE ROW EXCLUSIVE"
        /// Others of its kind write.
        case sharing = "ROW EXCLUSIVE"
    }

    /// Keeps others from writing until the transaction ends; readers go on.
    func lockRows(
        of table: RelationPath, for lock: WriterLock = .alone, _ connection: PostgresConnection
    ) async throws {
        do throws(PostgresError) {
            try await connection.query("LOCK TABLE \(sql: table.quoted) IN \(sql: lock.rawValue) MODE")
        } catch {
            guard [.undefinedTable, .invalidSchemaName].contains(error.sqlState) else { throw error }
            throw WarehouseError.tableMissing("\(table)")
        }
    }

    /// One REPEATABLE READ transaction that changes nothing.
    public func check(_ checks: [ModelCheck]) async throws(ModelError) -> [CheckFinding] {
        try await ofModel {
            try await pool.withTransaction(
                isolation: .repeatableRead, readOnly: true, applicationName: label?.session
            ) { connection in
                try await ModelStatements(connection, label).findings(of: checks, stopsAtBlocking: false)
            }
        }
    }

    /// Gives every failure as a ``ModelError``.
    func ofModel<R>(_ body: () async throws -> R) async throws(ModelError) -> R {
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
