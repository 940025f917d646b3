// Rows into a raw table, inside the caller's transaction: by COPY, or, where the table may have them, over a staging table.
import DataContract
import Postgres

/// Which rows of a batch are left out.
enum RowFilter {
    /// Repetitions, where the contract has a window for them.
    case repetitions
    /// Those whose positions the table has, or the dead letters; where the contract has a window, also those whose value
    /// the table has: they may have been dropped as repetitions.
    case present
}

extension PostgresEngine {
    /// - Returns: How many rows were written.
    /// - Throws: `WarehouseError.rowRefused`, `.tableMissing`, or PostgreSQL's own error.
    func insert(
        _ rows: RawRows, of contract: Contract, leavingOut filter: RowFilter = .repetitions,
        _ connection: PostgresConnection
    ) async throws -> Int {
        guard rows.count > 0 else { return 0 }
        let table = contract.table
        do {
            let count = try await write(rows, of: contract, leavingOut: filter, connection)
            try await checkShape(of: contract, connection)
            return count
        } catch let error as PostgresError {
            if error.sqlState == .undefinedTable { throw WarehouseError.tableMissing("\(table)") }
            throw Self.refusal(error, contract) ?? error
        }
    }

    private func write(
        _ rows: RawRows, of contract: Contract, leavingOut filter: RowFilter, _ connection: PostgresConnection
    ) async throws -> Int {
        switch (filter, contract.uniqueWindow) {
        case (.repetitions, nil):
            return try await copy(rows.buffer, contract, connection)
        case (.repetitions, let window?):
            let repeated = try await repeated(in: rows, of: contract, window, connection)
            guard !repeated.isEmpty else { return try await copy(rows.buffer, contract, connection) }
            do {
                return try await copy(rows.buffer.removing(rows: repeated), contract, connection)
            } catch WarehouseError.rowRefused(let row, let column, let reason) {
                throw WarehouseError.rowRefused(
                    row: row.map { Self.row($0, before: repeated) }, column: column, reason: reason)
            }
        case (.present, let window):
            let stage = try await stage(rows, contract, connection)
            return try await connection.execute(Self.absent(of: contract, window, from: stage))
        }
    }

    private func copy(
        _ rows: CopyBuffer, _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> Int {
        let table = PostgresQuoting.identifier(contract.table.schema, contract.table.name)
        do {
            return try await connection.copyIn(to: table, columns: contract.columns.map(\.name), rows)
        } catch {
            throw Self.refusal(error, contract) ?? error
        }
    }

    /// Binary COPY takes eight bytes for a number or for a text, whichever the column is: rows count only once the columns
    /// are known to be the contract's. COPY's lock keeps them so until the transaction ends.
    private func checkShape(of contract: Contract, _ connection: PostgresConnection) async throws {
        let plan = RawTablePlan(contract, present: try await columns(of: contract.table, connection))
        let wrong = plan.differences + plan.steps.filter(\.changesType).map(\.description)
        guard wrong.isEmpty else {
            throw WarehouseError.incompatibleTable(table: "\(contract.table)", differences: wrong)
        }
    }

    /// Whether an append failed because of the table, not because of a row.
    func isAboutTheTable(_ error: any Error, _ contract: Contract) async throws -> Bool {
        switch error {
        case WarehouseError.incompatibleTable: return true
        case WarehouseError.rowRefused: return try await planRawTables(for: [contract]).contains { !$0.isDone }
        case let error as PostgresError:
            if error.sqlState == .undefinedColumn || Self.isMissingPartition(error, contract) { return true }
            // What COPY says of fields that are longer or shorter than the column's type.
            guard error.sqlState == "08P01" else { return false }
            return try await planRawTables(for: [contract]).contains { !$0.isDone }
        default: return false
        }
    }

    /// `WarehouseError.rowRefused`, where the error is about a row.
    private static func refusal(_ error: PostgresError, _ contract: Contract) -> (any Error)? {
        guard isAboutARow(error), !isMissingPartition(error, contract) else { return nil }
        let (row, column) = place(error.context)
        return WarehouseError.rowRefused(row: row, column: column ?? error.column, reason: error.message)
    }

    /// PostgreSQL says it as a broken check without a name.
    private static func isMissingPartition(_ error: PostgresError, _ contract: Contract) -> Bool {
        error.sqlState == "23514" && error.constraint == nil && contract.rowRetention != nil
    }

    /// Bad data (22), a broken constraint (23), or an error of a trigger or check (P0): the row's own fault.
    private static func isAboutARow(_ error: PostgresError) -> Bool {
        error.code == .server && ["22", "23", "P0"].contains(error.sqlState?.errorClass ?? "")
    }

    /// `COPY events, line 3, column price`: the third row of the batch.
    static func place(_ context: String?) -> (row: Int?, column: String?) {
        guard let match = context?.firstMatch(of: /COPY [^,]+, line (\d+)(?:, column ([^:\n]+))?/) else {
            return (nil, nil)
        }
        return (Int(match.1).map { $0 - 1 }, match.2.map(String.init))
    }

    /// COPY into a table of the transaction's own.
    private func stage(
        _ rows: RawRows, _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> String {
        let stage = "pg_temp." + PostgresQuoting.identifier("millrace_stage")
        let table = contract.table
        try await connection.query("DROP TABLE IF EXISTS \(sql: stage)")
        try await connection.query(
            "CREATE TEMP TABLE millrace_stage (LIKE \(identifier: table.schema, table.name)) ON COMMIT DROP")
        try await connection.copyIn(to: stage, columns: contract.columns.map(\.name), rows.buffer)
        return stage
    }

    private static func absent(
        of contract: Contract, _ unique: Contract.UniqueWindow?, from stage: String
    ) -> PostgresQuery {
        let table = contract.table
        let columns = contract.columns.map { PostgresQuoting.identifier($0.name) }.joined(separator: ", ")
        var query: PostgresQuery = """
            INSERT INTO \(identifier: table.schema, table.name) (\(sql: columns))
            SELECT \(sql: columns) FROM \(sql: stage) s
            WHERE NOT EXISTS (SELECT FROM \(identifier: table.schema, table.name) t
                WHERE t._topic = s._topic AND t._partition = s._partition AND t._offset = s._offset)
              AND NOT EXISTS (SELECT FROM raw._dead_letters d
                WHERE d.topic = s._topic AND d.partition = s._partition AND d."offset" = s._offset)
            """
        if let unique {
            let value = PostgresQuoting.identifier(unique.column)
            query += """

                  AND NOT EXISTS (SELECT FROM \(identifier: table.schema, table.name) t
                    WHERE t.\(sql: value) = s.\(sql: value))
                """
        }
        return query
    }
}
