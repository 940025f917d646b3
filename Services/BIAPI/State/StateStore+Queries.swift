import Foundation
import Postgres

extension StateStore: QueryHistory {
    func begin(_ id: String, user: String, sql: String) async throws -> Bool {
        try await pool.execute(
            """
            INSERT INTO queries (id, user_id, sql, state) VALUES (\(id), \(user), \(sql), 'running')
            ON CONFLICT DO NOTHING
            """) == 1
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
            SELECT id::text, sql, state, row_count, elapsed_ms, error, started_at FROM queries
            WHERE user_id = \(user) ORDER BY started_at DESC LIMIT \(limit)
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
