import Foundation
import Pipeline
import Planning
import Postgres

/// The physical tables and views of models in the warehouse.
///
/// Rows of an interval are replaced in one transaction: lock, delete, insert, audit, commit. Readers see the old rows until
/// the commit, and never rows that a blocking audit has refused.
struct ModelTables: Sendable {
    let database: Database

    /// One replacement of a model's rows, rendered and with its relations in place.
    struct Replacement: Sendable {
        let table: RelationName
        /// Which rows go and which may come: a condition over the table's columns; nil: all.
        let filter: String?
        let query: String
        let before: [String]
        let after: [String]
        let audits: [AuditQuery]
    }

    /// An audit, rendered.
    struct AuditQuery: Sendable {
        let name: String
        let sql: String
        let style: AuditDefinition.Style
        let isBlocking: Bool
    }

    /// What an audit found.
    struct AuditFinding: Sendable, Equatable {
        let audit: String
        let failures: Int
        let isBlocking: Bool
    }

    /// Makes the table of `model` when it does not exist, with the columns of its query.
    /// - Parameter query: The query over the parents' tables; it is not run.
    func create(_ table: RelationName, as query: String, declared: [(name: String, type: String)], timeColumn: String?)
        async throws
    {
        try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(table.sql), 0))")
            try await session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier: table.schema)")
            if try await relationKind(table, session) != nil { return }
            if declared.isEmpty {
                try await session.execute(
                    "CREATE TABLE \(sql: table.sql) AS SELECT * FROM (\(sql: query)\n) AS model WITH NO DATA")
            } else {
                let columns = declared.map { "\(SQLText.identifier($0.name)) \($0.type)" }.joined(separator: ", ")
                try await session.execute("CREATE TABLE \(sql: table.sql) (\(sql: columns))")
            }
            guard let timeColumn else { return }
            let columns = try await self.columns(of: table, session)
            guard let column = columns.first(where: { $0.name == timeColumn }) else {
                throw TransformerError(
                    .pipelineError,
                    "The time column \(timeColumn) is not among the query's columns: "
                        + "\(columns.map(\.name).joined(separator: ", ")).")
            }
            guard TimeFilter.ColumnType(postgres: column.type) != nil else {
                throw TransformerError(
                    .pipelineError, "The time column \(timeColumn) is of type \(column.type), which is not a time.")
            }
            let index = RelationNames.timeIndex(of: table)
            try await session.execute(
                "CREATE INDEX \(identifier: index) ON \(sql: table.sql) (\(identifier: timeColumn))")
        }
    }

    /// Makes or replaces the physical view of a VIEW model.
    func createView(_ view: RelationName, as query: String) async throws {
        try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(view.sql), 0))")
            try await session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier: view.schema)")
            if try await relationKind(view, session) != nil { return }
            try await session.execute("CREATE VIEW \(sql: view.sql) AS \(sql: query)")
        }
    }

    /// Replaces rows and audits what came, in one transaction.
    /// - Returns: How many rows came, and what non-blocking audits found.
    /// - Throws: `auditFailed` when a blocking audit found something: nothing has changed then.
    func replace(_ replacement: Replacement) async throws -> (rows: Int, findings: [AuditFinding]) {
        try await database.transaction(.repeatableRead) { session in
            // Before the first look at data: two runs of one table come one after the other, and the second sees the first.
            try await session.execute("LOCK TABLE \(sql: replacement.table.sql) IN SHARE ROW EXCLUSIVE MODE")
            for statement in replacement.before { try await session.execute("\(sql: statement)") }
            let table = replacement.table.sql
            let columns = try await self.columns(of: replacement.table, session)
            let names = columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
            let condition = replacement.filter.map { " WHERE \($0)" } ?? ""
            try await session.execute("DELETE FROM \(sql: table)\(sql: condition)")
            let rows = try await session.execute(
                """
                INSERT INTO \(sql: table) (\(sql: names))
                SELECT \(sql: names) FROM (\(sql: replacement.query)
                ) AS model\(sql: condition)
                """)
            for statement in replacement.after { try await session.execute("\(sql: statement)") }
            let findings = try await run(replacement.audits, session)
            return (rows, findings)
        }
    }

    /// Runs audits over what is there; changes nothing.
    func audit(_ audits: [AuditQuery]) async throws -> [AuditFinding] {
        try await database.transaction(.repeatableRead) { session in
            var findings: [AuditFinding] = []
            for audit in audits { if let finding = try await run(audit, session) { findings.append(finding) } }
            return findings
        }
    }

    /// Blocking audits first to last; throws on the first that finds something.
    private func run(_ audits: [AuditQuery], _ session: Session) async throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        for audit in audits {
            guard let finding = try await run(audit, session) else { continue }
            if finding.isBlocking {
                throw TransformerError(
                    .auditFailed,
                    "The audit \(finding.audit) found \(finding.failures) failures. Nothing was published; the rows that "
                        + "were there stay. Mend the data or the model and run again.")
            }
            findings.append(finding)
        }
        return findings
    }

    private func run(_ audit: AuditQuery, _ session: Session) async throws -> AuditFinding? {
        let failures: Int
        do {
            switch audit.style {
            case .rows:
                let rows = try await session.rows(
                    "SELECT count(*)::text AS failures FROM (\(sql: audit.sql)\n) AS audit")
                failures = try rows.first?.integer("failures") ?? 0
            case .count:
                let rows = try await session.rows("\(sql: audit.sql)")
                failures = rows.first?.first.flatMap { Int($0) } ?? 0
            }
        } catch {
            throw TransformerError.from(error, doing: "The audit \(audit.name) could not run")
        }
        return failures == 0 ? nil : AuditFinding(audit: audit.name, failures: failures, isBlocking: audit.isBlocking)
    }

    // MARK: Describing

    func columns(of relation: RelationName) async throws -> [ColumnDescription] {
        try await columns(of: relation, database.session)
    }

    func columns(of relation: RelationName, _ session: Session) async throws -> [ColumnDescription] {
        try await session.rows(
            """
            SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(relation.schema) AND c.relname = \(relation.name)
              AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """
        ).map { ColumnDescription(name: try $0.text("name"), type: try $0.text("type")) }
    }

    /// `r` for a table, `v` for a view; nil when there is nothing of that name.
    func relationKind(_ relation: RelationName, _ session: Session) async throws -> String? {
        try await session.rows(
            """
            SELECT c.relkind::text AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(relation.schema) AND c.relname = \(relation.name)
            """
        ).first?.text("kind")
    }
}
