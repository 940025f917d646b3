import SQL
import Testing

@Suite("What has changed between two queries") struct DiffTests {
    @Test(arguments: [
        ("SELECT a FROM t", "select  A -- spelled otherwise\nfrom T", "same"),
        ("SELECT a FROM t", "SELECT a, b FROM t", "added b, only adds"),
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
        ("WITH c AS (SELECT a FROM t) SELECT * FROM c", "WITH c AS (SELECT a, b FROM t) SELECT * FROM c", "rest"),
        (
            "SELECT a FROM t UNION ALL SELECT a FROM u", "SELECT a, b FROM t UNION ALL SELECT a, b FROM u",
            "added b, only adds"
        ),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a, b FROM t UNION SELECT a, b FROM u", "added b, rest"),
        ("SELECT a FROM (SELECT a FROM t) AS s", "SELECT a FROM (SELECT a, b FROM t) AS s", "same"),
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
}
