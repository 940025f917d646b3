import Foundation
import ModelProject
import Pipeline
import Planning

/// What an audit found once, with the first of the rows that it found.
struct AuditFailure: Sendable, Equatable {
    let model: String
    let version: String
    /// The audit with its arguments.
    let audit: String
    let isBlocking: Bool
    let failures: Int
    /// JSON objects, at most `ModelCheck.keptRowsMax`. None for audits that count.
    let rows: [String]
    let at: String
}

extension StateStore {
    /// Keeps what audits found in a table for 30 days.
    func keep(_ findings: [ModelTables.AuditFinding], of table: VersionID) async throws {
        if findings.isEmpty { return }
        try await database.transaction { session in
            try await session.execute("DELETE FROM transformer.audit_failures WHERE at < now() - interval '30 days'")
            for finding in findings {
                let rows = "[" + finding.rows.joined(separator: ",") + "]"
                try await session.execute(
                    """
                    INSERT INTO transformer.audit_failures (name, version, audit, is_blocking, failures, rows)
                    VALUES (\(table.name.description), \(table.version), \(finding.call),
                      \(String(finding.isBlocking))::boolean, \(finding.failures)::bigint, \(rows)::jsonb)
                    """)
            }
        }
    }

    /// What was kept, the latest first, at most 100.
    /// - Parameter model: Nil: of all models.
    func auditFailures(of model: ModelName?) async throws -> [AuditFailure] {
        try await database.session.rows(
            """
            SELECT \(sql: Self.failureColumns) FROM transformer.audit_failures AS f
            WHERE \(model?.description)::text IS NULL OR f.name = \(model?.description)::text
            ORDER BY f.at DESC, f.id DESC LIMIT 100
            """
        ).map(AuditFailure.init)
    }

    /// What was kept of these tables, the latest first, at most 100.
    func auditFailures(in tables: [VersionID]) async throws -> [AuditFailure] {
        try await database.session.rows(
            """
            SELECT \(sql: Self.failureColumns) FROM transformer.audit_failures AS f
            JOIN unnest(\(tables.map(\.name.description))::text[], \(tables.map(\.version))::text[]) AS t (name, version)
              ON t.name = f.name AND t.version = f.version
            ORDER BY f.at DESC, f.id DESC LIMIT 100
            """
        ).map(AuditFailure.init)
    }

    /// How often audits found something in each of these tables, as far as it is kept; tables without are left out.
    func findingCounts(in tables: [VersionID]) async throws -> [VersionID: Int] {
        let rows = try await database.session.rows(
            """
            SELECT f.name, f.version, count(*)::text AS findings FROM transformer.audit_failures AS f
            JOIN unnest(\(tables.map(\.name.description))::text[], \(tables.map(\.version))::text[]) AS t (name, version)
              ON t.name = f.name AND t.version = f.version
            GROUP BY f.name, f.version
            """)
        return try rows.reduce(into: [:]) { found, row in
            found[VersionID(name: try row.modelName("name"), version: try row.text("version"))] =
                try row.integer("findings")
        }
    }

    private static let failureColumns = """
        f.name, f.version, f.audit, f.is_blocking::text AS is_blocking, f.failures::text AS failures, f.at::text AS at,
        (SELECT json_agg(value::text) FROM jsonb_array_elements(f.rows) AS value)::text AS rows
        """
}

extension AuditFailure {
    fileprivate init(_ row: Row) throws {
        let rows = try row["rows"].map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
        self.init(
            model: try row.text("name"), version: try row.text("version"), audit: try row.text("audit"),
            isBlocking: try row.text("is_blocking") == "true", failures: try row.integer("failures"), rows: rows ?? [],
            at: try row.text("at"))
    }
}
