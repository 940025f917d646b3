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

    /// Safe when several start at once; the time column gets a B-tree.
    @discardableResult
    public func createTable(
        _ table: RelationPath, _ shape: TableShape, timeColumn: String?
    ) async throws(WarehouseError) -> Bool {
        try await translating {
            try await pool.withTransaction { connection in
                try await lock("relation \(table)", connection)
                try await ensureSchema(table.schema, connection)
                guard try await kind(of: table, connection) == nil else { return false }
                switch shape {
                case .query(let query):
                    try await connection.query(
                        "CREATE TABLE \(sql: table.quoted) AS SELECT * FROM (\(sql: query)\n) AS model WITH NO DATA")
                case .columns(let columns):
                    let list = columns.map { "\(PostgresQuoting.identifier($0.name)) \($0.type)" }
                    try await connection.query(
                        "CREATE TABLE \(sql: table.quoted) (\(sql: list.joined(separator: ", ")))")
                }
                if let timeColumn {
                    try await connection.query("CREATE INDEX ON \(sql: table.quoted) (\(identifier: timeColumn))")
                }
                return true
            }
        }
    }

    /// DELETE and INSERT under the table's lock, so readers are never kept waiting.
    public func replaceRows(_ replacement: RowReplacement) async throws(WarehouseError) -> ReplacementResult {
        try await translating {
            try await pool.withTransaction(statementTimeout: replacement.statementTimeMax) { connection in
                let table = replacement.table
                // Taken before anything is looked at. READ COMMITTED gives every later statement a snapshot of its own, so
                // the DELETE sees what the replacement before this one committed, which is what keeps rows from doubling.
                try await lock("relation \(table)", connection)
                for statement in replacement.before { try await connection.query(PostgresQuery(statement, [])) }
                let columns = try await tableColumns(of: table, connection)
                let condition = try Self.condition(replacement.scope, columns, table)
                try await connection.query("DELETE FROM \(sql: table.quoted)\(sql: condition)")
                let names = columns.map { PostgresQuoting.identifier($0.name) }.joined(separator: ", ")
                let rows = try await insert(replacement.query, into: table, names, condition, columns, connection)
                for statement in replacement.after { try await connection.query(PostgresQuery(statement, [])) }
                let findings = try await run(replacement.checks, connection)
                if let failed = findings.first(where: \.isBlocking) {
                    throw WarehouseError.checkFailed(check: failed.check, failures: failed.failures)
                }
                return ReplacementResult(rows: rows, findings: findings)
            }
        }
    }

    private func insert(
        _ query: String, into table: RelationPath, _ names: String, _ condition: String, _ columns: [ColumnDescription],
        _ connection: PostgresConnection
    ) async throws -> Int {
        let given = try await connection.describe(query).map(\.name)
        let missing = columns.map(\.name).filter { !given.contains($0) }
        let extra = given.filter { name in !columns.contains { $0.name == name } }
        guard missing.isEmpty, extra.isEmpty else {
            throw WarehouseError.columnsDiffer(table: "\(table)", missing: missing, extra: extra)
        }
        return try await connection.execute(
            """
            INSERT INTO \(sql: table.quoted) (\(sql: names))
            SELECT \(sql: names) FROM (\(sql: query)
            ) AS model\(sql: condition)
            """)
    }

    /// All checks see the same moment: one REPEATABLE READ transaction.
    public func check(_ checks: [ModelCheck]) async throws(WarehouseError) -> [CheckFinding] {
        try await translating {
            try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { try await run(checks, $0) }
        }
    }

    private func run(_ checks: [ModelCheck], _ connection: PostgresConnection) async throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for check in checks {
            let failures: Int
            switch check.style {
            case .rows:
                failures = try await connection.query("SELECT count(*) FROM (\(sql: check.sql)\n) AS failures").one()
                    .get(0)
            case .count:
                failures = try await connection.query(PostgresQuery(check.sql, [])).one().get(0, as: Int?.self) ?? 0
            }
            if failures > 0 {
                findings.append(CheckFinding(check: check.name, failures: failures, isBlocking: check.isBlocking))
            }
        }
        return findings
    }

    // MARK: Which rows

    /// ` WHERE …`, or nothing.
    private static func condition(
        _ scope: RowScope, _ columns: [ColumnDescription], _ table: RelationPath
    ) throws(WarehouseError) -> String {
        switch scope {
        case .all: return ""
        case .matching(let condition): return " WHERE (\(condition)\n)"
        case .interval(let name, let from, let to):
            guard let column = columns.first(where: { $0.name == name }) else {
                throw .columnsDiffer(table: "\(table)", missing: [name], extra: [])
            }
            let bounds = try [from, to].map { (microseconds) throws(WarehouseError) in
                try bound(PostgresTimestamp(microseconds: microseconds), column, table)
            }
            // Text is compared byte by byte: other orders may look past blanks and signs.
            let isText = Self.textTypes.contains(column.type)
            let quoted = PostgresQuoting.identifier(name) + (isText ? " COLLATE \"C\"" : "")
            return " WHERE \(quoted) >= \(bounds[0]) AND \(quoted) < \(bounds[1])"
        }
    }

    private static let textTypes: Set<String> = ["text", "character varying"]

    /// A bound as a value of the column's type, so that an index of the column serves.
    private static func bound(
        _ time: PostgresTimestamp, _ column: ColumnDescription, _ table: RelationPath
    ) throws(WarehouseError) -> String {
        let literal = PostgresQuoting.literal(time.description)
        switch column.type {
        case "timestamp with time zone": return "\(literal)::timestamptz"
        case "timestamp without time zone": return "(\(literal)::timestamptz AT TIME ZONE 'UTC')"
        case "date":
            // The first day whose midnight is not before the bound.
            return "((\(literal)::timestamptz AT TIME ZONE 'UTC') + interval '1 day' - interval '1 microsecond')::date"
        case let type where textTypes.contains(type):
            // A day without a time is its midnight: `2026-11-23` is not before itself, nor is `2026-11-23 05:00:00`.
            let text = time.description.replacing("T00:00:00Z", with: "").replacing("T", with: " ").replacing(
                "Z", with: "")
            return PostgresQuoting.literal(text)
        default:
            throw .invalidStatement(
                reason: "The time column \(column.name) of \(table) is of type \(column.type), which is no time",
                position: nil)
        }
    }
}

extension RelationPath {
    /// As SQL.
    var quoted: String { PostgresQuoting.identifier(schema, name) }
}
