import SQL
import Testing

@Suite("What a query shows without a catalogue") struct QueryFactsTests {
    @Test(
        "a star in a select list",
        arguments: [
            ("SELECT * FROM t", true), ("SELECT t.* FROM t", true), ("SELECT a FROM (SELECT * FROM t) AS s", true),
            ("WITH c AS (SELECT * FROM t) SELECT a FROM c", true), ("SELECT COUNT(*) FROM t", false),
            ("SELECT a * b FROM t", false), ("SELECT '*' FROM t", false),
            ("SELECT a FROM t WHERE EXISTS (SELECT * FROM u)", true),
            ("SELECT a FROM t UNION ALL SELECT * FROM u", true),
        ])
    func stars(text: String, has: Bool) throws {
        #expect(try parseQuery(text, dialect: .postgres).hasStar == has)
    }

    @Test(
        "a count of all rows",
        arguments: [
            ("SELECT COUNT(*) FROM t", true), ("SELECT count(x) AS n FROM t AS u WHERE a > 1", true),
            ("SELECT COUNT(*) FILTER (WHERE x IS NULL) FROM t", true), ("SELECT COUNT(*) - 1 FROM t", true),
            ("SELECT COALESCE(SUM(x), 0) FROM t JOIN u USING (a)", true), ("SELECT CAST(COUNT(*) AS int) FROM t", true),
            ("WITH c AS (SELECT x FROM t) SELECT COUNT(*) FROM c", true), ("SELECT MAX(x) - COUNT(*) FROM t", true),
            ("SELECT COUNT(*) FROM t LIMIT 0", true), ("SELECT COUNT(*) FROM t ORDER BY 1 OFFSET 1", true),
            ("SELECT COUNT(*) OVER () FROM t", false), ("SELECT COUNT(*) FROM t GROUP BY x", false),
            ("SELECT COUNT(*) FROM t HAVING COUNT(*) > 0", false), ("SELECT COUNT(*), 1 FROM t", false),
            ("SELECT x FROM (SELECT COUNT(*) AS x FROM t) AS s", false), ("SELECT (SELECT COUNT(*) FROM t)", false),
            ("SELECT MAX(x) FROM t", false), ("SELECT bool_or(x) FROM t", false),
            ("SELECT MAX(x) + (SELECT COUNT(*) FROM u) FROM t", false),
            ("SELECT generate_series(1, COUNT(*)) FROM t", false), ("SELECT my_function(COUNT(*)) FROM t", false),
            ("SELECT COUNT(*) FROM t UNION ALL SELECT COUNT(*) FROM u", false),
        ])
    func counts(text: String, is count: Bool) throws {
        #expect(try parseQuery(text, dialect: .postgres).isCount(.postgres) == count)
    }

    @Test(
        "as many rows whatever there is",
        arguments: [
            ("SELECT COUNT(*) FROM t", true), ("SELECT MAX(x) FROM t WHERE a > 1", true),
            ("SELECT COUNT(*), MIN(x) FROM t", true), ("SELECT 1, COUNT(*) FROM t LIMIT 1", true),
            ("SELECT MAX(x) FROM t LIMIT 0", true), ("SELECT 1", true), ("SELECT (SELECT COUNT(*) FROM t)", true),
            ("SELECT 1 WHERE EXISTS (SELECT * FROM t)", false), ("SELECT x FROM t", false),
            ("SELECT COUNT(*) FROM t GROUP BY x", false), ("SELECT MAX(x) FROM t HAVING MAX(x) > 1", false),
            ("SELECT COUNT(*) OVER () FROM t", false), ("SELECT unnest(array_agg(x)) FROM t", false),
            ("SELECT my_function(MAX(x)) FROM t", false), ("SELECT x FROM (SELECT COUNT(*) AS x FROM t) AS s", false),
        ])
    func fixedRowCounts(text: String, has: Bool) throws {
        #expect(try parseQuery(text, dialect: .postgres).hasFixedRowCount(.postgres) == has)
    }

    @Test(
        "whether values, and not only conditions, decide how many rows there are",
        arguments: [
            ("SELECT a, b + 1 FROM t WHERE c > 0", false),
            ("SELECT a, count(b) FROM t GROUP BY a", false),
            ("SELECT a FROM t UNION ALL SELECT b FROM s", false),
            ("WITH x AS (SELECT a FROM t) SELECT a, upper(a) FROM x JOIN y USING (a)", false),
            ("SELECT DISTINCT a FROM t", true),
            ("SELECT a FROM (SELECT DISTINCT a, b FROM t) AS x", true),
            ("SELECT a FROM t UNION SELECT b FROM s", true),
            ("SELECT a FROM t EXCEPT ALL SELECT b FROM s", true),
            ("SELECT a, unnest(b) FROM t", true),
            ("SELECT a, x FROM t, unnest(b) AS x", true),
            ("SELECT a, nobody_knows(b) FROM t", true),
        ])
    func rowsFollowValues(sql: String, expected: Bool) throws {
        let query = try parseQuery(sql, dialect: .postgres)
        #expect(query.rowsFollowValues(.postgres) == expected)
    }

    @Test("a table of WITH on its own")
    func commonTables() throws {
        let query = try parseQuery(
            "WITH a AS (SELECT 1 AS x), B AS (SELECT x FROM a) SELECT * FROM b", dialect: .postgres)
        #expect(
            query.query(ofCommonTable: "b")?.sql(.postgres)
                == "WITH a AS (SELECT 1 AS x), B AS (SELECT x FROM a) SELECT * FROM B")
        #expect(query.query(ofCommonTable: "c") == nil)
    }

    @Test("a function that nobody knows may make several rows of one")
    func unknownFunctions() throws {
        func onlyAdds(_ value: String) throws -> Bool {
            try parseQuery("SELECT a, \(value) AS b FROM t", dialect: .postgres).diff(
                from: parseQuery("SELECT a FROM t", dialect: .postgres), dialect: .postgres
            ).onlyAdds
        }
        #expect(try onlyAdds("lower(c)") && onlyAdds("row_number() OVER ()") && onlyAdds("date(c)"))
        #expect(try !onlyAdds("my_function(c)") && !onlyAdds("unnest(c)") && !onlyAdds("s.lower(c)"))
    }
}
