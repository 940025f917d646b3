import SQL
import Testing

@Suite("Comments stay with what they are about") struct CommentTests {
    @Test(arguments: [
        ("SELECT a -- one\n, b -- two\nFROM t", "SELECT a /* one */, b /* two */ FROM t"),
        ("-- head\nSELECT a", "/* head */ SELECT a"),
        ("SELECT\n  -- about a\n  a,\n  /* about b */ b", "SELECT /* about a */ a, /* about b */ b"),
        (
            "SELECT a, -- one\n b FROM t -- where from\nWHERE x = 1 -- which\nORDER BY a -- how",
            "SELECT a /* one */, b FROM t /* where from */ WHERE x = 1 /* which */ ORDER BY a /* how */"
        ),
        ("SELECT a /* x */ + /* y */ b", "SELECT a /* x */ + /* y */ b"),
        ("WITH\n-- first\nc AS (SELECT 1)\nSELECT * FROM c", "WITH /* first */ c AS (SELECT 1) SELECT * FROM c"),
        ("SELECT CASE\n-- if\nWHEN a THEN 1 END", "SELECT CASE /* if */ WHEN a THEN 1 END"),
        ("SELECT f(/* none */)", "SELECT f() /* none */"),
        ("SELECT 1 /* a */ /* b */", "SELECT 1 /* a */ /* b */"),
    ]) func written(text: String, expected: String) throws {
        let query = try parseQuery(text, dialect: .postgres)
        let written = query.sql(.postgres)
        #expect(Self.words(written) == Self.words(expected))
        #expect(try parseQuery(written, dialect: .postgres) == query)
    }

    @Test("wherever they stand none is lost, in any style") func everywhere() throws {
        let tokens = """
            WITH c ( x ) AS ( SELECT a , f ( b , 1 ) AS y FROM s . t AS u JOIN v ON u . i = v . i WHERE a IN ( 1 , 2 ) \
            AND NOT b ) SELECT CASE WHEN x > 1 THEN 'k' ELSE NULL END , COUNT ( * ) OVER ( PARTITION BY x ) FROM c \
            GROUP BY x HAVING x > 2 UNION ALL ( SELECT 1 , 2 ) ORDER BY 1 DESC LIMIT 3
            """.split(separator: " ").map(String.init)
        for place in 0...tokens.count {
            for comment in ["/* here */", "-- here\n", "\n-- here\n"] {
                var pieces = tokens
                pieces.insert(comment, at: place)
                let query = try parseQuery(pieces.joined(separator: " "), dialect: .postgres)
                for style in [GeneratorStyle.oneLine, .pretty] {
                    let written = query.sql(.postgres, style: style)
                    #expect(written.components(of: "here") == 1, "\(place) \(comment) in \(written)")
                    #expect(try parseQuery(written, dialect: .postgres) == query)
                }
                #expect(!query.sql(.postgres, style: .canonical).contains("here"))
            }
        }
    }

    @Test("what stands in them cannot end them") func hostile() throws {
        let query = try parseQuery("SELECT a -- x */ ; DROP /* y\n", dialect: .postgres)
        let written = query.sql(.postgres)
        #expect(try parseQuery(written, dialect: .postgres) == query)
    }

    private static func words(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }
}

extension String {
    /// How often `word` occurs.
    fileprivate func components(of word: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: word) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
