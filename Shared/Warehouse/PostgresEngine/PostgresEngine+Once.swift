// What must not be written twice, and when it was written: noted beside the tables, in the transactions of the rows.
import Postgres
import SQL

extension PostgresEngine {
    private func notes(of table: RelationPath) -> RelationPath { RelationPath(table.schema, "millrace_written") }

    /// Reads what was noted; nothing for a table of which nothing ever was.
    public func writtenOnce(of table: RelationPath) async throws(WarehouseError) -> [BatchSpan] {
        let notes = notes(of: table)
        return try await translating {
            try await pool.withConnection { connection in
                guard try await kind(of: notes, connection) != nil else { return [] }
                return try await connection.query(
                    """
                    SELECT (extract(epoch FROM lower(span)) * 1000000)::bigint,
                      (extract(epoch FROM upper(span)) * 1000000)::bigint
                    FROM \(sql: notes.quoted), unnest(times) AS span WHERE relation = \(table.name) ORDER BY 1
                    """
                ).map { BatchSpan(from: try $0.get(0), to: try $0.get(1)) }
            }
        }
    }

    /// - Returns: False when some of the time is noted already; nothing is noted then.
    func note(_ span: BatchSpan, of table: RelationPath, _ connection: PostgresConnection) async throws -> Bool {
        let notes = notes(of: table)
        // The schema's tables share it, and each table's lock keeps only its own writers apart.
        if try await kind(of: notes, connection) == nil {
            try await lock("relation \(notes)", connection)
            try await connection.query(
                "CREATE TABLE IF NOT EXISTS \(sql: notes.quoted) (relation text PRIMARY KEY, times tstzmultirange NOT NULL)"
            )
        }
        let ends = [span.from, span.to].map { PostgresTimestamp(microseconds: $0).description }
        let written = try await connection.execute(
            """
            INSERT INTO \(sql: notes.quoted) AS n (relation, times)
            VALUES (\(table.name), tstzmultirange(tstzrange(\(ends[0])::timestamptz, \(ends[1])::timestamptz)))
            ON CONFLICT (relation) DO UPDATE SET times = n.times + excluded.times
            WHERE NOT n.times && excluded.times
            """)
        return written == 1
    }

    /// The table is empty: nothing of it is written.
    func forgetWritten(_ table: RelationPath, _ connection: PostgresConnection) async throws {
        let notes = notes(of: table)
        guard try await kind(of: notes, connection) != nil else { return }
        try await connection.query("DELETE FROM \(sql: notes.quoted) WHERE relation = \(table.name)")
    }
}
