import Logging
import Postgres

/// What bi-api keeps: users, sessions that ended early, and the history of the SQL page.
enum StateMigrations {
    static let schema = "bi"

    static func migrate(_ pool: PostgresPool, logger: Logger) async throws {
        let steps = [Migration(1, "users", users), Migration(2, "query history", queries)]
        try await Migrations(schema: schema, steps).apply(to: pool, logger: logger)
    }

    private static let users = """
        CREATE TABLE users (
            id uuid PRIMARY KEY,
            name text NOT NULL,
            role text NOT NULL CHECK (role IN ('viewer', 'editor', 'operator', 'admin')),
            password_hash text NOT NULL,
            is_disabled boolean NOT NULL DEFAULT false,
            sessions_valid_from timestamptz NOT NULL DEFAULT now(),
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE UNIQUE INDEX users_name ON users (lower(name));
        CREATE TABLE ended_sessions (
            session text PRIMARY KEY,
            until timestamptz NOT NULL
        );
        """

    private static let queries = """
        CREATE TABLE queries (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            sql text NOT NULL,
            state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'stopped')),
            row_count bigint,
            elapsed_ms double precision,
            error text,
            started_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX queries_of_user ON queries (user_id, started_at DESC);
        """
}
