// ModelStatements: a model's own SQL, run in a transaction; errors say which piece of it failed, and where in it.
import Postgres

/// Rolls a transaction back because of what a check found.
struct BlockingFinding: Error { let finding: CheckFinding }

/// The statements of a model on one connection.
struct ModelStatements {
    let connection: PostgresConnection
    /// Stands before each of them.
    private let comment: String

    init(_ connection: PostgresConnection, _ label: StatementLabel?) {
        self.connection = connection
        comment = label?.comment ?? ""
    }

    func run(_ texts: [String], _ part: (Int) -> ModelPart) async throws {
        for (index, text) in texts.enumerated() { try await run(text, part(index)) }
    }

    /// Runs a piece of SQL with something of the engine's around it.
    /// - Returns: How many rows it inserted, updated or deleted.
    @discardableResult
    func run(_ text: String, _ part: ModelPart, after prefix: String = "", before suffix: String = "") async throws
        -> Int
    {
        try await rows(text, part, after: prefix, before: suffix).affectedRows
    }

    private func rows(_ text: String, _ part: ModelPart, after beginning: String, before suffix: String) async throws
        -> PostgresRows
    {
        let prefix = comment + beginning
        do throws(PostgresError) {
            return try await connection.query(PostgresQuery(prefix + text + suffix, []))
        } catch {
            var placed = error
            let position = error.position.map { $0 - prefix.unicodeScalars.count } ?? 0
            placed.position = (1...max(1, text.unicodeScalars.count)).contains(position) ? position : nil
            throw ModelError(part: part, cause: WarehouseError(placed))
        }
    }

    // MARK: Checks

    /// - Throws: ``BlockingFinding`` at the first one that blocks, where it is to.
    func findings(of checks: [ModelCheck], stopsAtBlocking: Bool) async throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for (index, check) in checks.enumerated() {
            guard let finding = try await finding(of: check, index) else { continue }
            if stopsAtBlocking, check.isBlocking { throw BlockingFinding(finding: finding) }
            findings.append(finding)
        }
        return findings
    }

    private func finding(of check: ModelCheck, _ index: Int) async throws -> CheckFinding? {
        let isOfRows = check.style == .rows
        let rows = try await rows(
            check.sql, .check(index), after: isOfRows ? "SELECT count(*) FROM (" : "",
            before: isOfRows ? "\n) AS audit" : ""
        ).map { row in row.columns.indices.map { row.text(at: $0) } }
        guard rows.count == 1, rows[0].count == 1, let failures = rows[0][0].flatMap({ Int($0) }) else {
            let answer = rows.first.map { row in row.map { $0 ?? "NULL" }.joined(separator: ", ") } ?? "nothing"
            throw ModelError(part: .check(index), cause: .noCount(answer: answer))
        }
        if failures == 0 { return nil }
        let kept = isOfRows ? try await firstRows(of: check) : []
        return CheckFinding(check: index, failures: failures, rows: kept)
    }

    private func firstRows(of check: ModelCheck) async throws -> [String] {
        try await connection.query(
            """
            SELECT found FROM (SELECT to_jsonb(audit)::text AS found FROM (\(sql: check.sql)
            ) AS audit LIMIT \(ModelCheck.keptRowsMax)::integer) AS kept
            WHERE length(found) <= \(ModelCheck.keptRowCharactersMax)::integer
            """
        ).map { try $0.get(0) }
    }
}
