// StateSchema: the scheduler's tables, as numbered migrations. An applied one is never changed.

enum StateSchema {
    static let name = "scheduler"

    /// Change channel of PostgreSQL's NOTIFY: the payload is a ``StateChange/Notice``.
    static let channel = "millrace_scheduler"

    static let first = """
        CREATE TABLE scheduler.lease (
            id int PRIMARY KEY CHECK (id = 1),
            holder text NOT NULL,
            -- Counts leaders. Every write of a leader names the epoch it was elected in, and does nothing in another.
            epoch bigint NOT NULL,
            expires_at timestamptz NOT NULL
        );
        INSERT INTO scheduler.lease VALUES (1, '', 0, '-infinity');

        CREATE TABLE scheduler.dags (
            dag text PRIMARY KEY,
            manifest jsonb NOT NULL,
            is_paused boolean NOT NULL DEFAULT false,
            cursor_at timestamptz NOT NULL,
            first_seen jsonb NOT NULL DEFAULT '{}',
            is_removed boolean NOT NULL DEFAULT false,
            updated_at timestamptz NOT NULL
        );

        CREATE TABLE scheduler.runs (
            run uuid PRIMARY KEY,
            dag text NOT NULL,
            environment text NOT NULL,
            trigger text NOT NULL,
            state text NOT NULL,
            scheduled_for timestamptz NOT NULL,
            from_at timestamptz,
            up_to timestamptz NOT NULL,
            requested_by text,
            idempotency_key text,
            created_at timestamptz NOT NULL,
            started_at timestamptz,
            finished_at timestamptz,
            failed_model text,
            failure jsonb
        );
        CREATE INDEX runs_by_dag ON scheduler.runs (dag, run DESC);
        CREATE INDEX runs_active ON scheduler.runs (run) WHERE state IN ('queued', 'running');
        -- A tick becomes one run, whoever asks.
        CREATE UNIQUE INDEX runs_by_tick ON scheduler.runs (dag, scheduled_for) WHERE trigger = 'schedule';
        CREATE UNIQUE INDEX runs_by_key ON scheduler.runs (dag, idempotency_key) WHERE idempotency_key IS NOT NULL;

        CREATE TABLE scheduler.tasks (
            task uuid PRIMARY KEY,
            run uuid NOT NULL REFERENCES scheduler.runs ON DELETE CASCADE,
            position int NOT NULL,
            model text NOT NULL,
            depends_on jsonb NOT NULL,
            state text NOT NULL,
            attempt int NOT NULL,
            retries_max int NOT NULL,
            from_at timestamptz,
            up_to timestamptz NOT NULL,
            retry_at timestamptz,
            deadline_at timestamptz,
            queued_at timestamptz,
            started_at timestamptz,
            finished_at timestamptz,
            done int NOT NULL,
            total int NOT NULL
        );
        CREATE INDEX tasks_by_run ON scheduler.tasks (run, position);

        CREATE TABLE scheduler.attempts (
            task uuid NOT NULL REFERENCES scheduler.tasks ON DELETE CASCADE,
            attempt int NOT NULL,
            state text NOT NULL,
            queued_at timestamptz NOT NULL,
            started_at timestamptz,
            finished_at timestamptz,
            deadline_at timestamptz NOT NULL,
            worker text,
            rows bigint,
            done int NOT NULL,
            total int NOT NULL,
            failure jsonb,
            PRIMARY KEY (task, attempt)
        );

        -- What is to be sent was written with the change that it tells of; it is deleted when the broker has it.
        CREATE TABLE scheduler.outbox (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            message_id uuid NOT NULL UNIQUE,
            type text NOT NULL,
            payload text NOT NULL
        );

        CREATE TABLE scheduler.positions (
            topic text NOT NULL,
            partition int NOT NULL,
            next_offset bigint NOT NULL,
            PRIMARY KEY (topic, partition)
        );

        CREATE TABLE scheduler.audit (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL,
            who text NOT NULL,
            action text NOT NULL,
            dag text NOT NULL,
            run uuid,
            detail text
        );
        CREATE INDEX audit_by_dag ON scheduler.audit (dag, sequence DESC);
        """

    static let second = """
        ALTER TABLE scheduler.outbox ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();

        -- What could not be dealt with, until somebody has it tried again or drops it.
        CREATE TABLE scheduler.set_aside (
            id text PRIMARY KEY,
            kind text NOT NULL,
            dag text,
            type text,
            payload text,
            reason text NOT NULL,
            at timestamptz NOT NULL,
            times int NOT NULL DEFAULT 1,
            is_retry boolean NOT NULL DEFAULT false
        );
        """

    /// Columns that an older leader, which writes every column of a table, may leave empty: it may be at work yet.
    static let third = """
        ALTER TABLE scheduler.runs ADD COLUMN plan text, ADD COLUMN cancelled_at timestamptz, ADD COLUMN cancelled_by text;
        ALTER TABLE scheduler.tasks ADD COLUMN kind text, ADD COLUMN rule text, ADD COLUMN attempts_before int,
            ADD COLUMN marked_by text, ADD COLUMN retry_delay float8, ADD COLUMN retry_delay_max float8,
            ADD COLUMN timeout float8;
        """

    static let fourth = """
        -- What somebody wants done to a run, until the leader has done it.
        CREATE TABLE scheduler.acts (
            id uuid PRIMARY KEY,
            run uuid NOT NULL REFERENCES scheduler.runs ON DELETE CASCADE,
            dag text NOT NULL,
            act text NOT NULL,
            models jsonb,
            downstream boolean NOT NULL,
            who text NOT NULL,
            at timestamptz NOT NULL
        );
        CREATE INDEX audit_by_run ON scheduler.audit (run, sequence) WHERE run IS NOT NULL;
        """

    static let fifth = """
        ALTER TABLE scheduler.tasks ADD COLUMN pool text, ADD COLUMN priority int;
        """

    static let sixth = """
        ALTER TABLE scheduler.dags ADD COLUMN definition jsonb;
        ALTER TABLE scheduler.runs ADD COLUMN parameters jsonb;
        ALTER TABLE scheduler.tasks ADD COLUMN work jsonb, ADD COLUMN chosen jsonb, ADD COLUMN result text;

        -- What tasks did to the world outside: written with it where that is this database, right after it otherwise.
        CREATE TABLE scheduler.effects (
            task uuid PRIMARY KEY REFERENCES scheduler.tasks ON DELETE CASCADE,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            result text,
            rows bigint
        );

        -- How far data has landed, of the tables that tasks wait for.
        CREATE TABLE scheduler.landed (
            table_name text NOT NULL,
            topic text NOT NULL,
            low_watermark timestamptz,
            landed_at timestamptz NOT NULL,
            PRIMARY KEY (table_name, topic)
        );
        """

    static let seventh = """
        -- What people are told, a row a channel: written with what it tells of, ended by who sends it, then kept as a log.
        CREATE TABLE scheduler.alerts (
            id text PRIMARY KEY,
            channel text NOT NULL,
            event text NOT NULL,
            dag text NOT NULL,
            run uuid,
            subject text NOT NULL,
            detail text,
            at timestamptz NOT NULL,
            state text NOT NULL,
            tries int NOT NULL,
            next_at timestamptz NOT NULL,
            batch uuid,
            ended_at timestamptz,
            reason text
        );
        CREATE INDEX alerts_waiting ON scheduler.alerts (at) WHERE state = 'waiting';
        CREATE INDEX alerts_by_time ON scheduler.alerts (at DESC);

        CREATE TABLE scheduler.silences (
            id uuid PRIMARY KEY,
            dag text NOT NULL,
            from_at timestamptz NOT NULL,
            until_at timestamptz NOT NULL,
            who text NOT NULL,
            reason text
        );
        """

    static let eighth = """
        -- What was said about attempts; kept as long as their run.
        CREATE TABLE scheduler.logs (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            task uuid NOT NULL REFERENCES scheduler.tasks ON DELETE CASCADE,
            attempt int NOT NULL,
            at timestamptz NOT NULL,
            level text NOT NULL,
            message text NOT NULL
        );
        CREATE INDEX logs_by_attempt ON scheduler.logs (task, attempt, sequence);
        """
}
