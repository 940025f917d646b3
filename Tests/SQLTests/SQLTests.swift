import SQL
import Testing

@Suite("What is read is written the same") struct RoundTripTests {
    @Test(
        "PostgreSQL",
        arguments: [
            "SELECT a, b AS c FROM t AS u WHERE x = 1 AND y IN (1, 2) OR NOT z",
            "SELECT a.b.c, (a.b).c, (f(x)).y, x[1], (ARRAY[1, 2])[1], x[1:2] FROM t",
            "WITH a AS (SELECT 1 AS x), b(y) AS NOT MATERIALIZED (SELECT x FROM a) SELECT * FROM b ORDER BY 1 DESC NULLS LAST LIMIT 10 OFFSET 5",
            "SELECT DISTINCT ON (a, b) a, b, COUNT(*) FILTER (WHERE c > 0) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
            "SELECT a FROM t UNION ALL SELECT b FROM u UNION ALL (SELECT c FROM v ORDER BY 1 LIMIT 1)",
            "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3",
            "(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3",
            "SELECT x::int, CAST(y AS numeric(10, 2)), -x::int, (-x)::int, date '2020-01-01', INTERVAL '1 day' FROM t",
            "SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE x WHEN 1 THEN 'a' END, COALESCE(a, b), EXTRACT(YEAR FROM d) FROM t",
            "SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (y, z) CROSS JOIN d, LATERAL (SELECT 1) AS e, generate_series(1, 10) AS g(n)",
            "SELECT * FROM ((SELECT 1 AS x) AS a JOIN b ON a.x = b.x) AS j",
            "SELECT a - (b - c), (a + b) * c, a - b - c, NOT (a AND b), (a OR b) AND c, a || b || c",
            "SELECT x FROM t WHERE d BETWEEN a AND b AND e NOT LIKE 'x%' ESCAPE '!' AND f IS NOT NULL AND g IS DISTINCT FROM h",
            "SELECT SUBSTRING(a FROM 1 FOR 2), TRIM(BOTH 'x' FROM b), POSITION('a' IN b), OVERLAY(a PLACING b FROM 1)",
            "SELECT x AT TIME ZONE 'UTC', a -> 'b' ->> 'c', ROW(1, 2), (1, 2) = (3, 4), a = ANY (ARRAY[1, 2])",
            "SELECT \"Order\" FROM \"S\".\"T\" WHERE EXISTS (SELECT 1 FROM u WHERE u.id = \"T\".id)",
            "SELECT GROUPING(a), a, b FROM t GROUP BY ROLLUP (a, b), GROUPING SETS ((a, b), (a), ()), CUBE (c)",
            "VALUES (1, 'it''s'), (2, NULL)",
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), array_agg(x ORDER BY y DESC), string_agg(DISTINCT x, ',') FROM t",
            "SELECT CURRENT_DATE, now(), left(a, 1), - -x, +x, date_trunc('day', ts) FROM t FOR UPDATE OF t SKIP LOCKED",
        ]) func postgres(text: String) throws
    {
        let query = try parseQuery(text, dialect: .postgres)
        #expect(query.sql(.postgres) == text)
        let pretty = query.sql(.postgres, style: .pretty)
        #expect(try parseQuery(pretty, dialect: .postgres) == query)
    }

    @Test(
        "GoogleSQL",
        arguments: [
            "SELECT a, `b c` AS c FROM `p-x`.d.t AS u WHERE x = 1",
            "SELECT * EXCEPT (a) REPLACE (b + 1 AS b), t.* FROM t",
            "SELECT STRUCT(1 AS a, 'x' AS b), STRUCT<a INT64, b ARRAY<STRUCT<c STRING>>>(1, NULL), [1, 2], ARRAY<INT64>[], ARRAY(SELECT 1)",
            "SELECT x[OFFSET(0)], y[SAFE_ORDINAL(1)].z, SAFE_CAST(a AS INT64), CAST(b AS STRING FORMAT 'YYYY')",
            "SELECT DATE_TRUNC(d, WEEK(MONDAY)), DATE_ADD(d, INTERVAL 1 DAY), EXTRACT(DAYOFWEEK FROM d), TIMESTAMP '2020-01-01 00:00:00+00'",
            "SELECT x, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS n FROM t QUALIFY n = 1",
            "SELECT x FROM t, UNNEST(t.items) AS i WITH OFFSET AS o WHERE i.a IN UNNEST([1, 2])",
            "SELECT a FROM t UNION ALL SELECT b FROM u",
            "SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY y LIMIT 3), ANY_VALUE(x HAVING MAX y) FROM t GROUP BY ALL",
            "SELECT * FROM t PIVOT(SUM(x) AS s FOR q IN ('Q1' AS q1, 'Q2')) AS p",
            "SELECT * FROM t UNPIVOT (s FOR q IN (q1, q2))",
            "FROM t |> WHERE a > 1 |> EXTEND a + 1 AS b |> AGGREGATE COUNT(*) AS n GROUP BY c |> ORDER BY n DESC |> LIMIT 3",
            "SELECT IF(a, 1, 2), @p, @@x.y, ?, r.a.b.c, b'\\x01a', 'it\\'s' FROM d.t AS r FOR SYSTEM_TIME AS OF ts",
        ]) func bigQuery(text: String) throws
    {
        let query = try parseQuery(text, dialect: .bigQuery)
        let written = query.sql(.bigQuery)
        #expect(try parseQuery(written, dialect: .bigQuery) == query)
        let pretty = query.sql(.bigQuery, style: .pretty)
        #expect(try parseQuery(pretty, dialect: .bigQuery) == query)
        if !text.contains("FOR SYSTEM_TIME") { #expect(written == text) }
    }
}

@Suite("Tables of a query") struct TableReferenceTests {
    @Test(arguments: [
        (text: "SELECT * FROM a JOIN s.b ON true", tables: ["a", "s.b"]),
        (text: "WITH c AS (SELECT * FROM a) SELECT * FROM c, C, b", tables: ["a", "b"]),
        (text: "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM r) SELECT * FROM r", tables: []),
        (text: "SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (SELECT 1 FROM c)", tables: ["a", "b", "c"]),
        (text: "SELECT * FROM a WHERE x IN (WITH a AS (SELECT 1) SELECT * FROM a)", tables: ["a"]),
    ]) func tables(text: String, tables: [String]) throws {
        let query = try parseQuery(text, dialect: .postgres)
        #expect(query.tableReferences().map(\.name.description) == tables)
    }

    @Test("arrays of columns are not tables") func arrays() throws {
        let query = try parseQuery("SELECT * FROM d.t AS t, t.items AS i", dialect: .bigQuery)
        #expect(query.tableReferences().map(\.name.description) == ["d.t"])
    }
}

@Suite("Tables put in the place of others") struct MapTablesTests {
    @Test func renamed() throws {
        let text = "WITH c AS (SELECT a.x FROM a) SELECT b.y, (SELECT MAX(x) FROM a AS z) FROM c JOIN s.b ON TRUE"
        let query = try parseQuery(text, dialect: .postgres).mapTables { table throws(SQLError) in
            var table = table
            table.name = QualifiedName("physical", "t_" + table.name.last.name)
            return .table(table)
        }
        #expect(
            query.sql(.postgres) == """
                WITH c AS (SELECT a.x FROM physical.t_a AS a) SELECT b.y, (SELECT MAX(x) FROM physical.t_a AS z) \
                FROM c JOIN physical.t_b AS b ON TRUE
                """)
    }
}
