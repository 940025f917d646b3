import SQL
import Testing

@Suite("Statements in the other dialect") struct TranspileStatementTests {
    static let toBigQuery: [TranspileCase] = [
        .init(
            "INSERT INTO u (id, name) VALUES (1, 'a'), (2, DEFAULT)",
            "INSERT INTO u (id, name) VALUES (1, 'a'), (2, DEFAULT)"),
        .init(
            "WITH c AS (SELECT i FROM t) INSERT INTO U (id) SELECT i / 2 FROM c",
            "INSERT INTO u (id) WITH c AS (SELECT i FROM t) SELECT DIV(i, 2) FROM c"),
        .init(
            "INSERT INTO u (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name || u.name WHERE u.i > 1",
            "MERGE INTO u AS u USING (SELECT source.id, source.name FROM UNNEST([STRUCT(1 AS id, 'a' AS name)]) AS source "
                + "QUALIFY ROW_NUMBER() OVER (PARTITION BY source.id) = 1) AS source ON u.id = source.id "
                + "WHEN MATCHED AND u.i > 1 THEN UPDATE SET name = source.name || u.name "
                + "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (source.id, source.name)"),
        .init(
            "UPDATE t SET (i, j) = (t.j, t.i / 2), s = DEFAULT FROM u WHERE t.i = u.id",
            "UPDATE t SET i = t.j, j = DIV(t.i, 2), s = DEFAULT FROM u WHERE t.i = u.id"),
        .init("UPDATE t SET i = 1", "UPDATE t SET i = 1 WHERE TRUE"),
        .init(
            "DELETE FROM t USING u WHERE t.i = u.id", "DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t.i = u.id)"),
        .init(
            "MERGE INTO t USING u ON t.i = u.id WHEN MATCHED AND u.i = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET j = u.i "
                + "WHEN NOT MATCHED THEN DO NOTHING",
            "MERGE INTO t USING u ON t.i = u.id WHEN MATCHED AND u.i = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET j = u.i"
        ),
        .init("TRUNCATE TABLE ONLY t", "TRUNCATE TABLE t"),
        .init(
            "CREATE TABLE IF NOT EXISTS s.n (id bigint PRIMARY KEY, a integer NOT NULL DEFAULT 7 / 2, b varchar(20), "
                + "c numeric(10, 2), d timestamptz, e jsonb, f text[]) PARTITION BY RANGE (d)",
            "CREATE TABLE IF NOT EXISTS s.n (id INT64 PRIMARY KEY NOT ENFORCED, a INT64 NOT NULL DEFAULT DIV(7, 2), "
                + "b STRING(20), c NUMERIC(10, 2), d TIMESTAMP, e JSON, f ARRAY<STRING>) PARTITION BY DATE(d)"),
        .init("CREATE TABLE n (k, l) AS SELECT i, j FROM t", "CREATE TABLE n AS SELECT i AS k, j AS l FROM t"),
        .init(
            "CREATE OR REPLACE VIEW v AS SELECT i / j AS q FROM t",
            "CREATE OR REPLACE VIEW v AS SELECT DIV(i, j) AS q FROM t"),
        .init("DROP TABLE IF EXISTS T", "DROP TABLE IF EXISTS t"),
        .init(
            "ALTER TABLE t ADD COLUMN k double precision, DROP COLUMN j",
            "ALTER TABLE t ADD COLUMN k FLOAT64, DROP COLUMN j"),
        .init("ALTER TABLE t ALTER COLUMN i TYPE numeric", "ALTER TABLE t ALTER COLUMN i SET DATA TYPE NUMERIC"),
    ]

    static let toPostgres: [TranspileCase] = [
        .init("INSERT t (i) VALUES (1)", "INSERT INTO t (i) VALUES (1)"),
        .init("UPDATE t SET t.i = 1 WHERE TRUE", "UPDATE t SET i = 1"),
        .init("DELETE t WHERE i IN UNNEST([1])", "DELETE FROM t WHERE i = ANY (ARRAY[1])"),
        .init(
            "CREATE TABLE n (id INT64 NOT NULL, a STRING, b FLOAT64, c DATETIME, d BYTES) PARTITION BY DATE(c) CLUSTER BY id",
            "CREATE TABLE n (id bigint NOT NULL, a text, b double precision, c timestamp, d bytea)"),
        .init("CREATE TABLE n LIKE t", "CREATE TABLE n (LIKE t)"),
        .init(
            "MERGE t USING u ON t.i = u.id WHEN NOT MATCHED THEN INSERT (i, j) VALUES (u.id, DEFAULT)",
            "MERGE INTO t USING u ON t.i = u.id WHEN NOT MATCHED THEN INSERT (i, j) VALUES (u.id, DEFAULT)"),
        .init("TRUNCATE TABLE t", "TRUNCATE TABLE t"),
    ]

    @Test("from PostgreSQL to GoogleSQL", arguments: toBigQuery) func bigQuery(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .postgres, one.to, .bigQuery, catalog: TranspileTests.catalog(.postgres))
    }

    @Test("from GoogleSQL to PostgreSQL", arguments: toPostgres) func postgres(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .bigQuery, one.to, .postgres, catalog: TranspileTests.catalog(.bigQuery))
    }
}

@Suite("What has no equivalent is an error that says so") struct TranspileRefusalTests {
    static let toBigQuery: [TranspileCase] = [
        .init("SELECT a / b FROM unknown", "What / means depends on the type of a, which is not known."),
        .init("SELECT js @> '{}' FROM t", "no equivalent of the operator @>"),
        .init("SELECT generate_series(1, 3)", "no equivalent of generate_series() outside of FROM. Write it in FROM."),
        .init("SELECT 1 FOR UPDATE", "no equivalent of FOR UPDATE"),
        .init("SELECT i FROM t INTERSECT ALL SELECT j FROM t", "no equivalent of INTERSECT ALL"),
        .init(
            "SELECT percentile_cont(ARRAY[0.5]) WITHIN GROUP (ORDER BY i) FROM t",
            "no equivalent of percentile_cont of an array"),
        .init("SELECT s::inet FROM t", "no equivalent of the type inet. Write text."),
        .init("SELECT B'01'", "no equivalent of the bit string B'01'"),
        .init("SELECT i > ALL (a) FROM t", "no equivalent of > ALL. Compare with a MIN or MAX."),
        .init(
            "SELECT * FROM t NATURAL JOIN unknown",
            "no equivalent of NATURAL JOIN of tables whose columns are not known"),
        .init("SELECT DATE 'today'", "no equivalent of 'today' as a date"),
        .init("EXPLAIN SELECT 1", "no equivalent of EXPLAIN"),
        .init("CREATE TABLE x (a serial)", "no equivalent of the type serial. Write bigint, and give the values."),
        .init("UPDATE t SET i = 1 RETURNING i", "no equivalent of RETURNING"),
        .init(
            "INSERT INTO u VALUES (1) ON CONFLICT DO NOTHING",
            "no equivalent of ON CONFLICT without the names of the key"),
        .init(
            "SELECT CAST(s AS char(3)) FROM t",
            "no equivalent of the type char(3). Write varchar or text."),
        .init(
            "SELECT CAST(n AS numeric(60, 2)) FROM t",
            "no equivalent of numeric(60, 2)"),
        .init(
            "SELECT ARRAY[ARRAY[1], ARRAY[2]]",
            "no equivalent of an array of arrays"),
        .init(
            "SELECT a && a FROM t",
            "no equivalent of the operator &&"),
        .init(
            "SELECT (d, d) OVERLAPS (d, d) FROM t",
            "no equivalent of the operator OVERLAPS. Write start_1 < end_2 AND start_2 < end_1."),
        .init(
            "SELECT SUM(i) OVER (ORDER BY i GROUPS 1 PRECEDING) FROM t",
            "no equivalent of a frame of GROUPS"),
        .init(
            "SELECT * FROM (t JOIN u ON TRUE) AS x",
            "no equivalent of an alias of a join"),
        .init(
            "WITH RECURSIVE r AS (SELECT 1 AS k UNION SELECT k + 1 FROM r) SELECT k FROM r",
            "no equivalent of a recursive UNION without ALL"),
        .init(
            "SELECT * FROM unnest(ARRAY[1], ARRAY[2])",
            "no equivalent of unnest() of several arrays without names"),
        .init(
            "WITH x AS (DELETE FROM t RETURNING i) SELECT i FROM x",
            "no equivalent of a changing statement in WITH"),
        .init(
            "SELECT CAST(s AS interval) FROM t",
            "no equivalent of a text that is read as an interval"),
        .init(
            "SELECT SUM(i) OVER (ORDER BY d RANGE INTERVAL '1 month' PRECEDING) FROM t",
            "no equivalent of RANGE with months"),
        .init(
            "CREATE INDEX k ON t (i)",
            "no equivalent of CREATE INDEX"),
        .init(
            "CREATE TABLE k (a bigint UNIQUE)",
            "no equivalent of UNIQUE, CHECK and generated columns"),
        .init(
            "CREATE TABLE k (a bigint GENERATED ALWAYS AS IDENTITY)",
            "no equivalent of UNIQUE, CHECK and generated columns"),
        .init(
            "TRUNCATE a, b",
            "no equivalent of TRUNCATE of several tables"),
        .init(
            "GRANT SELECT ON t TO someone",
            "no equivalent of GRANT"),
        .init(
            "BEGIN",
            "no equivalent of this statement"),
        .init("DROP TABLE a, b", "no equivalent of DROP of several"),
    ]

    static let toPostgres: [TranspileCase] = [
        .init("SELECT a / b FROM unknown", "What / means depends on the type of a, which is not known."),
        .init("SELECT STRUCT(1 AS a)", "no equivalent of a STRUCT with named fields"),
        .init(
            "SELECT * EXCEPT (a) FROM unknown",
            "no equivalent of * with EXCEPT or REPLACE over columns that are not known"),
        .init("SELECT i FROM t FOR SYSTEM_TIME AS OF tz", "no equivalent of FOR SYSTEM_TIME AS OF"),
        .init("SELECT SAFE_CAST(s AS DATE) FROM t", "no equivalent of SAFE_CAST to date"),
        .init("SELECT x[0] FROM unknown", "What […] means depends on the type of x"),
        .init("SELECT @name", "no equivalent of the named parameter @name"),
        .init(
            "SELECT e.k FROM UNNEST(CAST(NULL AS ARRAY<STRUCT<k INT64>>)) AS e",
            "no equivalent of"),
        .init(
            "MERGE t USING u ON t.i = u.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
            "no equivalent of WHEN NOT MATCHED BY SOURCE"),
        .init(
            "MERGE t USING u ON t.i = u.id WHEN NOT MATCHED THEN INSERT ROW",
            "no equivalent of INSERT ROW"),
        .init(
            "SELECT PERCENTILE_CONT(x, 0.5 RESPECT NULLS) OVER () FROM t",
            "no equivalent of this PERCENTILE_CONT"),
        .init(
            "SELECT LAST_VALUE([x] IGNORE NULLS) OVER (ORDER BY i) FROM t",
            "no equivalent of LAST_VALUE with IGNORE NULLS of an array"),
        .init(
            "SELECT * FROM unknown UNION ALL BY NAME SELECT i, id FROM u",
            "no equivalent of a set operation BY NAME of queries whose columns are not known"),
        .init(
            "SELECT e FROM UNNEST([1], [2]) AS e",
            "no equivalent of UNNEST of several arrays"),
        .init(
            "SELECT @@error.message",
            "no equivalent of the system variable @@error.message"),
        .init(
            "CREATE OR REPLACE TABLE k (a INT64)",
            "no equivalent of CREATE OR REPLACE TABLE"),
        .init(
            "CREATE TABLE k (a INT64) OPTIONS (description = 'x')",
            "no equivalent of OPTIONS (description = …)"),
        .init(
            "CREATE TABLE k (a GEOGRAPHY)",
            "no equivalent of the type GEOGRAPHY"),
        .init(
            "DECLARE x INT64",
            "no equivalent of this statement"),
        .init(
            "FROM u |> RENAME i AS j",
            "RENAME of columns that are not listed before"),
        .init("SELECT 1 FROM `d.events_*`", "no equivalent of a table name that ends with *"),
    ]

    @Test("in GoogleSQL", arguments: toBigQuery) func bigQuery(one: TranspileCase) throws {
        try Self.check(one, .postgres, .bigQuery)
    }

    @Test("in PostgreSQL", arguments: toPostgres) func postgres(one: TranspileCase) throws {
        try Self.check(one, .bigQuery, .postgres)
    }

    private static func check(_ one: TranspileCase, _ source: SQLDialect, _ target: SQLDialect) throws {
        let catalog = TranspileTests.catalog(source)
        let error = #expect(throws: SQLError.self) {
            try transpile(one.from, from: source, to: target, catalog: catalog)
        }
        #expect(error?.message.contains(one.to) == true, "\(error?.message ?? "")")
        #expect(error?.code == (one.to.contains("depends") ? .typeNeeded : .noEquivalent))
        // Or a warning, where that is asked for.
        let options = TranspileOptions(unsupported: .warn)
        let result = try transpile(one.from, from: source, to: target, catalog: catalog, options: options)
        #expect(result.warnings.contains { $0.message.contains(one.to) })
    }

    @Test("with its place in the text") func place() throws {
        let error = #expect(throws: SQLError.self) {
            try transpile("SELECT 1,\n  js @> '{}' FROM t", from: .postgres, to: .bigQuery)
        }
        #expect(error?.line == 2)
        #expect(error?.column == 3)
        #expect(error?.excerpt.contains("js @> '{}'") == true)
    }
}
