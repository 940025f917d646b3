// Views are replaced in place where PostgreSQL can; where columns change it cannot, so the view is dropped and made again,
// and with it the views of others that read it (PostgresEngine+Dependents).
import Postgres
import SQL

extension PostgresEngine {
    /// One transaction; publications come one after the other.
    public func publish(_ publication: Publication) async throws(WarehouseError) {
        try await translating {
            try await pool.withTransaction { try await publish(publication, in: $0) }
        }
    }

    /// Publishes in a transaction of the caller's, who writes down in the same database what was published.
    /// - Throws: `WarehouseError.relationInUse`; `PostgresError` for everything else, so that the caller can tell a lock that
    ///   was not to be had.
    public func publish(_ publication: Publication, in connection: PostgresConnection) async throws {
        try await lock("publication of views", connection)
        let reader = try await existing(publication.reader, connection)
        for schema in Set(publication.views.map(\.view.schema)).sorted() {
            try await ensureSchema(schema, connection)
            if let reader {
                try await connection.query("GRANT USAGE ON SCHEMA \(identifier: schema) TO \(identifier: reader)")
            }
        }
        let relations = publication.views.flatMap { [$0.view, $0.table] }
        let known = try await shapes(of: relations, connection)
        var script: [String] = []
        for view in publication.views {
            guard let table = known[view.table] else { throw WarehouseError.tableMissing("\(view.table)") }
            let old = known[view.view]
            if let old, old.kind != "v" {
                throw WarehouseError.relationInUse(
                    relation: "\(view.view)",
                    reason: "it exists and is no view. Rename the model, or move what is there")
            }
            let columns = ViewDefinition.shown(table.columns, of: view.columns, name: \.name)
            let definition = Self.definition(of: view, columns, all: columns.count == table.columns.count)
            if let old, !Self.canReplace(old.columns, by: columns) {
                try await remake(view.view, as: definition, connection)
            } else {
                script.append(definition)
            }
            script += Self.comments(on: view, columns, insteadOf: old)
            if let reader {
                script.append("GRANT SELECT ON \(view.view.quoted) TO \(PostgresQuoting.identifier(reader))")
            }
        }
        if !script.isEmpty { try await connection.script(script.joined(separator: ";\n")) }
        try await drop(publication.dropped, connection)
    }

    private func drop(_ views: [RelationPath], _ connection: PostgresConnection) async throws {
        if views.isEmpty { return }
        let readers = try await readers(of: views, connection)
        if let first = readers.first {
            let words = readers.filter { $0.view == first.view }.map(\.reader.description).joined(separator: ", ")
            throw WarehouseError.relationInUse(relation: "\(first.view)", reason: "it would go, and \(words) reads it")
        }
        let known = try await shapes(of: views, connection)
        for view in views where known[view]?.kind == "v" { try await drop(view, in: connection) }
    }

    /// Publishes and takes it back at once, where anything outside of the publication reads one of its views. A view that
    /// somebody holds locked says nothing: the publication itself will wait for it.
    public func rehearse(_ publication: Publication) async throws(WarehouseError) {
        try await translating {
            try await pool.withConnection { connection in
                let views = publication.views.map(\.view) + publication.dropped
                guard try await !readers(of: views, connection).isEmpty else { return }
                do {
                    try await connection.withTransaction { connection in
                        try await connection.query("SET LOCAL lock_timeout = '2s'")
                        try await publish(publication, in: connection)
                        throw Rehearsed()
                    }
                } catch is Rehearsed {
                    return
                } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                    logger.debug("views are locked; not rehearsed", metadata: ["views": "\(views.count)"])
                }
            }
        }
    }

    /// Drops the schemas among `schemas` that have nothing in them any more, in a transaction of the caller's.
    public func dropEmpty(_ schemas: Set<String>, in connection: PostgresConnection) async throws {
        for schema in schemas.sorted() {
            let used = try await connection.query(
                """
                SELECT FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid
                WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = \(schema) LIMIT 1
                """)
            if used.isEmpty { try await connection.query("DROP SCHEMA IF EXISTS \(identifier: schema)") }
        }
    }

    /// Reads the catalogue; a view that shows several tables counts with one of them.
    public func virtualLayer(over prefix: String) async throws(WarehouseError) -> VirtualLayerState {
        try await translating {
            var state = VirtualLayerState()
            let tables = try await pool.query(
                """
                SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE starts_with(n.nspname, \(prefix)) AND c.relkind IN ('r', 'p', 'v', 'm')
                """)
            for row in tables { state.tables.insert(RelationPath(try row.get(0), try row.get(1))) }
            let views = try await pool.query(
                """
                SELECT DISTINCT vn.nspname, v.relname, tn.nspname, t.relname
                FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace vn ON vn.oid = v.relnamespace
                JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid AND t.oid <> v.oid
                JOIN pg_namespace tn ON tn.oid = t.relnamespace
                WHERE starts_with(tn.nspname, \(prefix)) AND NOT starts_with(vn.nspname, \(prefix))
                """)
            for row in views {
                state.shown[RelationPath(try row.get(0), try row.get(1))] = RelationPath(
                    try row.get(2), try row.get(3))
            }
            return state
        }
    }

    /// Takes back what was only tried.
    private struct Rehearsed: Error {}

    private func existing(_ reader: String?, _ connection: PostgresConnection) async throws -> String? {
        guard let reader else { return nil }
        let found = try await connection.query("SELECT FROM pg_roles WHERE rolname = \(reader)")
        return found.isEmpty ? nil : reader
    }

    private static func definition(of view: ViewDefinition, _ columns: [ColumnDescription], all: Bool) -> String {
        let list = all ? "*" : columns.map { PostgresQuoting.identifier($0.name) }.joined(separator: ", ")
        return "CREATE OR REPLACE VIEW \(view.view.quoted) AS SELECT \(list) FROM \(view.table.quoted)"
    }

    /// A view can be replaced in place when the columns it has stay, in order and type, and new ones only follow.
    private static func canReplace(_ old: [ColumnDescription], by new: [ColumnDescription]) -> Bool {
        new.count >= old.count && zip(old, new).allSatisfy { $0.name == $1.name && $0.type == $1.type }
    }

    /// A view that is replaced keeps its comments: those that nobody says any more go.
    private static func comments(
        on view: ViewDefinition, _ columns: [ColumnDescription], insteadOf old: RelationShape?
    ) -> [String] {
        let name = view.view.quoted
        let comment = view.comment.map { PostgresQuoting.literal($0) } ?? "NULL"
        var statements = ["COMMENT ON VIEW \(name) IS \(comment)"]
        for (column, text) in view.columnComments.sorted(by: { $0.key < $1.key }) {
            statements.append(
                "COMMENT ON COLUMN \(name).\(PostgresQuoting.identifier(column)) IS \(PostgresQuoting.literal(text))")
        }
        let stale = (old?.columns ?? []).filter { $0.comment != nil && view.columnComments[$0.name] == nil }
        for column in stale where columns.contains(where: { $0.name == column.name }) {
            statements.append("COMMENT ON COLUMN \(name).\(PostgresQuoting.identifier(column.name)) IS NULL")
        }
        return statements
    }
}
