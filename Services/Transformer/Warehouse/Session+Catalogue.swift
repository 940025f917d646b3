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

    /// The columns of several relations; those that there are not have none.
    func columns(of relations: [RelationName]) async throws -> [RelationName: [ColumnDescription]] {
        let found = try await rows(
            """
            SELECT n.nspname::text AS schema, c.relname::text AS relation, a.attname::text AS name,
              format_type(a.atttypid, a.atttypmod) AS type
            FROM unnest(\(relations.map(\.schema))::text[], \(relations.map(\.name))::text[]) AS wanted (schema, name)
            JOIN pg_namespace n ON n.nspname = wanted.schema
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY 1, 2, a.attnum
            """)
        var columns: [RelationName: [ColumnDescription]] = [:]
        for row in found {
            let relation = RelationName(schema: try row.text("schema"), name: try row.text("relation"))
            columns[relation, default: []].append(
                ColumnDescription(name: try row.text("name"), type: try row.text("type")))
        }
        return columns
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
