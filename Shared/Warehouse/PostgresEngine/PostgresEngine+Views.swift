// Views are replaced in place where PostgreSQL can; where columns change it cannot, so the view is dropped and made again,
// and with it the views of others that read it, with their owners, grants and comments, in one transaction.
import Postgres

extension PostgresEngine {
    /// One transaction; publications come one after the other.
    public func publish(
        _ views: [ViewDefinition], dropping: [RelationPath], reader: String?
    ) async throws(WarehouseError) {
        try await translating {
            try await pool.withTransaction { connection in
                try await lock("publication of views", connection)
                for schema in Set(views.map(\.view.schema)).sorted() {
                    try await ensureSchema(schema, connection)
                    if let reader {
                        try await connection.query(
                            "GRANT USAGE ON SCHEMA \(identifier: schema) TO \(identifier: reader)")
                    }
                }
                for view in views {
                    try await replace(view, connection)
                    if let reader {
                        try await connection.query("GRANT SELECT ON \(sql: view.view.quoted) TO \(identifier: reader)")
                    }
                }
                for relation in dropping where try await kind(of: relation, connection) == "v" {
                    try await drop(relation, connection)
                }
            }
        }
    }

    private func replace(_ view: ViewDefinition, _ connection: PostgresConnection) async throws {
        switch try await kind(of: view.view, connection) {
        case nil, "v": break
        default:
            throw WarehouseError.relationInUse(
                relation: "\(view.view)", reason: "it exists and is no view. Rename the model, or move what is there")
        }
        // A statement that fails ends the transaction, unless what it did can be taken back alone.
        try await connection.query("SAVEPOINT in_place")
        do {
            try await create(view, connection)
            try await connection.query("RELEASE SAVEPOINT in_place")
        } catch let error as PostgresError where error.sqlState == .invalidTableDefinition {
            try await connection.query("ROLLBACK TO SAVEPOINT in_place")
            try await remake(view, connection)
        }
        let comment = view.comment.map { PostgresQuoting.literal($0) } ?? "NULL"
        try await connection.query("COMMENT ON VIEW \(sql: view.view.quoted) IS \(sql: comment)")
        for (column, text) in view.columnComments.sorted(by: { $0.key < $1.key }) {
            try await connection.query(
                """
                COMMENT ON COLUMN \(sql: view.view.quoted).\(identifier: column) IS \(sql: PostgresQuoting.literal(text))
                """)
        }
    }

    private func create(_ view: ViewDefinition, _ connection: PostgresConnection) async throws {
        try await connection.query("CREATE OR REPLACE VIEW \(sql: view.view.quoted) AS \(sql: view.query)")
    }

    /// Drops the view and the views above it, and makes them again from the bottom up.
    private func remake(_ view: ViewDefinition, _ connection: PostgresConnection) async throws {
        let above = try await dependents(of: view.view, connection)
        let own = try await dependents(only: view.view, connection)
        for dependent in above.reversed() { try await drop(dependent.relation, connection) }
        try await drop(view.view, connection)
        try await create(view, connection)
        // Comments are the definition's, and may be about columns that are gone.
        for statement in own?.restoring ?? [] where !statement.hasPrefix("COMMENT") {
            try await connection.query(PostgresQuery(statement, []))
        }
        for dependent in above { try await remake(dependent, above: view.view, connection) }
    }

    private func remake(
        _ dependent: Dependent, above view: RelationPath, _ connection: PostgresConnection
    ) async throws(WarehouseError) {
        do throws(PostgresError) {
            try await connection.query("CREATE VIEW \(sql: dependent.relation.quoted) AS \(sql: dependent.definition)")
            for statement in dependent.restoring { try await connection.query(PostgresQuery(statement, [])) }
        } catch {
            guard error.code == .server else { throw WarehouseError(error) }
            throw .relationInUse(
                relation: "\(view)",
                reason: "the view \(dependent.relation) reads it and does not fit its new columns: \(error.message)")
        }
    }

    /// A view above another one, and the statements that give it back what it had.
    private struct Dependent {
        let relation: RelationPath
        let definition: String
        let restoring: [String]
    }

    /// The views that read this one, directly or through others, those nearest to it first.
    private func dependents(of view: RelationPath, _ connection: PostgresConnection) async throws -> [Dependent] {
        let rows = try await connection.query(
            """
            WITH RECURSIVE above (oid, depth) AS (
              SELECT c.oid, 0 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = \(view.schema) AND c.relname = \(view.name)
              UNION
              SELECT r.ev_class, a.depth + 1 FROM above a
              JOIN pg_depend d ON d.refobjid = a.oid AND d.refclassid = 'pg_class'::regclass
                AND d.classid = 'pg_rewrite'::regclass
              JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> a.oid
            )
            SELECT n.nspname, c.relname, c.relkind::text
            FROM above a JOIN pg_class c ON c.oid = a.oid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE a.depth > 0 GROUP BY 1, 2, 3 ORDER BY max(a.depth), 1, 2
            """)
        var found: [Dependent] = []
        for row in rows {
            let relation = RelationPath(try row.get(0), try row.get(1))
            guard try row.get(2) == "v", let dependent = try await dependents(only: relation, connection) else {
                throw WarehouseError.relationInUse(
                    relation: "\(view)",
                    reason: "\(relation) reads it and would have to be computed anew. Drop that first")
            }
            found.append(dependent)
        }
        return found
    }

    /// One view as it is.
    private func dependents(only view: RelationPath, _ connection: PostgresConnection) async throws -> Dependent? {
        let rows = try await connection.query(
            """
            SELECT pg_get_viewdef(c.oid), array_remove(
              ARRAY[
                CASE WHEN c.reloptions IS NOT NULL THEN format('ALTER VIEW %I.%I SET (%s)', n.nspname, c.relname,
                  array_to_string(c.reloptions, ', ')) END,
                CASE WHEN c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                  THEN format('ALTER VIEW %I.%I OWNER TO %I', n.nspname, c.relname, pg_get_userbyid(c.relowner)) END,
                CASE WHEN obj_description(c.oid, 'pg_class') IS NOT NULL
                  THEN format('COMMENT ON VIEW %I.%I IS %L', n.nspname, c.relname, obj_description(c.oid, 'pg_class')) END
              ] || (SELECT array_agg(format('GRANT %s ON %I.%I TO %s%s', g.privilege_type, n.nspname, c.relname,
                  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END))
                FROM aclexplode(c.relacl) g WHERE g.grantee <> c.relowner)
              || (SELECT array_agg(format('COMMENT ON COLUMN %I.%I.%I IS %L', n.nspname, c.relname, a.attname,
                  col_description(c.oid, a.attnum)))
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND col_description(c.oid, a.attnum) IS NOT NULL), NULL)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(view.schema) AND c.relname = \(view.name)
            """)
        guard let row = rows.first else { return nil }
        return Dependent(relation: view, definition: try row.get(0), restoring: try row.get(1))
    }
}
