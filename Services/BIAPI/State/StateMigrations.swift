import Logging
import Postgres

/// What bi-api keeps: users, sessions that ended early, and the history of the SQL page.
enum StateMigrations {
    static let schema = "bi"

    static func migrate(_ pool: PostgresPool, logger: Logger) async throws {
        let steps = [
            Migration(1, "users", users), Migration(2, "query history", queries),
            Migration(3, "session changes", sessionChanges),
        ]
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

    /// Triggers, so that whatever changes a user, by whatever way, ends the sessions of before and is told to the other
    /// services, in the transaction of the change.
    private static let sessionChanges = """
        CREATE TABLE session_changes (
            id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
            user_id text NOT NULL,
            session text,
            before timestamptz NOT NULL DEFAULT clock_timestamp(),
            is_told boolean NOT NULL DEFAULT false
        );
        CREATE INDEX session_changes_untold ON session_changes (id) WHERE NOT is_told;

        CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.sessions_valid_from := clock_timestamp();
            INSERT INTO bi.session_changes (user_id, before) VALUES (NEW.id::text, NEW.sessions_valid_from);
            RETURN NEW;
        END $$;
        CREATE TRIGGER user_changed BEFORE UPDATE ON users FOR EACH ROW
            WHEN (NEW.role <> OLD.role OR NEW.password_hash <> OLD.password_hash OR NEW.is_disabled <> OLD.is_disabled
                  OR NEW.sessions_valid_from <> OLD.sessions_valid_from)
            EXECUTE FUNCTION end_sessions();

        CREATE FUNCTION end_sessions_of_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO bi.session_changes (user_id) VALUES (OLD.id::text);
            RETURN NULL;
        END $$;
        CREATE TRIGGER user_removed AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION end_sessions_of_nobody();
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
