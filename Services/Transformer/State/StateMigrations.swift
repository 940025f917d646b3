import Postgres

/// The schema `transformer` of the state database, step by step. A step that has been released never changes.
enum StateMigrations {
    static let all = Migrations(
        schema: "transformer",
        [
            Migration(
                1, "environments, intervals and commands",
                """
                CREATE TABLE transformer.environments (
                    name text PRIMARY KEY,
                    plan uuid NOT NULL,
                    promoted_at timestamptz NOT NULL
                );
                -- What each environment's views show, and every text its SQL is made from.
                CREATE TABLE transformer.environment_models (
                    environment text NOT NULL REFERENCES transformer.environments ON DELETE CASCADE,
                    position integer NOT NULL,
                    name text NOT NULL,
                    fingerprint text NOT NULL,
                    version text NOT NULL,
                    data_hash text NOT NULL,
                    metadata_hash text NOT NULL,
                    bundle jsonb NOT NULL,
                    columns jsonb NOT NULL,
                    PRIMARY KEY (environment, name)
                );
                -- Which physical table holds the rows that a fingerprint stands for.
                CREATE TABLE transformer.snapshots (
                    name text NOT NULL,
                    fingerprint text NOT NULL,
                    version text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (name, fingerprint)
                );
                -- What has been computed and still holds, by physical table.
                CREATE TABLE transformer.intervals (
                    name text NOT NULL,
                    version text NOT NULL,
                    done tstzmultirange NOT NULL DEFAULT '{}',
                    PRIMARY KEY (name, version)
                );
                -- Intervals being computed now. What is reopened meanwhile is noted here, so that it is not called done.
                CREATE TABLE transformer.active_work (
                    id uuid PRIMARY KEY,
                    name text NOT NULL,
                    version text NOT NULL,
                    reopened tstzmultirange NOT NULL DEFAULT '{}',
                    started_at timestamptz NOT NULL DEFAULT now()
                );
                CREATE INDEX ON transformer.active_work (name, version);
                -- The inbox: a command is here before its offset is committed, and is worked on from here.
                CREATE TABLE transformer.commands (
                    task text PRIMARY KEY,
                    run text NOT NULL,
                    attempt integer NOT NULL,
                    action text NOT NULL,
                    environment text NOT NULL,
                    model text NOT NULL,
                    from_time timestamptz,
                    up_to timestamptz NOT NULL,
                    deadline timestamptz NOT NULL,
                    received_at timestamptz NOT NULL DEFAULT now(),
                    state text NOT NULL DEFAULT 'waiting',
                    worker text,
                    token bigint NOT NULL DEFAULT 0,
                    lease_until timestamptz,
                    started_at timestamptz,
                    finished_at timestamptz,
                    outcome jsonb
                );
                CREATE INDEX ON transformer.commands (received_at) WHERE state IN ('waiting', 'running');
                -- Messages that have to be sent because the state says so; gone once they are.
                CREATE TABLE transformer.outbox (
                    position bigserial PRIMARY KEY,
                    id uuid NOT NULL,
                    type text NOT NULL,
                    payload text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now()
                );
                -- The last that is known of each raw table.
                CREATE TABLE transformer.landings (
                    table_name text PRIMARY KEY,
                    rows bigint NOT NULL,
                    landed_at timestamptz NOT NULL
                );
                """),
            Migration(
                2, "what is set aside",
                """
                -- Messages that could not be dealt with, until somebody has them tried again or drops them.
                CREATE TABLE transformer.set_aside (
                    id text PRIMARY KEY,
                    kind text NOT NULL,
                    type text NOT NULL,
                    payload text NOT NULL,
                    reason text NOT NULL,
                    at timestamptz NOT NULL DEFAULT now(),
                    times integer NOT NULL DEFAULT 1
                );
                """),
            Migration(
                3, "what each table is made from",
                """
                -- What decides which of a table's intervals late data reopens, also while no environment shows it. NULL for
                -- tables that were last planned before this column was there.
                ALTER TABLE transformer.snapshots ADD COLUMN reads jsonb;
                """),
            Migration(
                4, "rows that audits found",
                """
                -- The first rows of each audit that found some, for who looks into it: what was refused is in no table.
                CREATE TABLE transformer.audit_failures (
                    id bigserial PRIMARY KEY,
                    name text NOT NULL,
                    version text NOT NULL,
                    audit text NOT NULL,
                    is_blocking boolean NOT NULL,
                    failures bigint NOT NULL,
                    rows jsonb NOT NULL,
                    at timestamptz NOT NULL DEFAULT now()
                );
                CREATE INDEX ON transformer.audit_failures (at);
                """),
            Migration(
                5, "snapshots, and what environments were",
                """
                -- A model at one state of its texts, and what others need to know of it so that nobody has to read them.
                CREATE TABLE transformer.model_snapshots (
                    id text PRIMARY KEY,
                    name text NOT NULL,
                    fingerprint text NOT NULL,
                    data_hash text NOT NULL,
                    metadata_hash text NOT NULL,
                    facts jsonb NOT NULL,
                    bundle jsonb NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now()
                );
                -- NULL where the version before this one promoted the model; `bundle` is written as long as it may run beside.
                ALTER TABLE transformer.environment_models
                    ADD COLUMN snapshot text REFERENCES transformer.model_snapshots;
                CREATE INDEX ON transformer.environment_models (snapshot);
                -- What each environment was, promotion by promotion: any of them can be promoted again.
                CREATE TABLE transformer.promotions (
                    plan uuid PRIMARY KEY,
                    environment text NOT NULL,
                    promoted_at timestamptz NOT NULL,
                    snapshots text[] NOT NULL,
                    versions text[] NOT NULL
                );
                CREATE INDEX ON transformer.promotions (environment, promoted_at);
                -- When the janitor may take an environment away; NULL: never.
                ALTER TABLE transformer.environments ADD COLUMN expires_at timestamptz;
                -- What was computed, batch by batch, and how it ended; kept for 30 days.
                CREATE TABLE transformer.model_runs (
                    id uuid PRIMARY KEY,
                    name text NOT NULL,
                    version text NOT NULL,
                    started_at timestamptz NOT NULL,
                    finished_at timestamptz NOT NULL DEFAULT now(),
                    computed tstzmultirange NOT NULL,
                    rows bigint NOT NULL,
                    error text
                );
                CREATE INDEX ON transformer.model_runs (name, finished_at);
                CREATE INDEX ON transformer.model_runs (finished_at);
                -- When a plan last counted on the table: the janitor leaves it alone for a while.
                ALTER TABLE transformer.snapshots ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
                """),
            Migration(
                6, "what a project runs before and after everything else",
                "ALTER TABLE transformer.environments ADD COLUMN statements jsonb"),
            Migration(
                7, "plans that were shown",
                """
                -- What `transformer plan` was told and what it has shown, for `transformer apply --plan`; kept for a week.
                CREATE TABLE transformer.plans (
                    id uuid PRIMARY KEY,
                    environment text NOT NULL,
                    made_at timestamptz NOT NULL DEFAULT now(),
                    up_to timestamptz NOT NULL,
                    arguments jsonb NOT NULL,
                    record jsonb NOT NULL,
                    applied_at timestamptz
                )
                """),
            Migration(
                8, "what audits and unit tests gave last",
                """
                -- Of each audit of a table; `looked_at` is NULL where it looked at all rows.
                CREATE TABLE transformer.audit_results (
                    name text NOT NULL,
                    version text NOT NULL,
                    audit text NOT NULL,
                    is_blocking boolean NOT NULL,
                    failures bigint NOT NULL,
                    looked_at tstzmultirange,
                    at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (name, version, audit)
                );
                -- Of each unit test of the project; `data_hash` says for which text of its model.
                CREATE TABLE transformer.test_results (
                    model text NOT NULL,
                    name text NOT NULL,
                    file text NOT NULL,
                    line integer NOT NULL,
                    data_hash text,
                    problems jsonb NOT NULL,
                    at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (model, name)
                )
                """),
            Migration(
                9, "how far raw tables have come",
                "ALTER TABLE transformer.landings ADD COLUMN low_watermark timestamptz"),
            Migration(
                10, "how long what nothing shows stays",
                """
                -- In seconds, as the project said when it was promoted; NULL: a week.
                ALTER TABLE transformer.snapshots ADD COLUMN kept_for bigint;
                ALTER TABLE transformer.promotions ADD COLUMN kept_for bigint
                """),
            Migration(
                11, "who computes what, and commands that are to end",
                """
                -- NULL for what a version before this one computes.
                ALTER TABLE transformer.active_work
                    ADD COLUMN environment text, ADD COLUMN computed tstzmultirange, ADD COLUMN holder text,
                    ADD COLUMN task text, ADD COLUMN plan text;
                -- Why somebody wants the command to end; NULL: nobody does.
                ALTER TABLE transformer.commands ADD COLUMN cancel_reason text;
                """),
            Migration(
                12, "tables that are computed again by their crons",
                """
                CREATE TABLE transformer.auto_restatements (
                    name text NOT NULL,
                    version text NOT NULL,
                    -- Ticks after this have not been followed yet.
                    since timestamptz NOT NULL,
                    -- The whole table is to be computed again, and has not been yet.
                    pending boolean NOT NULL DEFAULT false,
                    PRIMARY KEY (name, version)
                )
                """),
        ])
}
