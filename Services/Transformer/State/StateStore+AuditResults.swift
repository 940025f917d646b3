import ModelProject
import Pipeline
import Planning

/// What the last run of an audit over a table gave.
struct AuditResult: Sendable, Equatable {
    /// The audit with its arguments.
    let audit: String
    let isBlocking: Bool
    let failures: Int
    /// The times whose rows it looked at; nil: all.
    let lookedAt: IntervalSet?
    let at: Moment
}

extension StateStore {
    /// Keeps of each of these audits whether it found anything in a table, until it runs again.
    /// - Parameter times: Whose rows they looked at; nil: all.
    func keepResults(
        _ findings: [ModelTables.AuditFinding], of audits: [ModelTables.AuditQuery], in table: VersionID,
        lookingAt times: IntervalSet?
    ) async throws {
        // A call that is there twice is one.
        var failures: [String: (isBlocking: Bool, failures: Int)] = [:]
        for audit in audits { failures[audit.call] = (audit.isBlocking, 0) }
        for finding in findings { failures[finding.call] = (finding.isBlocking, finding.failures) }
        guard !failures.isEmpty else { return }
        let calls = failures.keys.sorted()
        let results = calls.compactMap { failures[$0] }
        _ = try await database.session.execute(
            """
            INSERT INTO transformer.audit_results (name, version, audit, is_blocking, failures, looked_at)
            SELECT \(table.name.description), \(table.version), audit, is_blocking, failures,
              \(times.map { MultirangeText.write($0) })::tstzmultirange
            FROM unnest(\(calls)::text[], \(results.map { String($0.isBlocking) })::boolean[],
              \(results.map { String($0.failures) })::bigint[]) AS given (audit, is_blocking, failures)
            ON CONFLICT (name, version, audit) DO UPDATE SET is_blocking = excluded.is_blocking,
              failures = excluded.failures, looked_at = excluded.looked_at, at = excluded.at
            """)
    }

    /// What was kept of a table, by audit.
    func auditResults(in table: VersionID) async throws -> [String: AuditResult] {
        try await database.session.rows(
            """
            SELECT audit, is_blocking::text AS is_blocking, failures::text AS failures, looked_at::text AS looked_at,
              at::text AS at
            FROM transformer.audit_results
            WHERE name = \(table.name.description) AND version = \(table.version)
            """
        ).reduce(into: [:]) { found, row in
            let audit = try row.text("audit")
            found[audit] = AuditResult(
                audit: audit, isBlocking: try row.text("is_blocking") == "true", failures: try row.integer("failures"),
                lookedAt: row["looked_at"].flatMap { MultirangeText.read($0) }, at: try row.moment("at"))
        }
    }
}
