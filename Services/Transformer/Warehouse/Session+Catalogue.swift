import Planning
import Postgres

extension Session {
    /// The columns of a relation, in order; none when there is no such relation.
    func columns(of relation: RelationName) async throws -> [ColumnDescription] {
        try await rows(
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
    func kind(of relation: RelationName) async throws -> String? {
        try await rows(
            """
            SELECT c.relkind::text AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(relation.schema) AND c.relname = \(relation.name)
            """
        ).first?.text("kind")
    }
}
