// Raw tables: made from contracts, widened with them, never narrowed.
import DataContract
import Postgres

extension PostgresEngine {
    /// Reads the catalogue only.
    public func planRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [RawTablePlan] {
        try await translating {
            try await pool.withConnection { connection in
                var plans: [RawTablePlan] = []
                for contract in contracts {
                    plans.append(
                        RawTablePlan(contract, present: try await columns(of: contract.table, connection)))
                }
                return plans
            }
        }
    }

    /// One transaction under an advisory lock: any number may start at once. A table is locked for moments only: where
    /// somebody else holds it for longer, the attempt is given up, and made again later.
    public func prepareRawTables(
        for contracts: [Contract], allowingRewrite: Bool
    ) async throws(WarehouseError) -> [String] {
        try await translating {
            var attempt = 1
            while true {
                do {
                    return try await prepareOnce(contracts, allowingRewrite)
                } catch let error as PostgresError where error.sqlState == .lockNotAvailable && attempt < 20 {
                    attempt += 1
                    try await Task.sleep(for: .milliseconds(.random(in: 200...600)))
                }
            }
        }
    }

    private func prepareOnce(_ contracts: [Contract], _ allowingRewrite: Bool) async throws -> [String] {
        try await pool.withTransaction { connection in
            try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace.raw', 0))")
            try await connection.query("SET LOCAL lock_timeout = '2s'")
            try await prepareBookkeeping(connection)
            var done: [String] = []
            for contract in contracts {
                done += try await prepare(contract, allowingRewrite, connection)
            }
            return done
        }
    }

    private func prepare(
        _ contract: Contract, _ allowingRewrite: Bool, _ connection: PostgresConnection
    ) async throws -> [String] {
        let table = contract.table
        let plan = RawTablePlan(contract, present: try await columns(of: table, connection))
        guard plan.differences.isEmpty else {
            throw WarehouseError.incompatibleTable(table: "\(table)", differences: plan.differences)
        }
        if plan.rewrites && !allowingRewrite { try await checkIsEmpty(contract, plan, connection) }
        var done: [String] = []
        for step in plan.steps { done.append(try await carryOut(step, contract, connection)) }
        if plan.steps != [.create] { try await makePartitions(of: contract, connection) }
        return done
    }

    /// An empty table is rewritten in no time; another one only when an operator says so.
    private func checkIsEmpty(
        _ contract: Contract, _ plan: RawTablePlan, _ connection: PostgresConnection
    ) async throws {
        let table = contract.table
        let hasRows: Bool = try await connection.query(
            "SELECT EXISTS (SELECT FROM \(identifier: table.schema, table.name))"
        ).one().get(0)
        guard hasRows else { return }
        throw WarehouseError.incompatibleTable(
            table: "\(table)",
            differences: plan.steps.filter { if case .widen(_, _, _, true) = $0 { true } else { false } }.map {
                "\($0): readers would be locked out meanwhile; run `raw-sink init --allow-rewrite` when they may be"
            })
    }

    /// - Returns: What was done, for people.
    private func carryOut(
        _ step: RawTablePlan.Step, _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> String {
        let table = contract.table
        let alter: PostgresQuery = "ALTER TABLE \(identifier: table.schema, table.name) "
        switch step {
        case .create:
            try await connection.query("CREATE SCHEMA IF NOT EXISTS \(identifier: table.schema)")
            try await create(contract, connection)
            return "created \(table)"
        case .add(let column, let type):
            try await connection.query("\(alter) ADD COLUMN \(identifier: column) \(sql: type)")
            return "added \(table).\(column)"
        case .widen(let column, let from, let to, _):
            // A day begins at midnight in UTC, whatever zone the session is in.
            let conversion: PostgresQuery =
                from == "date" && to == "timestamptz"
                ? " USING \(identifier: column)::timestamp AT TIME ZONE 'UTC'" : ""
            do {
                try await connection.query(
                    "\(alter) ALTER COLUMN \(identifier: column) TYPE \(sql: to)\(conversion)")
            } catch {
                // A view reads the column: PostgreSQL does not change its type below it.
                guard error.sqlState == "0A000" else { throw error }
                throw WarehouseError.relationInUse(
                    relation: "\(table).\(column)", reason: error.detail ?? error.message)
            }
            return "widened \(table).\(column) to \(to)"
        case .allowNull(let column):
            try await connection.query("\(alter) ALTER COLUMN \(identifier: column) DROP NOT NULL")
            return "let \(table).\(column) be NULL"
        }
    }

    private func create(_ contract: Contract, _ connection: PostgresConnection) async throws {
        let table = contract.table
        let columns = contract.columns.map { column in
            "\(PostgresQuoting.identifier(column.name)) \(column.type)\(column.isRequired ? " NOT NULL" : "")"
        }
        try await connection.query(
            """
            CREATE TABLE \(identifier: table.schema, table.name) (\(sql: columns.joined(separator: ", ")))
            \(sql: contract.rowRetention == nil ? "" : "PARTITION BY RANGE (_ingested_at)")
            """)
        if let description = contract.tableDescription {
            try await connection.query(
                """
                COMMENT ON TABLE \(identifier: table.schema, table.name)
                IS \(sql: PostgresQuoting.literal(description))
                """)
        }
        for column in contract.columns {
            guard let description = column.description else { continue }
            try await connection.query(
                """
                COMMENT ON COLUMN \(identifier: table.schema, table.name).\(identifier: column.name)
                IS \(sql: PostgresQuoting.literal(description))
                """)
        }
        // Events arrive nearly in the order of their times: a few pages of BRIN find a day's rows, at 5 % of COPY's rate.
        if let time = contract.eventTimeProperty {
            try await connection.query(
                """
                CREATE INDEX ON \(identifier: table.schema, table.name)
                USING brin (\(identifier: time.column)) WITH (pages_per_range = 32, autosummarize = on)
                """)
        }
        try await makePartitions(of: contract, connection)
    }

    func columns(
        of table: Contract.TableName, _ connection: PostgresConnection
    ) async throws -> [String: ExistingColumn] {
        var columns: [String: ExistingColumn] = [:]
        let rows = try await connection.query(
            """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(table.schema) AND c.relname = \(table.name) AND a.attnum > 0 AND NOT a.attisdropped
            """)
        for row in rows {
            columns[try row.get(0)] = ExistingColumn(
                type: try row.get(1), isRequired: try row.get(2), hasDefault: try row.get(3))
        }
        return columns
    }
}
