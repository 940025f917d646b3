import Foundation
import Postgres

extension StateStore: QueryHistory {
    func begin(_ id: String, user: String, sql: String) async throws -> Bool {
        let added = try await pool.execute(
            """
            INSERT INTO queries (id, user_id, sql, state) VALUES (\(id), \(user), \(sql), 'running')
            ON CONFLICT DO NOTHING
            """)
        guard added == 1 else { return false }
        try await pool.execute(
            """
            DELETE FROM queries WHERE state <> 'running' AND id IN (
                SELECT id FROM \(Self.history(of: user)) AS past
                WHERE number > \(Self.keptMax) OR bytes > \(Self.keptBytesMax))
            """)
        return true
    }

    /// What one user's history may come to.
    private static let keptMax = 1_000
    private static let keptBytesMax = 16 << 20
    /// The most text of queries in one answer; the first is in it however long it is.
    private static let listedBytesMax = 1 << 20

    /// A user's queries, each with its number from the latest on, and the bytes of text up to it.
    private static func history(of user: String) -> PostgresQuery {
        """
        (SELECT id, row_number() OVER latest AS number, sum(octet_length(sql)) OVER latest AS bytes
         FROM queries WHERE user_id = \(user) WINDOW latest AS (ORDER BY started_at DESC, id))
        """
    }

    func finish(_ id: String, _ outcome: QueryOutcome) async throws {
        try await pool.execute(
            """
            UPDATE queries SET state = \(outcome.state.rawValue), row_count = \(outcome.rows),
                               elapsed_ms = \(outcome.elapsed / .milliseconds(1)), error = \(outcome.error)
            WHERE id = \(id)
            """)
    }

    func queries(of user: String, limit: Int) async throws -> [PastQuery] {
        let rows = try await pool.query(
            """
            SELECT id::text, sql, state, row_count, elapsed_ms, error, started_at
            FROM queries JOIN \(Self.history(of: user)) AS past USING (id)
            WHERE number <= \(limit) AND (number = 1 OR bytes <= \(Self.listedBytesMax)) ORDER BY number
            """)
        return try rows.map(Self.query)
    }

    func query(_ id: String, of user: String) async throws -> PastQuery? {
        let rows = try await pool.query(
            """
            SELECT id::text, sql, state, row_count, elapsed_ms, error, started_at FROM queries
            WHERE id = \(id) AND user_id = \(user)
            """)
        return try rows.first.map(Self.query)
    }

    private static func query(_ row: PostgresRow) throws -> PastQuery {
        PastQuery(
            id: try row.get("id"), sql: try row.get("sql"),
            state: PastQuery.State(rawValue: try row.get("state")) ?? .failed, rows: try row.get("row_count"),
            elapsedMilliseconds: try row.get("elapsed_ms"), error: try row.get("error"),
            startedAt: try row.get("started_at"))
    }
}
