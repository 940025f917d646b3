// What relations there are, and dropping one.
import Postgres
import SQL

extension PostgresEngine {
    /// Reads the catalogue; see `ModelWarehouse`.
    public func columns(of relation: RelationPath) async throws(WarehouseError) -> [ColumnDescription]? {
        try await translating { try await pool.withConnection { try await columns(of: relation, $0) } }
    }

    func columns(of relation: RelationPath, _ connection: PostgresConnection) async throws -> [ColumnDescription]? {
        try await shapes(of: [relation], connection)[relation]?.columns
    }

    /// Reads the catalogue; see `ModelWarehouse`.
    public func columns(
        of relations: [RelationPath]
    ) async throws(WarehouseError) -> [RelationPath: [ColumnDescription]] {
        try await translating { try await pool.withConnection { try await columns(of: relations, in: $0) } }
    }

    /// As a transaction of the caller's sees them.
    public func columns(
        of relations: [RelationPath], in connection: PostgresConnection
    ) async throws -> [RelationPath: [ColumnDescription]] {
        try await shapes(of: relations, connection).mapValues(\.columns)
    }

    /// What the catalogue knows of relations, in one question; those that there are not are missing.
    func shapes(
        of relations: [RelationPath], _ connection: PostgresConnection
    ) async throws -> [RelationPath: RelationShape] {
        let (schemas, names) = (relations.map(\.schema), relations.map(\.name))
        let rows = try await connection.query(
            """
            SELECT n.nspname, c.relname, c.relkind::text, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod),
              col_description(c.oid, a.attnum)
            FROM unnest(\(schemas)::text[], \(names)::text[]) AS wanted (schema, name)
            JOIN pg_namespace n ON n.nspname = wanted.schema
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY c.oid, a.attnum
            """)
        var shapes: [RelationPath: RelationShape] = [:]
        for row in rows {
            let relation = RelationPath(try row.get(0), try row.get(1))
            var shape = RelationShape(kind: try row.get(2))
            if let known = shapes[relation] { shape = known }
            if let column: String = try row.get(3) {
                shape.columns.append(
                    ColumnDescription(
                        name: column, kind: ColumnKind(PostgresType(rawValue: try row.get(4))), type: try row.get(5),
                        comment: try row.get(6)))
            }
            shapes[relation] = shape
        }
        return shapes
    }

    /// The columns of a table that must be there.
    func tableColumns(of table: RelationPath, _ connection: PostgresConnection) async throws -> [ColumnDescription] {
        guard let columns = try await columns(of: table, connection) else {
            throw WarehouseError.tableMissing("\(table)")
        }
        return columns
    }

    /// `r` for a table, `v` for a view, … as in `pg_class.relkind`; nil when there is nothing of that name.
    func kind(of relation: RelationPath, _ connection: PostgresConnection) async throws -> String? {
        try await connection.query(
            """
            SELECT c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(relation.schema) AND c.relname = \(relation.name)
            """
        ).first?.get(0)
    }

    /// Rows as ANALYZE has counted them, bytes with indexes.
    public func sizes(of tables: [RelationPath]) async throws(WarehouseError) -> [RelationPath: RelationSize] {
        let (schemas, names) = (tables.map(\.schema), tables.map(\.name))
        return try await translating {
            let rows = try await pool.query(
                """
                SELECT n.nspname, c.relname, NULLIF(c.reltuples, -1)::bigint, pg_total_relation_size(c.oid)
                FROM unnest(\(schemas)::text[], \(names)::text[]) AS wanted (schema, name)
                JOIN pg_namespace n ON n.nspname = wanted.schema
                JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind IN ('r', 'm')
                """)
            var sizes: [RelationPath: RelationSize] = [:]
            for row in rows {
                sizes[RelationPath(try row.get(0), try row.get(1))] = RelationSize(
                    rows: try row.get(2), bytes: try row.get(3))
            }
            return sizes
        }
    }

    /// Reads the catalogue; rights are not looked at.
    public func relations(in schema: String) async throws(WarehouseError) -> [RelationDescription] {
        try await translating {
            try await pool.query(
                """
                SELECT c.relname, c.relkind IN ('v', 'm'), obj_description(c.oid, 'pg_class')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = \(schema) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname
                """
            ).map { row in
                RelationDescription(
                    schema: schema, name: try row.get(0), isView: try row.get(1), comment: try row.get(2), columns: [])
            }
        }
    }

    /// `DROP … RESTRICT`, under the relation's lock.
    public func drop(_ relation: RelationPath) async throws(WarehouseError) {
        try await translating {
            try await pool.withTransaction { connection in
                try await lock("relation \(relation)", connection)
                try await drop(relation, in: connection)
            }
        }
    }

    /// Drops a relation in a transaction of the caller's. Never CASCADE: what depends on it is somebody's.
    /// - Throws: `WarehouseError.relationInUse`; `PostgresError` for everything else.
    public func drop(_ relation: RelationPath, in connection: PostgresConnection) async throws {
        let words = ["r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE"]
        guard let kind = try await kind(of: relation, connection) else { return }
        guard let word = words[kind] else {
            throw WarehouseError.failed(reason: "\(relation) is neither a table nor a view")
        }
        do {
            try await connection.query("DROP \(sql: word) \(sql: relation.quoted) RESTRICT")
        } catch {
            guard error.sqlState == .dependentObjectsStillExist else { throw error }
            throw WarehouseError.relationInUse(relation: "\(relation)", reason: error.detail ?? error.message)
        }
    }
}

/// What the catalogue knows of a relation.
struct RelationShape: Sendable {
    /// As in `pg_class.relkind`.
    let kind: String
    var columns: [ColumnDescription] = []
}
