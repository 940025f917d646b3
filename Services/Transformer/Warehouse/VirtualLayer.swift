import Foundation
import Pipeline
import Planning
import Postgres

/// The views that people query: one for each model of an environment, over the physical table of its version.
///
/// Never CASCADE: a view that something else depends on is replaced in place, or the promotion fails and names it.
struct VirtualLayer: Sendable {
    let database: Database
    /// The role that may read the views, if it exists.
    let reader: String?

    /// A view and the table it is to show.
    struct Target: Sendable {
        let view: RelationName
        let table: RelationName
        let description: String?
        let columnDescriptions: [(name: String, text: String)]
    }

    /// Points all views at their tables and drops those that are gone: all or nothing.
    func promote(_ targets: [Target], dropping gone: [RelationName]) async throws {
        try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended('transformer.promote', 0))")
            let canGrant = try await readerExists(session)
            for schema in Set(targets.map(\.view.schema)).sorted() {
                try await session.execute("CREATE SCHEMA IF NOT EXISTS \(identifier: schema)")
                if canGrant, let reader {
                    try await session.execute("GRANT USAGE ON SCHEMA \(identifier: schema) TO \(identifier: reader)")
                }
            }
            for target in targets {
                try await point(target, session)
                if canGrant, let reader {
                    try await session.execute("GRANT SELECT ON \(sql: target.view.sql) TO \(identifier: reader)")
                }
            }
            for view in gone where try await kind(view, session) == "v" {
                try await drop(view, session)
            }
        }
    }

    private func point(_ target: Target, _ session: Session) async throws {
        switch try await kind(target.view, session) {
        case nil: break
        case "v":
            if try await !canReplace(target, session) {
                let grants = try await self.grants(on: target.view, session)
                try await drop(target.view, session)
                try await create(target, session)
                for grant in grants { try await session.execute("\(sql: grant)") }
                return
            }
        default:
            throw TransformerError(
                .conflict,
                "\(target.view) exists and is not a view, so the model's view cannot be made. Rename the model, or move "
                    + "what is there.")
        }
        try await create(target, session)
    }

    private func create(_ target: Target, _ session: Session) async throws {
        try await session.execute(
            "CREATE OR REPLACE VIEW \(sql: target.view.sql) AS SELECT * FROM \(sql: target.table.sql)")
        let comment = target.description.map { SQLText.literal($0) } ?? "NULL"
        try await session.execute("COMMENT ON VIEW \(sql: target.view.sql) IS \(sql: comment)")
        for column in target.columnDescriptions {
            try await session.execute(
                """
                COMMENT ON COLUMN \(sql: target.view.sql).\(identifier: column.name) IS \(sql: SQLText.literal(column.text))
                """)
        }
    }

    /// A view can be replaced in place when the columns it has stay, in order and type, and new ones only follow.
    private func canReplace(_ target: Target, _ session: Session) async throws -> Bool {
        let tables = ModelTables(database: database)
        let old = try await tables.columns(of: target.view, session)
        let new = try await tables.columns(of: target.table, session)
        return new.count >= old.count && zip(old, new).allSatisfy { $0 == $1 }
    }

    private func drop(_ view: RelationName, _ session: Session) async throws {
        do {
            try await session.execute("DROP VIEW \(sql: view.sql)")
        } catch let error as PostgresError where error.sqlState == .dependentObjectsStillExist {
            throw TransformerError(
                .conflict,
                "\(view) cannot be changed because something outside of the project depends on it: "
                    + "\(error.detail ?? error.message). Drop that first; nothing was promoted.")
        }
    }

    /// What other roles may do with the view, as statements that say so again.
    private func grants(on view: RelationName, _ session: Session) async throws -> [String] {
        try await session.rows(
            """
            SELECT format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname,
              CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
            WHERE n.nspname = \(view.schema) AND c.relname = \(view.name) AND a.grantee <> c.relowner
            """
        ).map { try $0.text("statement") }
    }

    private func kind(_ relation: RelationName, _ session: Session) async throws -> String? {
        try await ModelTables(database: database).relationKind(relation, session)
    }

    private func readerExists(_ session: Session) async throws -> Bool {
        guard let reader else { return false }
        return try await !session.rows("SELECT 1 AS found FROM pg_roles WHERE rolname = \(reader)").isEmpty
    }
}
