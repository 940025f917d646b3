// The sink's own tables in the schema `raw`. Later versions add columns and tables; nothing is ever taken away.
import Postgres

extension PostgresEngine {
    /// Makes what is missing. Where nothing is, no table is locked.
    func prepareBookkeeping(_ connection: PostgresConnection) async throws {
        let isCurrent: Bool = try await connection.query(
            """
            SELECT to_regclass('raw._seen_values') IS NOT NULL AND to_regclass('raw._replays') IS NOT NULL
              AND (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped AND (attrelid, attname) IN (
                (to_regclass('raw._dead_letters'), 'attempts'), (to_regclass('raw._dead_letters'), 'history'),
                (to_regclass('raw._landings'), 'duplicates'), (to_regclass('raw._landings'), 'low_watermark'),
                (to_regclass('raw._sink_offsets'), 'event_time_max'), (to_regclass('raw._sink_offsets'), 'at_end_at'))) = 6
            """
        ).one().get(0)
        if !isCurrent { try await connection.script(Self.bookkeeping + Self.additions) }
    }

    /// Positions, dead letters and landings. `_landings` is the outbox of `data.landed`.
    private static let bookkeeping = """
        CREATE SCHEMA IF NOT EXISTS raw;
        CREATE TABLE IF NOT EXISTS raw._sink_offsets (
          topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,
          updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (topic, partition));
        CREATE TABLE IF NOT EXISTS raw._dead_letters (
          topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL, raw_table text NOT NULL,
          reason text NOT NULL, field text, message text NOT NULL, key bytea, value bytea,
          headers jsonb NOT NULL DEFAULT '[]', message_time timestamptz, failed_at timestamptz NOT NULL,
          mirrored_at timestamptz, PRIMARY KEY (topic, partition, "offset"));
        CREATE INDEX IF NOT EXISTS _dead_letters_unmirrored ON raw._dead_letters (topic, partition, "offset")
          WHERE mirrored_at IS NULL;
        CREATE TABLE IF NOT EXISTS raw._landings (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, raw_table text NOT NULL,
          rows bigint NOT NULL, rejected bigint NOT NULL, bytes bigint NOT NULL, offsets jsonb NOT NULL,
          event_time_min timestamptz, event_time_max timestamptz, days date[] NOT NULL,
          landed_at timestamptz NOT NULL DEFAULT clock_timestamp(), published_at timestamptz);
        CREATE INDEX IF NOT EXISTS _landings_unpublished ON raw._landings (topic, id) WHERE published_at IS NULL;
        CREATE INDEX IF NOT EXISTS _landings_published ON raw._landings (published_at);

        """

    /// Attempts of dead letters; how far topics have come in event time; repetitions and the hashes that tell them; how
    /// far replays into other tables are.
    private static let additions = """
        ALTER TABLE raw._dead_letters ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 1,
          ADD COLUMN IF NOT EXISTS history jsonb NOT NULL DEFAULT '[]';
        ALTER TABLE raw._landings ADD COLUMN IF NOT EXISTS duplicates bigint NOT NULL DEFAULT 0,
          ADD COLUMN IF NOT EXISTS low_watermark timestamptz;
        ALTER TABLE raw._sink_offsets ADD COLUMN IF NOT EXISTS event_time_max timestamptz,
          ADD COLUMN IF NOT EXISTS at_end_at timestamptz;
        CREATE TABLE IF NOT EXISTS raw._seen_values (
          id uuid PRIMARY KEY, seen_at timestamptz NOT NULL, raw_table text NOT NULL);
        CREATE INDEX IF NOT EXISTS _seen_values_seen_at ON raw._seen_values USING brin (seen_at);
        CREATE TABLE IF NOT EXISTS raw._replays (
          raw_table text NOT NULL, topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,
          updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (raw_table, topic, partition));
        """
}
