import SQL
import Testing

@Suite("Statements that are no queries") struct StatementTests {
    @Test(
        "of PostgreSQL are written as PostgreSQL reads them",
        arguments: [
            "INSERT INTO s.t AS x (a, b) SELECT 1, 2",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t (a) VALUES (1), (DEFAULT) ON CONFLICT (a) WHERE b > 1 DO UPDATE SET a = excluded.a, (b, c) = (1, 2) WHERE t.a > 1 RETURNING a, b AS c",
            "INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING",
            "WITH w AS (SELECT 1 AS a) INSERT INTO t (a) SELECT a FROM w",
            "WITH gone AS (DELETE FROM t WHERE a < 1 RETURNING *) INSERT INTO u SELECT * FROM gone",
            "UPDATE ONLY t AS x SET a = 1, b = x.b + 1 FROM u WHERE u.id = x.id RETURNING x.*",
            "UPDATE t SET (a, b) = (SELECT 1, 2)",
            "DELETE FROM t AS x USING u JOIN v ON u.i = v.i WHERE x.id = u.id RETURNING id",
            "MERGE INTO t AS x USING (SELECT 1 AS id) AS s ON x.id = s.id WHEN MATCHED AND x.a > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = s.id WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, DEFAULT) ",
            "MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN DO NOTHING",
            "TRUNCATE TABLE a, b RESTART IDENTITY CASCADE",
            "CREATE TABLE IF NOT EXISTS s.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a integer NOT NULL DEFAULT 1 + 1, b text COLLATE \"C\" UNIQUE, c integer REFERENCES u (id) ON DELETE CASCADE ON UPDATE SET NULL, d numeric(10, 2) CHECK (d > 0), e integer GENERATED ALWAYS AS (a * 2) STORED, CONSTRAINT k PRIMARY KEY (id, a), FOREIGN KEY (a, b) REFERENCES u (x, y), UNIQUE (a), CHECK (a > 1)) PARTITION BY RANGE (a) WITH (fillfactor = 70)",
            "CREATE TABLE p PARTITION OF t FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)",
            "CREATE TABLE p PARTITION OF t FOR VALUES IN (1, 2)",
            "CREATE TABLE p PARTITION OF t FOR VALUES WITH (MODULUS 4, REMAINDER 1)",
            "CREATE TABLE p PARTITION OF t DEFAULT",
            "CREATE TEMPORARY TABLE t AS SELECT 1 AS a WITH NO DATA",
            "CREATE UNLOGGED TABLE t (a timestamptz(3)[])",
            "CREATE OR REPLACE VIEW s.v (a, b) AS SELECT 1, 2",
            "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 WITH NO DATA",
            "CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION me",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t USING btree (a DESC NULLS LAST, lower(b) text_pattern_ops, (a + 1)) INCLUDE (c) WITH (fillfactor = 70) WHERE a IS NOT NULL",
            "CREATE INDEX ON t (a)",
            "DROP TABLE IF EXISTS a, s.b CASCADE",
            "DROP MATERIALIZED VIEW v",
            "DROP INDEX CONCURRENTLY IF EXISTS i",
            "DROP SCHEMA s RESTRICT",
            "ALTER TABLE IF EXISTS ONLY t ADD COLUMN IF NOT EXISTS a integer NOT NULL DEFAULT 1, DROP COLUMN IF EXISTS b CASCADE, ALTER COLUMN c SET DEFAULT 1, ALTER COLUMN c DROP DEFAULT, ALTER COLUMN c SET NOT NULL, ALTER COLUMN c DROP NOT NULL, ALTER COLUMN c SET DATA TYPE bigint USING c::bigint, ADD CONSTRAINT k UNIQUE (a), DROP CONSTRAINT j",
            "ALTER TABLE t RENAME COLUMN a TO b",
            "ALTER TABLE t RENAME TO u",
            "ALTER TABLE t SET SCHEMA s",
            "GRANT SELECT (a, b), INSERT ON TABLE s.t, u TO reader, public WITH GRANT OPTION",
            "GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA s TO reader",
            "REVOKE USAGE ON SCHEMA s FROM reader CASCADE",
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1",
        ]) func postgres(text: String) throws
    {
        #expect(LibpgQuery.error(text) == nil)
        let statements = try parseStatements(text, dialect: .postgres)
        for style in [GeneratorStyle.oneLine, .pretty, .canonical] {
            let written = statements.map { $0.sql(.postgres, style: style) }.joined(separator: ";\n")
            #expect(LibpgQuery.fingerprint(written) == LibpgQuery.fingerprint(text), "\(written)")
            if !style.canonical { #expect(try parseStatements(written, dialect: .postgres) == statements) }
        }
        #expect(statements[0].range.offsets.upperBound == text.utf8.count - (text.hasSuffix(" ") ? 1 : 0))
    }

    @Test(
        "of GoogleSQL are written as they were read",
        arguments: [
            "INSERT INTO d.t (a, b) VALUES (1, DEFAULT)",
            "UPDATE d.t AS x SET a.b = 1, c = 2 FROM u WHERE TRUE",
            "DELETE FROM d.t WHERE a = 1",
            "MERGE INTO d.t AS x USING s ON x.id = s.id WHEN NOT MATCHED BY SOURCE AND x.a > 1 THEN DELETE WHEN NOT MATCHED THEN INSERT ROW",
            "TRUNCATE TABLE d.t",
            "CREATE OR REPLACE TABLE d.t (a INT64 NOT NULL OPTIONS (description = 'x'), b ARRAY<STRUCT<c STRING>>, PRIMARY KEY (a) NOT ENFORCED) PARTITION BY DATE(ts) CLUSTER BY a, b OPTIONS (expiration_timestamp = NULL, labels = [('k', 'v')])",
            "CREATE TABLE d.t CLONE d.u",
            "CREATE TABLE d.t PARTITION BY RANGE_BUCKET(a, GENERATE_ARRAY(0, 10, 1)) AS SELECT 1 AS a",
            "CREATE VIEW d.v (a OPTIONS (description = 'x')) OPTIONS (friendly_name = 'v') AS SELECT 1",
            "CREATE MATERIALIZED VIEW d.v PARTITION BY a CLUSTER BY b AS SELECT a, b FROM t",
            "CREATE SCHEMA IF NOT EXISTS p.d OPTIONS (location = 'EU')",
            "DROP TABLE IF EXISTS d.t",
            "ALTER TABLE d.t ADD COLUMN a INT64, DROP COLUMN b",
            "ALTER TABLE d.t ALTER COLUMN a SET OPTIONS (description = 'x')",
            "ALTER TABLE d.t SET OPTIONS (description = 'x')",
            "GRANT `roles/bigquery.dataViewer` ON SCHEMA d TO 'user:a@example.com'",
        ]) func bigQuery(text: String) throws
    {
        let statements = try parseStatements(text, dialect: .bigQuery)
        #expect(statements.map { $0.sql(.bigQuery) } == [text])
        let pretty = statements[0].sql(.bigQuery, style: .pretty)
        #expect(try parseStatements(pretty, dialect: .bigQuery) == statements)
    }

    @Test("What a change reads is told from what it writes") func references() throws {
        let text = """
            WITH w AS (SELECT * FROM a) INSERT INTO t SELECT * FROM w JOIN b ON TRUE; DELETE FROM t USING c;
            CREATE TABLE x AS SELECT * FROM d; MERGE INTO t USING e ON TRUE WHEN MATCHED THEN DELETE
            """
        let statements = try parseStatements(text, dialect: .postgres)
        #expect(statements.map { $0.tableReferences().map(\.name.description) } == [["a", "b"], ["c"], ["d"], ["e"]])
    }

    @Test(
        "What is wrong is shown at its place",
        arguments: [
            ("SELECT a FROM t WHERE", "Line 1, column 22: The text ends too early.", "an expression"),
            ("SELECT a\nFROM t GROUP x", "Line 2, column 14: `x` cannot stand here.", "BY"),
            ("SELECT 'a", "Line 1, column 8: A string that is not closed.", ""),
            ("SELECT 1 2", "Line 1, column 10: `2` cannot stand here.", ";"),
            ("CREATE THING x", "Line 1, column 8: `THING` cannot stand here.", "TABLE"),
            ("SELECT a < b < c", "Line 1, column 14: Comparisons do not chain", ""),
            ("SELECT 12ab", "Line 1, column 8: A number runs into a name", ""),
        ]) func errors(text: String, message: String, expected: String) throws
    {
        let error = #expect(throws: SQLError.self) { try parseStatements(text, dialect: .postgres) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        if !expected.isEmpty { #expect(error?.expected.contains(expected) == true) }
        #expect(error?.excerpt.hasSuffix("^") == true)
    }
}
