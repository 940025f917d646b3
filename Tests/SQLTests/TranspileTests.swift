import SQL
import Testing

/// A text of one dialect and what it is in the other.
struct TranspileCase: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    var testDescription: String { from }

    init(_ from: String, _ to: String) {
        self.from = from
        self.to = to
    }

    /// Checks that `text` becomes `expected`, that the tree written and read again is the same, and that PostgreSQL's
    /// own parser accepts what is written for it.
    static func check(
        _ text: String, _ source: SQLDialect, _ expected: String, _ target: SQLDialect, catalog: SchemaCatalog?
    ) throws {
        let statements = try parseStatements(text, dialect: source)
        let result = try statements.transpiled(from: source, to: target, catalog: catalog)
        let written = result.tree.map { $0.sql(target) }.joined(separator: "; ")
        #expect(written == expected)
        #expect(result.warnings.isEmpty)
        let isSame = try parseStatements(written, dialect: target) == result.tree
        #expect(isSame, "reads back otherwise: \(written)")
        if target == .postgres { #expect(LibpgQuery.error(written) == nil) }
    }
}

@Suite("Queries in the other dialect") struct TranspileTests {
    /// A table `t` with a column of each type, and two more to join.
    static func catalog(_ dialect: SQLDialect) -> SchemaCatalog {
        var catalog = SchemaCatalog(dialect: dialect)
        catalog.add(
            QualifiedName("t"),
            columns: [
                .init("i", .int64), .init("j", .int64), .init("x", .float64), .init("n", .numeric), .init("s", .text),
                .init("b", .boolean), .init("d", .date), .init("ts", .timestamp), .init("tz", .timestampTZ),
                .init("a", .array(DataType(kind: .int64))),
                .init("js", dialect == .postgres ? .jsonb : .json), .init("bin", .bytes),
            ])
        catalog.add(QualifiedName("u"), columns: [.init("id", .int64), .init("i", .int64), .init("name", .text)])
        return catalog
    }

    static let toBigQuery: [TranspileCase] = [
        .init(
            "SELECT i / j, i / 2, n / i, x / 2 FROM t",
            "SELECT DIV(i, j), DIV(i, 2), n / i, x / 2 FROM t"),
        .init(
            "SELECT i % 3, i ^ 2, i # 3, @ i, |/ x FROM t",
            "SELECT MOD(i, 3), POW(i, 2), i ^ 3, ABS(i), SQRT(x) FROM t"),
        .init(
            "SELECT i * 1.5, n * 1.5, x * 1.5, 1.5 * 2.5 FROM t",
            "SELECT i * NUMERIC '1.5', n * NUMERIC '1.5', x * 1.5, NUMERIC '1.5' * NUMERIC '2.5' FROM t"),
        .init(
            "SELECT s || 'x', s || i, a || 5, a || a FROM t",
            "SELECT s || 'x', s || CAST(i AS STRING), ARRAY_CONCAT(IFNULL(a, []), [5]), ARRAY_CONCAT(IFNULL(a, []), IFNULL(a, [])) FROM t"
        ),
        .init(
            "SELECT * FROM t WHERE s ILIKE 'A%' AND s NOT LIKE 'a!%b' ESCAPE '!' AND s LIKE ANY (ARRAY['a', 'b'])",
            "SELECT * FROM t WHERE LOWER(s) LIKE 'a%' AND s NOT LIKE 'a\\\\%b' AND (s LIKE 'a' OR s LIKE 'b')"),
        .init(
            "SELECT * FROM t WHERE s SIMILAR TO '(a|b)%.c_'",
            "SELECT * FROM t WHERE REGEXP_CONTAINS(s, '^(?s:(a|b).*\\\\.c.)$')"),
        .init(
            "SELECT i = ANY (a), i <> ALL (a), i = ANY (SELECT 1), i IS DISTINCT FROM j FROM t",
            "SELECT i IN UNNEST(a), i NOT IN UNNEST(a), i IN (SELECT 1), i IS DISTINCT FROM j FROM t"),
        .init(
            "SELECT a[1], a[i], ARRAY[1, 2], CAST(ARRAY[] AS bigint[]), a[2:3] FROM t",
            "SELECT a[SAFE_ORDINAL(1)], a[SAFE_ORDINAL(i)], [1, 2], ARRAY<INT64>[], ARRAY_SLICE(a, 1, 2) FROM t"),
        .init(
            "SELECT js -> 'a', js ->> 'a', js -> 'a' -> 0 ->> 'b c', js #>> '{a,b}', js -> s, js ? 'k' FROM t",
            "SELECT JSON_QUERY(js, '$.a'), JSON_VALUE(js, '$.a'), JSON_VALUE(js, '$.a[0].\"b c\"'), JSON_VALUE(js, '$.a.b'), js[s], JSON_QUERY(js, '$.k') IS NOT NULL FROM t"
        ),
        .init(
            "SELECT tz AT TIME ZONE 'UTC', ts AT TIME ZONE 'Europe/Berlin' FROM t",
            "SELECT DATETIME(tz, 'UTC'), TIMESTAMP(ts, 'Europe/Berlin') FROM t"),
        .init(
            "SELECT EXTRACT(DOW FROM d), EXTRACT(WEEK FROM d), EXTRACT(DOY FROM d), EXTRACT(ISODOW FROM d), EXTRACT(YEAR FROM ts) FROM t",
            "SELECT EXTRACT(DAYOFWEEK FROM d) - 1, EXTRACT(ISOWEEK FROM d), EXTRACT(DAYOFYEAR FROM d), MOD(EXTRACT(DAYOFWEEK FROM d) + 5, 7) + 1, EXTRACT(YEAR FROM ts) FROM t"
        ),
        .init(
            "SELECT EXTRACT(EPOCH FROM tz), EXTRACT(EPOCH FROM tz - tz), EXTRACT(SECOND FROM ts) FROM t",
            "SELECT UNIX_MICROS(tz) / 1000000, TIMESTAMP_DIFF(tz, tz, MICROSECOND) / 1000000, EXTRACT(SECOND FROM ts) + EXTRACT(MICROSECOND FROM ts) / 1000000 FROM t"
        ),
        .init(
            "SELECT d + 5, d - i, d - d, d + INTERVAL '1 month', ts + INTERVAL '1 day 02:03:04', tz + INTERVAL '2 months', tz - INTERVAL '3 hours' FROM t",
            "SELECT DATE_ADD(d, INTERVAL 5 DAY), DATE_SUB(d, INTERVAL i DAY), DATE_DIFF(d, d, DAY), d + INTERVAL 1 MONTH, ts + INTERVAL '0-0 1 2:3:4' YEAR TO SECOND, CAST(CAST(tz AS DATETIME) + INTERVAL 2 MONTH AS TIMESTAMP), tz - INTERVAL 3 HOUR FROM t"
        ),
        .init(
            "SELECT i * INTERVAL '1 day', INTERVAL '1' YEAR, INTERVAL '2 weeks', '3 hours'::interval FROM t",
            "SELECT INTERVAL i DAY, INTERVAL 1 YEAR, INTERVAL 2 WEEK, INTERVAL 3 HOUR FROM t"),
        .init(
            "SELECT i::text, s::integer, x::numeric(10, 2), s::varchar(3), s::jsonb, tz::date, CAST('\\x0aff' AS bytea), s::uuid FROM t",
            "SELECT CAST(i AS STRING), CAST(s AS INT64), CAST(x AS NUMERIC(10, 2)), LEFT(s, 3), PARSE_JSON(s), CAST(tz AS DATE), b'\\n\\xff', LOWER(s) FROM t"
        ),
        .init(
            "SELECT DATE '2026-11-23', TIMESTAMP '2026-11-23 01:02:03', timestamptz '2026-11-23 00:00:00+00', numeric '1.5', int '5' FROM t",
            "SELECT DATE '2026-11-23', DATETIME '2026-11-23 01:02:03', TIMESTAMP '2026-11-23 00:00:00+00', CAST('1.5' AS NUMERIC), CAST('5' AS INT64) FROM t"
        ),
        .init(
            "SELECT i FROM t ORDER BY i, j DESC, s NULLS FIRST, x DESC NULLS LAST",
            "SELECT i FROM t ORDER BY i NULLS LAST, j DESC NULLS FIRST, s, x DESC"),
        .init(
            "SELECT SUM(i) OVER (PARTITION BY s ORDER BY d), ROW_NUMBER() OVER (ORDER BY d), SUM(i) OVER (ORDER BY d ROWS 3 PRECEDING), MAX(i ORDER BY j) FROM t",
            "SELECT SUM(i) OVER (PARTITION BY s ORDER BY d IS NULL, d), ROW_NUMBER() OVER (ORDER BY d NULLS LAST), SUM(i) OVER (ORDER BY d NULLS LAST ROWS 3 PRECEDING), MAX(i ORDER BY j IS NULL, j) FROM t"
        ),
        .init(
            "SELECT SUM(i) FILTER (WHERE b), COUNT(*) FILTER (WHERE b), COUNT(DISTINCT i) FILTER (WHERE b) FROM t",
            "SELECT SUM(IF(b, i, NULL)), COUNTIF(b), COUNT(DISTINCT IF(b, i, NULL)) FROM t"),
        .init(
            "SELECT DISTINCT ON (s) s, i FROM t ORDER BY s, i DESC NULLS LAST",
            "SELECT s, i FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY s ORDER BY i DESC) = 1 ORDER BY s NULLS LAST, i DESC"
        ),
        .init(
            "SELECT n FROM generate_series(1, 10) AS n",
            "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 10)) AS n"),
        .init(
            "SELECT g.n + 1 FROM generate_series(1, 10, 2) AS g(n)",
            "SELECT n + 1 FROM UNNEST(GENERATE_ARRAY(1, 10, 2)) AS n"),
        .init(
            "SELECT CAST(g AS date) FROM generate_series(DATE '2026-01-01', DATE '2026-01-31', INTERVAL '1 day') AS g",
            "SELECT g FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2026-01-01', DATE '2026-01-31', INTERVAL 1 DAY)) AS g"),
        .init(
            "SELECT e, o FROM t, unnest(a) WITH ORDINALITY AS u(e, o)",
            "SELECT e, o + 1 AS o FROM t, UNNEST(a) AS e WITH OFFSET AS o"),
        .init(
            "SELECT x.n FROM t LEFT JOIN LATERAL (SELECT i + 1 AS n) AS x ON TRUE",
            "SELECT x.n FROM t LEFT JOIN UNNEST(ARRAY(SELECT AS STRUCT i + 1 AS n)) AS x ON TRUE"),
        .init(
            "SELECT v.a FROM (VALUES (1, 'x'), (2, 'y')) AS v(a, b)",
            "SELECT v.a FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, 'y')]) AS v"),
        .init(
            "SELECT i FROM t UNION SELECT j FROM t OFFSET 5",
            "SELECT i FROM t UNION DISTINCT SELECT j FROM t LIMIT 9223372036854775807 OFFSET 5"),
        .init(
            "WITH c(k, l) AS MATERIALIZED (SELECT i, j FROM t) SELECT k FROM c",
            "WITH c AS (SELECT i AS k, j AS l FROM t) SELECT k FROM c"),
        .init(
            "SELECT i FROM t ORDER BY i FETCH FIRST 3 ROWS WITH TIES",
            "SELECT i FROM t QUALIFY RANK() OVER (ORDER BY i NULLS LAST) <= 3 ORDER BY i NULLS LAST"),
        .init(
            "SELECT (i, j) = (1, 2), (i, j) < (1, 2), (i, j) IN (SELECT id, i FROM u) FROM t",
            "SELECT (i, j) = (1, 2), i < 1 OR i = 1 AND j < 2, (i, j) IN (SELECT AS STRUCT id, i FROM u) FROM t"),
        .init(
            "SELECT i BETWEEN SYMMETRIC 5 AND 1, b IS UNKNOWN, s COLLATE \"C\" FROM t",
            "SELECT i BETWEEN 5 AND 1 OR i BETWEEN 1 AND 5, b IS NULL, s FROM t"),
        .init(
            "SELECT date_trunc.i FROM t AS date_trunc TABLESAMPLE SYSTEM (10)",
            "SELECT date_trunc.i FROM t AS date_trunc TABLESAMPLE SYSTEM(10 PERCENT)"),
        .init(
            "SELECT upper.I AS \"Total Sum\", \"at\".i AS at FROM T AS upper, u AS at",
            "SELECT upper.I AS `Total Sum`, `at`.i AS `at` FROM t AS upper, u AS `at`"),
        .init(
            "SELECT -i >> 2, i << 1, ~ i, 5 >> 1 FROM t",
            "SELECT IF(-i < 0, ~(~ -i >> 2), -i >> 2), i << 1, ~i, 5 >> 1 FROM t"),
        .init(
            "SELECT substr AS day FROM (SELECT i AS substr FROM t) AS q GROUP BY day",
            "SELECT substr AS day FROM (SELECT i AS substr FROM t) AS q GROUP BY day"),
        .init(
            "SELECT DATE_PART('dow', d), LOCALTIMESTAMP, CURRENT_DATE FROM t",
            "SELECT EXTRACT(DAYOFWEEK FROM d) - 1, CURRENT_DATETIME(), CURRENT_DATE FROM t"),
        .init(
            "SELECT $1 + 1",
            "SELECT @p1 + 1"),
        .init(
            "SELECT SUM(i) OVER (ORDER BY d RANGE BETWEEN INTERVAL '2 days' PRECEDING AND CURRENT ROW), SUM(i) OVER (ORDER BY tz RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 minute' FOLLOWING) FROM t",
            "SELECT SUM(i) OVER (ORDER BY UNIX_DATE(d) RANGE BETWEEN 2 PRECEDING AND CURRENT ROW), SUM(i) OVER (ORDER BY UNIX_MICROS(tz) RANGE BETWEEN 3600000000 PRECEDING AND 60000000 FOLLOWING) FROM t"
        ),
        .init(
            "SELECT t.i FROM u, t FULL JOIN u AS v ON t.i = v.id",
            "SELECT t.i FROM u, (t FULL JOIN u AS v ON t.i = v.id)"),
        .init(
            "WITH c(k, l) AS (SELECT i, j FROM t) SELECT m FROM c AS d(m, n)",
            "WITH c AS (SELECT i AS k, j AS l FROM t) SELECT m FROM (SELECT k AS m, l AS n FROM c) AS d"),
        .init(
            "SELECT string_agg(DISTINCT s, ',' ORDER BY s) FROM t",
            "SELECT string_agg(DISTINCT s, ',' ORDER BY s) FROM t"),
    ]

    static let toPostgres: [TranspileCase] = [
        .init(
            "SELECT i / j, i / 2, n / i, x / 2, 1.5 * i FROM t",
            "SELECT CAST(i AS double precision) / j, CAST(i AS double precision) / 2, n / i, x / 2, CAST(1.5 AS double precision) * i FROM t"
        ),
        .init(
            "SELECT IFNULL(i, 0), IF(b, 1, 2) FROM t",
            "SELECT COALESCE(i, 0), CASE WHEN b THEN 1 ELSE 2 END FROM t"),
        .init(
            "SELECT COUNTIF(b), SUM(IF(b, i, NULL)) FROM t",
            "SELECT COUNT(*) FILTER (WHERE b), SUM(i) FILTER (WHERE b) FROM t"),
        .init(
            "SELECT a[OFFSET(0)], a[ORDINAL(1)], a[SAFE_OFFSET(i)], a[i - 1] FROM t",
            "SELECT a[1], a[1], a[i + 1], a[i] FROM t"),
        .init(
            "SELECT i IN UNNEST(a), i IN UNNEST([1, 2]), ARRAY<INT64>[], ARRAY<STRING>['a'] FROM t",
            "SELECT i = ANY (a), i = ANY (ARRAY[1, 2]), CAST(ARRAY[] AS bigint[]), CAST(ARRAY['a'] AS text[]) FROM t"),
        .init(
            "SELECT DATE_ADD(d, INTERVAL 5 DAY), DATE_SUB(d, INTERVAL i WEEK), DATE_ADD(d, INTERVAL 1 MONTH), TIMESTAMP_ADD(tz, INTERVAL i HOUR), d + INTERVAL 1 DAY, d - d FROM t",
            "SELECT d + 5, d - CAST(i * 7 AS integer), CAST(d + INTERVAL '1 month' AS date), tz + i * INTERVAL '1 hour', d + INTERVAL '1 day', CAST(d AS timestamp) - CAST(d AS timestamp) FROM t"
        ),
        .init(
            "SELECT EXTRACT(DAYOFWEEK FROM d), EXTRACT(WEEK FROM d), EXTRACT(WEEK(MONDAY) FROM d), EXTRACT(DATE FROM tz), EXTRACT(HOUR FROM tz AT TIME ZONE 'UTC') FROM t",
            "SELECT EXTRACT(DOW FROM d) + 1, floor((EXTRACT(DOY FROM d) + 6 - EXTRACT(DOW FROM d)) / 7), floor((EXTRACT(DOY FROM d) + 6 - (EXTRACT(DOW FROM d) + 6) % 7) / 7), CAST(tz AS date), EXTRACT(HOUR FROM tz AT TIME ZONE 'UTC') FROM t"
        ),
        .init(
            "SELECT INTERVAL '1-2 3 4:5:6' YEAR TO SECOND, INTERVAL 2 QUARTER, INTERVAL i MINUTE FROM t",
            "SELECT INTERVAL '1 year 2 months 3 days 4 hours 5 minutes 6 seconds', INTERVAL '6 months', i * INTERVAL '1 minute' FROM t"
        ),
        .init(
            "SELECT CAST(i AS STRING), SAFE_CAST(i AS FLOAT64), SAFE_CAST(s AS INT64), CAST(bin AS STRING), CAST(d AS STRING FORMAT 'YYYY-MM') FROM t",
            "SELECT CAST(i AS text), CAST(i AS double precision), CASE WHEN s ~ '^\\s*[-+]?\\d{1,18}\\s*$' THEN CAST(s AS bigint) END, convert_from(bin, 'UTF8'), to_char(d, 'YYYY-MM') FROM t"
        ),
        .init(
            "SELECT NUMERIC '1.5', JSON '{\"a\": 1}', DATETIME '2026-11-23', b'a\\xff', TRUE FROM t",
            "SELECT 1.5, jsonb '{\"a\": 1}', timestamp '2026-11-23', CAST('\\x61ff' AS bytea), TRUE FROM t"),
        .init(
            "SELECT * EXCEPT (i, j, x, n, s, b, d, ts, tz) REPLACE (1 AS a) FROM t",
            "SELECT 1 AS a, t.js, t.bin FROM t"),
        .init(
            "SELECT s, COUNT(*) AS n FROM t GROUP BY ALL ORDER BY n + 1",
            "SELECT s, COUNT(*) AS n FROM t GROUP BY s ORDER BY COUNT(*) + 1 NULLS FIRST"),
        .init(
            "SELECT s, SUM(i) AS total FROM t GROUP BY s HAVING total > 1",
            "SELECT s, SUM(i) AS total FROM t GROUP BY s HAVING SUM(i) > 1"),
        .init(
            "SELECT s, i FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY s ORDER BY i) = 1",
            "SELECT DISTINCT ON (s) s, i FROM t ORDER BY s NULLS FIRST, i NULLS FIRST"),
        .init(
            "SELECT s, i + 1 AS k FROM t QUALIFY RANK() OVER (ORDER BY k) < 3 ORDER BY j",
            "SELECT qualified.s, qualified.k FROM (SELECT s, i + 1 AS k, RANK() OVER (ORDER BY i + 1 NULLS FIRST) < 3 AS is_qualified, j AS order_1 FROM t) AS qualified WHERE qualified.is_qualified ORDER BY qualified.order_1 NULLS FIRST"
        ),
        .init(
            "SELECT e FROM t, UNNEST(a) AS e WITH OFFSET AS o WHERE o > 0",
            "SELECT e FROM t, UNNEST(a) WITH ORDINALITY AS e(e, o) WHERE o - 1 > 0"),
        .init(
            "SELECT e FROM t, t.a AS e",
            "SELECT e FROM t, UNNEST(t.a) AS e"),
        .init(
            "SELECT e FROM t LEFT JOIN UNNEST(a) AS e",
            "SELECT e FROM t LEFT JOIN UNNEST(a) AS e ON TRUE"),
        .init(
            "SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2026-01-01', '2026-01-31')) AS d",
            "SELECT CAST(d AS date) AS d FROM generate_series(CAST('2026-01-01' AS timestamp), CAST('2026-01-31' AS timestamp), INTERVAL '1 day') AS d"
        ),
        .init(
            "SELECT 1 << 40, i << 2, i << j, 0xFF FROM t",
            "SELECT CAST(1 AS bigint) << 40, i << 2, i << CAST(j AS integer), 255 FROM t"),
        .init(
            "SELECT CAST(NUMERIC '1.50' AS STRING), CAST(x AS STRING) FROM t",
            "SELECT CAST(trim_scale(1.50) AS text), regexp_replace(x::text, '^(-?[0-9]+)$', '\\1.0') FROM t"),
        .init(
            "SELECT s FROM (SELECT s FROM t)",
            "SELECT s FROM (SELECT s FROM t) AS subquery_1"),
        .init(
            "SELECT x.a FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, 'y')]) AS x",
            "SELECT x.a FROM (VALUES (1, 'x'), (2, 'y')) AS x(a, b)"),
        .init(
            "SELECT `User`.I FROM Project.Data.Events AS `User`",
            "SELECT \"user\".I FROM \"Project\".\"Data\".\"Events\" AS \"user\""),
        .init(
            "SELECT ts.x FROM Ts WHERE Ts.x = 1",
            "SELECT ts.x FROM \"Ts\" AS ts WHERE Ts.x = 1"),
        .init(
            "SELECT @p1, CURRENT_DATETIME(), CURRENT_DATE('UTC') FROM t",
            "SELECT $1, LOCALTIMESTAMP, CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS date) FROM t"),
        .init(
            "SELECT js.a, s LIKE ANY ('a', 'b') FROM t",
            "SELECT js -> 'a', s LIKE ANY (ARRAY['a', 'b']) FROM t"),
        .init(
            "SELECT SUM(x) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), ARRAY(SELECT AS STRUCT 1, 2) FROM t",
            "SELECT SUM(x) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), ARRAY(SELECT ROW(1, 2)) FROM t"),
        .init(
            "FROM t |> WHERE i > 1 |> EXTEND i + 1 AS k |> WHERE k > 2 |> SELECT s, k",
            "SELECT s, k FROM (SELECT *, i + 1 AS k FROM t WHERE i > 1) AS piped_1 WHERE k > 2"),
        .init(
            "FROM t |> JOIN u ON t.i = u.id |> AGGREGATE SUM(j) AS total GROUP BY name |> ORDER BY total DESC |> LIMIT 3",
            "SELECT name, SUM(j) AS total FROM t JOIN u ON t.i = u.id GROUP BY name ORDER BY total DESC NULLS LAST LIMIT 3"
        ),
        .init(
            "FROM u |> DROP name |> SET i = i + 1 |> AS v |> SELECT v.i",
            "SELECT v.i FROM (SELECT piped_1.id, i + 1 AS i FROM (SELECT u.id, u.i FROM u) AS piped_1) AS v"),
        .init(
            "FROM u |> SELECT id, i |> RENAME i AS k |> DISTINCT |> UNION ALL (SELECT 1, 2)",
            "SELECT DISTINCT * FROM (SELECT id, i AS k FROM u) AS piped_1 UNION ALL SELECT 1, 2"),
        .init(
            "SELECT * FROM (SELECT id, i, name FROM u) PIVOT(SUM(i) AS s, COUNT(*) AS c FOR name IN ('a', 'b' AS bee))",
            "SELECT * FROM (SELECT id, SUM(i) FILTER (WHERE name = 'a') AS s_a, COUNT(*) FILTER (WHERE name = 'a') AS c_a, SUM(i) FILTER (WHERE name = 'b') AS s_bee, COUNT(*) FILTER (WHERE name = 'b') AS c_bee FROM (SELECT id, i, name FROM u) AS subquery_2 GROUP BY id) AS subquery_1"
        ),
        .init(
            "SELECT * FROM u UNPIVOT (v FOR k IN (id, i AS 'second'))",
            "SELECT * FROM (SELECT u.name, unpivoted_1.v, unpivoted_1.k FROM u CROSS JOIN LATERAL (VALUES (id, 'id'), (i, 'second')) AS unpivoted_1(v, k) WHERE unpivoted_1.v IS NOT NULL) AS subquery_1"
        ),
        .init(
            "SELECT t.i FROM u, t JOIN u AS v ON t.i = u.id",
            "SELECT t.i FROM u CROSS JOIN t JOIN u AS v ON t.i = u.id"),
    ]

    @Test("from PostgreSQL to GoogleSQL", arguments: toBigQuery) func bigQuery(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .postgres, one.to, .bigQuery, catalog: Self.catalog(.postgres))
    }

    @Test("from GoogleSQL to PostgreSQL", arguments: toPostgres) func postgres(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .bigQuery, one.to, .postgres, catalog: Self.catalog(.bigQuery))
    }
}
