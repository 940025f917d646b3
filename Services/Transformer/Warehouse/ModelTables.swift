import Foundation
import ModelProject
import Pipeline
import Planning
import Postgres

/// The physical tables and views of models in the warehouse.
///
/// Rows of an interval are replaced in one transaction: lock, delete, insert, audit, commit. Readers see the old rows until
/// the commit, and never rows that a blocking audit has refused.
struct ModelTables: Sendable {
    let database: Database

    /// A model's query, and what runs before and after it in the same transaction.
    struct Statements: Sendable {
        let before: [PlacedSQL]
        let query: PlacedSQL
        let after: [PlacedSQL]
    }

    /// One replacement of a model's rows, rendered and with its relations in place.
    struct Replacement: Sendable {
        let model: ModelName
        let table: RelationName
        /// Which rows go and which may come: a condition over the table's columns; nil: all.
        let filter: String?
        let statements: Statements
        let audits: [AuditQuery]
    }

    /// An audit, rendered.
    struct AuditQuery: Sendable {
        let model: ModelName
        let name: String
        /// With its arguments: what is expected of the rows.
        let call: String
        let sql: PlacedSQL
        let style: AuditDefinition.Style
        let isBlocking: Bool
    }

    /// What an audit found.
    struct AuditFinding: Sendable, Equatable {
        let audit: String
        /// The audit with its arguments.
        let call: String
        let failures: Int
        let isBlocking: Bool
        /// File and line, model, audit with its arguments, and how much it found.
        let message: String
        /// The first rows that it found, as JSON objects; none of an audit that counts.
        var rows: [String] = []
    }

    /// A blocking audit found something: nothing was changed.
    struct Refusal: Error {
        let finding: AuditFinding
        let error: TransformerError
    }

    /// How many rows of a finding are kept; those longer than ``keptRowCharactersMax`` are left out.
    static let keptRowsMax = 20
    static let keptRowCharactersMax = 8_192

    /// Makes the table of `model` when it does not exist, with the columns of its query.
    /// - Parameter statements: Over the parents' tables; the query is not run.
    /// - Returns: False when it was there.
    func create(_ model: PlannedModel, as statements: Statements) async throws -> Bool {
        let table = RelationNames.table(model.id)
        let definition = model.snapshot.definition
        return try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(table.sql), 0))")
            try await session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier: table.schema)")
            if try await relationKind(table, session) != nil { return false }
            try await run(statements.before, of: model.name, session)
            if definition.columns.isEmpty {
                try await run(
                    statements.query, of: model.name, after: "CREATE TABLE \(table.sql) AS SELECT * FROM (",
                    before: "\n) AS model WITH NO DATA", session)
            } else {
                let columns = definition.columns.map { "\(SQLText.identifier($0.key)) \($0.value)" }
                let list = PlacedSQL(
                    columns.joined(separator: ", "), from: definition.source, at: definition.offsets["columns"] ?? 0)
                try await run(list, of: model.name, after: "CREATE TABLE \(table.sql) (", before: ")", session)
            }
            if !statements.before.isEmpty { try await session.execute("DISCARD TEMP") }
            if let timeColumn = definition.kind.timeRange?.timeColumn {
                _ = try ModelSQL.timeType(of: model.snapshot, try await self.columns(of: table, session))
                let index = RelationNames.timeIndex(of: table)
                try await session.execute(
                    "CREATE INDEX \(identifier: index) ON \(sql: table.sql) (\(identifier: timeColumn))")
            }
            return true
        }
    }

    /// Makes the physical view of a VIEW model when it does not exist.
    /// - Returns: False when it was there.
    func createView(_ model: PlannedModel, as statements: Statements) async throws -> Bool {
        let view = RelationNames.table(model.id)
        return try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(view.sql), 0))")
            try await session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier: view.schema)")
            if try await relationKind(view, session) != nil { return false }
            try await run(statements.before, of: model.name, session)
            try await run(statements.query, of: model.name, after: "CREATE VIEW \(view.sql) AS ", session)
            try await run(statements.after, of: model.name, session)
            return true
        }
    }

    /// Replaces rows and audits what came, in one transaction.
    /// - Returns: How many rows came, and what non-blocking audits found.
    /// - Throws: ``Refusal`` when a blocking audit found something: nothing has changed then.
    func replace(_ replacement: Replacement) async throws -> (rows: Int, findings: [AuditFinding]) {
        try await database.transaction(.repeatableRead) { session in
            // Before the first look at data: two runs of one table come one after the other, and the second sees the first.
            try await session.execute("LOCK TABLE \(sql: replacement.table.sql) IN SHARE ROW EXCLUSIVE MODE")
            let statements = replacement.statements
            try await run(statements.before, of: replacement.model, session)
            let table = replacement.table.sql
            let columns = try await self.columns(of: replacement.table, session)
            let names = columns.map { SQLText.identifier($0.name) }.joined(separator: ", ")
            let condition = replacement.filter.map { " WHERE \($0)" } ?? ""
            try await session.execute("DELETE FROM \(sql: table)\(sql: condition)")
            let rows = try await run(
                statements.query, of: replacement.model,
                after: "INSERT INTO \(table) (\(names))\nSELECT \(names) FROM (", before: "\n) AS model\(condition)",
                session)
            try await run(statements.after, of: replacement.model, session)
            let findings = try await run(replacement.audits, session)
            if !statements.before.isEmpty { try await session.execute("DISCARD TEMP") }
            return (rows, findings)
        }
    }

    private func run(_ statements: [PlacedSQL], of model: ModelName, _ session: Session) async throws {
        for statement in statements { try await run(statement, of: model, session) }
    }

    /// Runs a model's SQL with something around it. Errors say where in the model's file.
    @discardableResult
    private func run(
        _ sql: PlacedSQL, of model: ModelName, after prefix: String = "", before suffix: String = "", _ session: Session
    ) async throws -> Int {
        do {
            return try await session.execute("\(sql: prefix + sql.text + suffix)")
        } catch let error as PostgresError {
            throw TransformerError.sql(error, in: sql, after: prefix, doing: "\(model)")
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
                throw Refusal(
                    finding: finding,
                    error: TransformerError(
                        .auditFailed,
                        "\(finding.message) Nothing was published; the rows that were there stay. Mend the data or the "
                            + "model and run again. `transformer audit --kept` shows the first rows."))
            }
            findings.append(finding)
        }
        return findings
    }

    private func run(_ audit: AuditQuery, _ session: Session) async throws -> AuditFinding? {
        let what = "\(audit.model): the audit \(audit.call)"
        let prefix = audit.style == .rows ? "SELECT count(*)::text AS failures FROM (" : ""
        let suffix = audit.style == .rows ? "\n) AS audit" : ""
        let rows: [Row]
        do {
            rows = try await session.rows("\(sql: prefix + audit.sql.text + suffix)")
        } catch let error as PostgresError {
            throw TransformerError.sql(error, in: audit.sql, after: prefix, doing: "\(what) could not run")
        }
        guard rows.count == 1, rows[0].values.count == 1, let failures = rows[0].first.flatMap({ Int($0) }) else {
            let answer = rows.first.map { row in row.values.map { $0 ?? "NULL" }.joined(separator: ", ") } ?? "nothing"
            throw TransformerError(
                .pipelineError,
                "\(audit.sql.error(atCharacter: nil, "\(what) must give one whole number and gave \(answer)."))")
        }
        if failures == 0 { return nil }
        let found = failures == 1 ? "1 failure" : "\(failures) failures"
        return AuditFinding(
            audit: audit.name, call: audit.call, failures: failures, isBlocking: audit.isBlocking,
            message: "\(audit.sql.error(atCharacter: nil, "\(what) found \(found)."))",
            rows: audit.style == .rows ? try await firstRows(of: audit, session) : [])
    }

    private func firstRows(of audit: AuditQuery, _ session: Session) async throws -> [String] {
        try await session.rows(
            """
            SELECT found FROM (SELECT to_jsonb(audit)::text AS found FROM (\(sql: audit.sql.text)
            ) AS audit LIMIT \(Self.keptRowsMax)::integer) AS kept
            WHERE length(found) <= \(Self.keptRowCharactersMax)::integer
            """
        ).map { try $0.text("found") }
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
