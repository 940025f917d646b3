import SQL
import Testing

@Suite("What SQLGlot forgives is read, and said") struct CorrectionTests {
    /// The text with all corrections made.
    private func corrected(_ text: String, _ dialect: SQLDialect = .postgres) throws -> String {
        var bytes = Array(text.utf8)
        for correction in try corrections(of: text, dialect: dialect).reversed() {
            bytes.replaceSubrange(correction.range.offsets, with: Array(correction.replacement.utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "commas with nothing behind them",
        arguments: [
            ("SELECT a, b, FROM t", "SELECT a, b FROM t"),
            ("SELECT f(a,), g(a, b , ) FROM t", "SELECT f(a), g(a, b  ) FROM t"),
            ("SELECT a FROM t WHERE a IN (1, 2,)", "SELECT a FROM t WHERE a IN (1, 2)"),
            ("SELECT a FROM t GROUP BY a, HAVING true", "SELECT a FROM t GROUP BY a HAVING true"),
            ("SELECT a FROM t, u, WHERE true", "SELECT a FROM t, u WHERE true"),
            ("SELECT a FROM t ORDER BY a, LIMIT 1", "SELECT a FROM t ORDER BY a LIMIT 1"),
            ("SELECT a,, b,,, FROM t", "SELECT a, b FROM t"),
            ("SELECT ARRAY[1, 2,]", "SELECT ARRAY[1, 2]"),
            ("SELECT x.a, FROM (SELECT a, FROM t) AS x", "SELECT x.a FROM (SELECT a FROM t) AS x"),
            ("SELECT 'a, ' || b, -- the last,\nFROM t", "SELECT 'a, ' || b -- the last,\nFROM t"),
            ("VALUES (1, 2,), (3, 4),", "VALUES (1, 2), (3, 4)"),
            (
                "SELECT row_number() OVER (PARTITION BY a, ORDER BY b)",
                "SELECT row_number() OVER (PARTITION BY a ORDER BY b)"
            ),
            ("CREATE TABLE t (a int, b int,)", "CREATE TABLE t (a int, b int)"),
        ])
    func commas(text: String, right: String) throws {
        #expect(try corrected(text) == right)
        #expect(throws: SQLError.self) { try parseStatements(text, dialect: .postgres) }
        _ = try parseStatements(right, dialect: .postgres)
    }

    @Test("a doubled sign of equality, in both dialects, and no longer operator")
    func equality() throws {
        #expect(try corrected("SELECT a == b, c==1") == "SELECT a = b, c=1")
        #expect(try corrected("SELECT a == b", .bigQuery) == "SELECT a = b")
        #expect(try corrected("SELECT a === b") == "SELECT a === b")
        #expect(try corrections(of: "SELECT a == b", dialect: .postgres).map(\.slip) == [.doubledEqual])
    }

    @Test(
        "types of other dialects",
        arguments: [
            ("DOUBLE", "double precision"), ("double precision", "double precision"), ("STRING", "text"),
            ("STRING(10)", "text"), ("INT64", "bigint"), ("datetime", "timestamp"), ("TINYINT(1)", "smallint"),
            ("FLOAT64", "double precision"), ("NUMBER(10, 2)", "numeric(10, 2)"), ("DOUBLE[]", "double precision[]"),
            ("NVARCHAR(5)", "varchar(5)"), ("BLOB", "bytea"), ("my.double", "my.double"), ("\"double\"", "\"double\""),
        ])
    func types(written: String, right: String) throws {
        #expect(
            try corrected("SELECT CAST(a AS \(written)), a::\(written) FROM t")
                == "SELECT CAST(a AS \(right)), a::\(right) FROM t")
    }

    @Test("names that look like such a type stay")
    func names() throws {
        let text = "SELECT double, string AS datetime, number(1) FROM long AS blob"
        #expect(try corrections(of: text, dialect: .postgres).isEmpty)
        #expect(try corrections(of: "SELECT CAST(a AS STRING)", dialect: .bigQuery).isEmpty)
    }

    @Test("nothing else is forgiven", arguments: ["SELECT , a", "SELECT a b c", "SELECT f(,a)", "SELECT a FROM"])
    func others(text: String) {
        #expect(throws: SQLError.self) { try corrections(of: text, dialect: .postgres) }
    }
}
