// What relations there are, and dropping one.
import Postgres

extension PostgresEngine {
    /// Reads the catalogue; see `ModelWarehouse`.
    public func columns(of relation: RelationPath) async throws(WarehouseError) -> [ColumnDescription]? {
        try await translating { try await pool.withConnection { try await columns(of: relation, $0) } }
    }

    func columns(of relation: RelationPath, _ connection: PostgresConnection) async throws -> [ColumnDescription]? {
        guard try await kind(of: relation, connection) != nil else { return nil }
        return try await connection.query(
            """
            SELECT a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(relation.schema) AND c.relname = \(relation.name) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """
        ).map { row in
            ColumnDescription(
                name: try row.get(0), kind: ColumnKind(PostgresType(rawValue: try row.get(1))), type: try row.get(2),
                comment: try row.get(3))
        }
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
                try await drop(relation, connection)
            }
        }
    }

    /// Never CASCADE: what depends on it is somebody's.
    func drop(_ relation: RelationPath, _ connection: PostgresConnection) async throws {
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
