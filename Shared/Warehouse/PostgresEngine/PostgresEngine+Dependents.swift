// The views of others that read a view: made again with it, with their owners, grants and comments.
import Postgres
import SQL

extension PostgresEngine {
    /// The views and the like that read one of `views`, each with one that it reads.
    func readers(
        of views: [RelationPath], _ connection: PostgresConnection
    ) async throws -> [(reader: RelationPath, view: RelationPath)] {
        let (schemas, names) = (views.map(\.schema), views.map(\.name))
        return try await connection.query(
            """
            SELECT DISTINCT rn.nspname, rc.relname, n.nspname, v.relname
            FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
            JOIN pg_class v ON d.refclassid = 'pg_class'::regclass AND v.oid = d.refobjid AND v.oid <> r.ev_class
            JOIN pg_namespace n ON n.oid = v.relnamespace
            JOIN unnest(\(schemas)::text[], \(names)::text[]) AS w (schema, name)
              ON w.schema = n.nspname AND w.name = v.relname
            JOIN pg_class rc ON rc.oid = r.ev_class JOIN pg_namespace rn ON rn.oid = rc.relnamespace
            WHERE v.relkind = 'v' ORDER BY 1, 2, 3, 4
            """
        ).map { row in
            (RelationPath(try row.get(0), try row.get(1)), RelationPath(try row.get(2), try row.get(3)))
        }
    }

    /// Drops the view and the views above it, and makes them again from the bottom up.
    /// - Parameter definition: The statement that makes the view.
    func remake(_ view: RelationPath, as definition: String, _ connection: PostgresConnection) async throws {
        let above = try await dependents(of: view, connection)
        let own = try await dependents(only: view, connection)
        for dependent in above.reversed() { try await dropReader(dependent.relation, of: view, connection) }
        try await drop(view, in: connection)
        try await connection.query(PostgresQuery(definition, []))
        // Comments are the definition's, and may be about columns that are gone.
        for statement in own?.restoring ?? [] where !statement.hasPrefix("COMMENT") {
            try await connection.query(PostgresQuery(statement, []))
        }
        for dependent in above { try await remake(dependent, above: view, connection) }
    }

    private func dropReader(
        _ reader: RelationPath, of view: RelationPath, _ connection: PostgresConnection
    ) async throws {
        do {
            try await drop(reader, in: connection)
        } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
            throw WarehouseError.relationInUse(
                relation: "\(view)",
                reason: "\(reader) reads it and is another role's: it cannot be made again with it")
        }
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
