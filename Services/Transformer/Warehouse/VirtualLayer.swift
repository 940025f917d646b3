import Foundation
import ModelProject
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
        /// Those of the table that it shows; nil: all.
        let columns: [String]?
        let description: String?
        let columnDescriptions: [(name: String, text: String)]
    }

    /// Points all views at their tables and drops those that are gone, in the transaction of `session`.
    func promote(_ targets: [Target], dropping gone: [RelationName], _ session: Session) async throws {
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
        for view in gone where try await session.kind(of: view) == "v" {
            try await drop(view, session)
        }
    }

    /// Drops the schemas among `schemas` that have nothing in them any more.
    func dropEmpty(_ schemas: Set<String>, _ session: Session) async throws {
        for schema in schemas.sorted() {
            let used = try await session.rows(
                """
                SELECT 1 AS found FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid
                WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = \(schema) LIMIT 1
                """)
            if used.isEmpty { try await session.execute("DROP SCHEMA IF EXISTS \(identifier: schema)") }
        }
    }

    /// The physical tables and views that there are, and which of them each view outside of their schemas shows.
    func physical() async throws -> (tables: Set<RelationName>, shown: [RelationName: RelationName]) {
        let tables = try await database.session.rows(
            """
            SELECT n.nspname::text AS schema, c.relname::text AS name FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname LIKE 'millrace\\_\\_%' AND c.relkind IN ('r', 'p', 'v', 'm')
            """
        ).map { RelationName(schema: try $0.text("schema"), name: try $0.text("name")) }
        let views = try await database.session.rows(
            """
            SELECT DISTINCT vn.nspname::text AS schema, v.relname::text AS name,
              tn.nspname::text AS table_schema, t.relname::text AS table_name
            FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace vn ON vn.oid = v.relnamespace
            JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid AND t.oid <> v.oid
            JOIN pg_namespace tn ON tn.oid = t.relnamespace
            WHERE tn.nspname LIKE 'millrace\\_\\_%' AND vn.nspname NOT LIKE 'millrace\\_\\_%'
            """)
        var shown: [RelationName: RelationName] = [:]
        for row in views {
            shown[RelationName(schema: try row.text("schema"), name: try row.text("name"))] =
                RelationName(schema: try row.text("table_schema"), name: try row.text("table_name"))
        }
        return (Set(tables), shown)
    }

    /// Views and the like that read one of `views`, by the view that they read.
    func readers(of views: [RelationName], _ session: Session) async throws -> [(view: RelationName, reader: String)] {
        guard !views.isEmpty else { return [] }
        let rows = try await session.rows(
            """
            SELECT DISTINCT vn.nspname::text AS schema, v.relname::text AS name, dn.nspname || '.' || dc.relname AS reader
            FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            JOIN pg_class dc ON dc.oid = r.ev_class JOIN pg_namespace dn ON dn.oid = dc.relnamespace
            JOIN pg_class v ON d.refclassid = 'pg_class'::regclass AND v.oid = d.refobjid AND v.oid <> dc.oid
            JOIN pg_namespace vn ON vn.oid = v.relnamespace
            WHERE v.relkind = 'v' AND vn.nspname NOT IN ('pg_catalog', 'information_schema')
            ORDER BY 1, 2, 3
            """)
        return try rows.map {
            (RelationName(schema: try $0.text("schema"), name: try $0.text("name")), try $0.text("reader"))
        }.filter { views.contains($0.0) }
    }

    /// Refuses what would break views that are none of ours: before anything is computed.
    /// - Parameter gone: Views to be dropped.
    func checkReaders(of gone: [RelationName], changing targets: [Target]) async throws {
        let read = try await readers(of: gone + targets.map(\.view), database.session)
        if read.isEmpty { return }
        var changed = Set(gone)
        for target in targets where read.contains(where: { $0.view == target.view }) {
            if try await !canReplace(target, database.session) { changed.insert(target.view) }
        }
        let broken = read.filter { changed.contains($0.view) }
        guard !broken.isEmpty else { return }
        let words = broken.map { "\($0.reader) reads \($0.view)" }.joined(separator: ", ")
        throw TransformerError(
            .conflict,
            "Something outside of the project depends on views that would go or change their columns: \(words). Drop or change "
                + "that first; nothing was promoted.")
    }

    private func point(_ target: Target, _ session: Session) async throws {
        switch try await session.kind(of: target.view) {
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
        let columns = try await session.columns(of: target.table)
        let shown = Self.shown(columns, of: target.columns)
        let list = shown == columns ? "*" : shown.map { SQLText.identifier($0.name) }.joined(separator: ", ")
        try await session.execute(
            "CREATE OR REPLACE VIEW \(sql: target.view.sql) AS SELECT \(sql: list) FROM \(sql: target.table.sql)")
        let comment = target.description.map { SQLText.literal($0) } ?? "NULL"
        try await session.execute("COMMENT ON VIEW \(sql: target.view.sql) IS \(sql: comment)")
        // A view that is replaced keeps the comments of its columns: those that nobody says any more go.
        let stale = try await session.rows(
            """
            SELECT a.attname::text AS name FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(target.view.schema) AND c.relname = \(target.view.name) AND a.attnum > 0
              AND col_description(c.oid, a.attnum) IS NOT NULL
            """
        ).map { try $0.text("name") }.filter { name in !target.columnDescriptions.contains { $0.name == name } }
        let comments =
            target.columnDescriptions.map { ($0.name, SQLText.literal($0.text)) } + stale.map { ($0, "NULL") }
        for (name, text) in comments {
            try await session.execute(
                "COMMENT ON COLUMN \(sql: target.view.sql).\(identifier: name) IS \(sql: text)")
        }
    }

    /// The columns of a table that are shown, in its order: a forward-only change may have left some behind.
    static func shown(_ columns: [ColumnDescription], of names: [String]?) -> [ColumnDescription] {
        guard let names else { return columns }
        let wanted = Set(names.map { $0.lowercased() })
        let shown = columns.filter { wanted.contains($0.name.lowercased()) }
        return shown.isEmpty ? columns : shown
    }

    /// A view can be replaced in place when the columns it has stay, in order and type, and new ones only follow.
    private func canReplace(_ target: Target, _ session: Session) async throws -> Bool {
        let old = try await session.columns(of: target.view)
        let new = Self.shown(try await session.columns(of: target.table), of: target.columns)
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

    private func readerExists(_ session: Session) async throws -> Bool {
        guard let reader else { return false }
        return try await !session.rows("SELECT 1 AS found FROM pg_roles WHERE rolname = \(reader)").isEmpty
    }
}
