// The read side. The connection's role is the lock (it can read what was granted and nothing else); the read-only
// transaction and the time limit are the second and third.
import Foundation
import Postgres

extension PostgresEngine {
    /// Ends with the session as new: nothing that the query's text did to it is left.
    public func read<R: Sendable>(
        _ query: ReadQuery, _ body: @Sendable (ReadResult) async throws -> R
    ) async throws -> R {
        do {
            return try await pool.withConnection { connection in
                try await fresh(connection) {
                    try await connection.withRolledBackTransaction(statementTimeout: query.timeMax) { connection in
                        let guarded = try await GuardedStatement(query, connection)
                        let stream: PostgresRowStream
                        do {
                            stream = try await connection.stream(
                                PostgresQuery(
                                    guarded.sql, query.parameters.map { $0.map { $0 as any PostgresEncodable } }))
                        } catch {
                            throw guarded.failure(error)
                        }
                        let columns = stream.columns.map { column in
                            ColumnDescription(
                                name: column.name, kind: ColumnKind(column.type),
                                type: guarded.typeNames[column.type] ?? "\(column.type)")
                        }
                        let source = PostgresRowSource(stream: stream, columnCount: columns.count, guarded: guarded)
                        return try await body(ReadResult(columns: columns, rows: ReadRows(source: source)))
                    }
                }
            }
        } catch let error as PostgresError {
            throw WarehouseError(error)
        }
    }

    /// Whatever the SQL of one user did to the session (settings, locks, prepared statements), the next user's does not
    /// see it.
    private func fresh<R>(_ connection: PostgresConnection, _ body: () async throws -> R) async throws -> R {
        do {
            let value = try await body()
            await connection.reset()
            return value
        } catch {
            await connection.reset()
            throw error
        }
    }

    /// The planner's guess (EXPLAIN); nothing is run.
    public func estimate(_ sql: String) async throws(WarehouseError) -> QueryEstimate {
        try await translating {
            try await pool.withTransaction(readOnly: true, statementTimeout: .seconds(5)) { connection in
                // A prepared statement is planned and never run, whatever its text says.
                let text: String = try await connection.query("EXPLAIN (FORMAT JSON) \(sql: sql)").one().get(0)
                struct Explained: Decodable {
                    struct Plan: Decodable {
                        let rows: Double
                        let cost: Double
                        enum CodingKeys: String, CodingKey { case rows = "Plan Rows", cost = "Total Cost" }
                    }
                    let plan: Plan
                    enum CodingKeys: String, CodingKey { case plan = "Plan" }
                }
                let plans = try JSONDecoder().decode([Explained].self, from: Data(text.utf8))
                guard let plan = plans.first?.plan else { throw WarehouseError.failed(reason: "EXPLAIN gave no plan") }
                return QueryEstimate(rows: plan.rows, cost: plan.cost)
            }
        }
    }

    /// What the connection's role has SELECT on.
    public func catalogue() async throws(WarehouseError) -> [RelationDescription] {
        try await translating {
            let rows = try await pool.query(
                """
                SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), obj_description(c.oid, 'pg_class'), a.attname,
                  a.atttypid, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%'
                  AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')
                  AND has_table_privilege(c.oid, 'SELECT')
                ORDER BY n.nspname, c.relname, a.attnum
                """)
            var relations: [RelationDescription] = []
            var columns: [ColumnDescription] = []
            for (index, row) in rows.enumerated() {
                let schema: String = try row.get(0), name: String = try row.get(1)
                columns.append(
                    ColumnDescription(
                        name: try row.get(4), kind: ColumnKind(PostgresType(rawValue: try row.get(5))),
                        type: try row.get(6), comment: try row.get(7)))
                let next = index + 1 < rows.count ? rows[index + 1] : nil
                if let next, try next.get(0) == schema, try next.get(1) == name { continue }
                relations.append(
                    RelationDescription(
                        schema: schema, name: name, isView: try row.get(2), comment: try row.get(3), columns: columns))
                columns = []
            }
            return relations
        }
    }
}

/// The rows of a statement, whose errors are told in terms of what the reader wrote.
private struct PostgresRowSource: RowSource {
    let stream: PostgresRowStream
    let columnCount: Int
    let guarded: GuardedStatement

    func makeCursor() -> any RowCursor {
        Cursor(base: stream.makeAsyncIterator(), columnCount: columnCount, guarded: guarded)
    }

    private struct Cursor: RowCursor {
        var base: PostgresRowStream.AsyncIterator
        let columnCount: Int
        let guarded: GuardedStatement

        mutating func next() async throws -> [String?]? {
            do {
                guard let row = try await base.next() else { return nil }
                return (0..<columnCount).map { row.text(at: $0) }
            } catch {
                throw guarded.failure(error)
            }
        }
    }
}

extension ColumnKind {
    init(_ type: PostgresType) {
        self =
            switch type {
            case .int2, .int4, .int8, .float4, .float8, .numeric, .oid: .number
            case .bool: .boolean
            case .text, .varchar, .bpchar, .name, .char, .uuid: .text
            case .date: .date
            case .timestamp, .timestamptz: .timestamp
            case .json, .jsonb: .json
            default: .other
            }
    }
}
