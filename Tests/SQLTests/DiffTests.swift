import SQL
import Testing

@Suite("What has changed between two queries") struct DiffTests {
    @Test(arguments: [
        ("SELECT a FROM t", "select  A -- spelled otherwise\nfrom T", "same"),
        ("SELECT a FROM t", "SELECT a, b FROM t", "added b, only adds"),
        ("SELECT 1 AS a FROM t", "SELECT 1 AS a, COUNT(*) AS n FROM t", "added n, rest"),
        ("SELECT 1 AS a FROM t", "SELECT 1 AS a, COUNT(*) OVER () AS n FROM t", "added n, only adds"),
        ("SELECT 1 AS a FROM t", "SELECT 1 AS a, SUM(SUM(b)) OVER () AS n FROM t", "added n, rest"),
        ("SELECT MAX(a) AS a FROM t", "SELECT MAX(a) AS a, COUNT(*) AS n FROM t", "added n, only adds"),
        ("SELECT a FROM t", "SELECT a, (SELECT MAX(b) FROM u) AS n FROM t", "added n, only adds"),
        ("SELECT a FROM t", "SELECT a, b AS n FROM t GROUP BY a, b", "added n, rest"),
        ("SELECT a, c FROM t", "SELECT a, b AS x, c FROM t", "added x, only adds"),
        ("SELECT a, b FROM t", "SELECT b FROM t", "removed a"),
        ("SELECT a, b FROM t", "SELECT b, a FROM t", "reordered"),
        ("SELECT a + 1 AS a FROM t", "SELECT a + 2 AS a FROM t", "changed a"),
        ("SELECT a FROM t", "SELECT a FROM t WHERE a > 1", "rest"),
        ("SELECT a FROM t", "SELECT a, unnest(b) AS b FROM t", "added b, adds rows"),
        ("SELECT DISTINCT a FROM t", "SELECT DISTINCT a, b FROM t", "added b, rest"),
        ("SELECT a, COUNT(*) AS n FROM t GROUP BY 1", "SELECT b, a, COUNT(*) AS n FROM t GROUP BY 1", "added b, rest"),
        (
            "SELECT a, COUNT(*) AS n FROM t GROUP BY 1", "SELECT a, COUNT(*) AS n, SUM(b) AS s FROM t GROUP BY 1",
            "added s, only adds"
        ),
        (
            "WITH c AS (SELECT a FROM t) SELECT a FROM c", "WITH c AS (SELECT a, b FROM t) SELECT a, b FROM c",
            "added b, only adds"
        ),
        ("WITH c AS (SELECT a FROM t) SELECT a FROM c", "WITH c AS (SELECT a + 1 AS a FROM t) SELECT a FROM c", "rest"),
        (
            "WITH c AS (SELECT a FROM t) SELECT * FROM c", "WITH c AS (SELECT a, b FROM t) SELECT * FROM c",
            "added b, only adds"
        ),
        (
            "SELECT a FROM t UNION ALL SELECT a FROM u", "SELECT a, b FROM t UNION ALL SELECT a, b FROM u",
            "added b, only adds"
        ),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a, b FROM t UNION SELECT a, b FROM u", "added b, rest"),
        ("SELECT a FROM (SELECT a FROM t) AS s", "SELECT a FROM (SELECT a, b FROM t) AS s", "same"),
        ("SELECT a FROM t WHERE b > 1", "SELECT x.a FROM t AS x WHERE x.b > 1 /* why */", "same"),
        ("SELECT x.a FROM t x ORDER BY x.b", "SELECT yy.a FROM t AS yy ORDER BY yy.b", "same"),
        (
            "SELECT x.a, y.a AS b FROM t x JOIN t y USING (k)", "SELECT y.a, x.a AS b FROM t x JOIN t y USING (k)",
            "changed a b"
        ),
        (
            "SELECT x.a, y.a AS b FROM t x JOIN t y USING (k)", "SELECT y.a, x.a AS b FROM t y JOIN t x USING (k)",
            "same"
        ),
        (
            "WITH c AS (SELECT a FROM t) SELECT a FROM c WHERE EXISTS (SELECT 1 FROM c AS d WHERE d.a = c.a)",
            "WITH base AS (SELECT a FROM t) SELECT a FROM base AS b WHERE EXISTS (SELECT 1 FROM base WHERE base.a = b.a)",
            "same"
        ),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "WITH RECURSIVE m AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM m) SELECT i FROM m", "same"
        ),
        ("WITH c AS (SELECT a FROM t) SELECT a FROM c", "WITH c AS (SELECT a FROM t) SELECT a FROM s.c", "rest"),
        ("SELECT a FROM t WHERE b > 1 AND c < 2", "SELECT a FROM t WHERE c < 2 AND b > 1", "same"),
        ("SELECT a FROM t WHERE b OR (c AND d)", "SELECT a FROM t WHERE (d AND c) OR b", "same"),
        ("SELECT a FROM t WHERE b AND c", "SELECT a FROM t WHERE b OR c", "rest"),
        ("SELECT CAST(a AS int) AS a FROM t", "SELECT a::integer AS a FROM t", "same"),
        ("SELECT CAST(a AS int) AS a FROM t", "SELECT a::bigint AS a FROM t", "changed a"),
        ("SELECT a FROM t AS x, u AS y WHERE x.k = y.k", "SELECT a FROM t AS x, u AS y WHERE y.k = x.k", "rest"),
        ("SELECT a, b FROM t", "SELECT a AS z, b FROM t", "added z, removed a"),
        ("SELECT * FROM t", "SELECT *, 1 AS one FROM t", "added one, only adds"),
        ("SELECT * FROM t", "SELECT a, b FROM t", "added a b, removed *"),
        (
            "SELECT sum(a) OVER (PARTITION BY b) AS s FROM t", "SELECT SUM(x.a) OVER (PARTITION BY x.b) AS s FROM t x",
            "same"
        ),
        ("SELECT a FROM t LIMIT 3", "SELECT a FROM t LIMIT 4", "rest"),
    ]) func diff(old: String, new: String, expected: String) throws {
        let diff = try parseQuery(new, dialect: .postgres)
            .diff(from: parseQuery(old, dialect: .postgres), dialect: .postgres)
        var words: [String] = []
        if !diff.added.isEmpty { words.append("added " + diff.added.joined(separator: " ")) }
        if !diff.removed.isEmpty { words.append("removed " + diff.removed.joined(separator: " ")) }
        if !diff.changed.isEmpty { words.append("changed " + diff.changed.joined(separator: " ")) }
        if diff.isReordered { words.append("reordered") }
        if !diff.restIsSame { words.append("rest") }
        if diff.addsRows { words.append("adds rows") }
        if diff.onlyAdds, !diff.isEmpty { words.append("only adds") }
        if diff.isEmpty { words.append("same") }
        #expect(words.joined(separator: ", ") == expected)
    }

    @Test("with the tables at hand, a star is its columns") func star() throws {
        var catalog = SchemaCatalog(dialect: .postgres)
        catalog.add(QualifiedName("t"), columns: [.init("a", .int32), .init("b", .text)])
        let old = try parseQuery("SELECT * FROM t", dialect: .postgres)
        let same = try parseQuery("SELECT a, x.b FROM t AS x", dialect: .postgres)
        let more = try parseQuery("SELECT *, a + 1 AS c FROM t", dialect: .postgres)
        #expect(same.diff(from: old, dialect: .postgres, catalog: catalog).isEmpty)
        let diff = more.diff(from: old, dialect: .postgres, catalog: catalog)
        #expect(diff.added == ["c"])
        #expect(diff.onlyAdds)
    }
}
