// Migrations: the numbered steps that make a schema what the code expects.
// Always: applied in order, each once, in one transaction, under an advisory lock; an applied step never changes.
import Logging

/// One numbered step.
public struct Migration: Sendable {
    /// 1, 2, 3 … without gaps.
    public let number: Int
    /// What it does, for people.
    public let name: String
    /// Statements, separated by semicolons. Names without a schema are those of the migrations' schema. Once released,
    /// the text never changes: a change is a new step.
    public let sql: String

    /// A step.
    public init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// The steps of one schema. They are written down in its table `schema_migrations`.
public struct Migrations: Sendable {
    private let schema: String
    private let steps: [Migration]

    /// Steps of `schema`, which is made where it is missing.
    public init(schema: String, _ steps: [Migration]) {
        self.schema = schema
        self.steps = steps
    }

    /// Applies the steps that are missing. Any number of processes may do so at the same time.
    /// - Returns: The numbers of the steps applied by this call.
    /// - Throws: `.migrationMismatch` when an applied step differs from ours, or when the schema is newer than the code;
    ///   the server's error of a step that fails: then nothing was applied.
    @discardableResult
    public func apply(to pool: PostgresPool, logger: Logger) async throws -> [Int] {
        try await pool.withConnection { try await apply(to: $0, logger: logger) }
    }

    /// Applies the steps that are missing, over a connection of the caller.
    @discardableResult
    public func apply(to connection: PostgresConnection, logger: Logger) async throws -> [Int] {
        guard steps.map(\.number) == Array(1...max(1, steps.count)).prefix(steps.count).map({ $0 }) else {
            throw PostgresError(.invalidUse, "The migrations of schema \(schema) are not numbered 1, 2, 3 …")
        }
        if try await isCurrent(connection) { return [] }
        return try await connection.withTransaction { connection in
            try await connection.query(
                "SELECT pg_advisory_xact_lock(hashtextextended(\("migrations of " + schema), 0))")
            let applied = try await prepare(connection)
            var new: [Int] = []
            for step in steps {
                let checksum = try await checksum(of: step, connection)
                if let old = applied[step.number] {
                    try check(step, checksum, old)
                } else {
                    try await run(step, checksum, connection)
                    new.append(step.number)
                    logger.info(
                        "migration applied", metadata: ["schema": "\(schema)", "step": "\(step.number) \(step.name)"])
                }
            }
            if let newest = applied.keys.max(), newest > steps.count {
                throw PostgresError(
                    .migrationMismatch,
                    "Schema \(schema) has migration \(newest), this program knows \(steps.count). Run the newer program."
                )
            }
            return new
        }
    }

    /// Whether all steps, and no others, have been applied as they are: what is nearly always so, and takes one statement.
    private func isCurrent(_ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            let rows = try await connection.query(
                """
                SELECT count(*) = \(steps.count)::integer
                  AND bool_and(m.checksum = encode(sha256(convert_to(step.text, 'UTF8')), 'hex')) IS TRUE AS current
                FROM \(identifier: schema, "schema_migrations") m
                LEFT JOIN unnest(\(steps.map(\.number))::integer[], \(steps.map(\.sql))::text[]) AS step (number, text)
                  ON step.number = m.number
                """)
            return try rows.one().get("current")
        } catch  where [.undefinedTable, .invalidSchemaName].contains(error.sqlState) {
            return false
        }
    }

    /// Makes schema and table where they are missing.
    /// - Returns: Checksums of the applied steps by number.
    private func prepare(_ connection: PostgresConnection) async throws -> [Int: String] {
        // Asked first: CREATE SCHEMA needs a right that an existing schema's owner may lack.
        if try await connection.query("SELECT 1 FROM pg_namespace WHERE nspname = \(schema)").isEmpty {
            try await connection.query("CREATE SCHEMA \(identifier: schema)")
        }
        try await connection.query("SELECT set_config('search_path', \(PostgresQuoting.identifier(schema)), true)")
        try await connection.query(
            """
            CREATE TABLE IF NOT EXISTS \(identifier: schema, "schema_migrations") (
                number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """)
        let rows = try await connection.query("SELECT number, checksum FROM \(identifier: schema, "schema_migrations")")
        var applied: [Int: String] = [:]
        for row in rows { applied[try row.get("number")] = try row.get("checksum") }
        return applied
    }

    private func run(
        _ step: Migration, _ checksum: String, _ connection: PostgresConnection
    ) async throws(PostgresError) {
        do throws(PostgresError) {
            try await connection.script(step.sql)
        } catch {
            var error = error
            error.message = "Migration \(step.number) (\(step.name)) of schema \(schema) failed: \(error.message)"
            throw error
        }
        try await connection.query(
            """
            INSERT INTO \(identifier: schema, "schema_migrations") (number, name, checksum)
            VALUES (\(step.number), \(step.name), \(checksum))
            """)
    }

    private func check(_ step: Migration, _ checksum: String, _ applied: String) throws(PostgresError) {
        guard applied == checksum else {
            throw PostgresError(
                .migrationMismatch,
                "Migration \(step.number) (\(step.name)) of schema \(schema) was changed after it was applied. Restore its "
                    + "text and put the change into a new migration.")
        }
    }

    private func checksum(of step: Migration, _ connection: PostgresConnection) async throws -> String {
        try await connection.query("SELECT encode(sha256(convert_to(\(step.sql), 'UTF8')), 'hex') AS checksum").one()
            .get("checksum")
    }
}
