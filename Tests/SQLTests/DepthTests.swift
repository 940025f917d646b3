import SQL
import TestValues
import Testing

@Suite("No text is too deep to be answered") struct DepthTests {
    /// Texts that nest `count` levels.
    static let shapes: [(name: String, text: @Sendable (Int) -> String)] = [
        ("parentheses", { "SELECT " + String(repeating: "(", count: $0) + "1" + String(repeating: ")", count: $0) }),
        ("open parentheses", { "SELECT " + String(repeating: "(", count: $0) }),
        ("subqueries", { String(repeating: "SELECT (", count: $0) + "SELECT 1" + String(repeating: ")", count: $0) }),
        (
            "FROM",
            { String(repeating: "SELECT * FROM (", count: $0) + "SELECT 1" + String(repeating: ") AS x", count: $0) }
        ),
        (
            "WITH",
            { String(repeating: "WITH a AS (", count: $0) + "SELECT 1" + String(repeating: ") SELECT 1", count: $0) }
        ),
        (
            "joins in parentheses",
            { "SELECT * FROM " + String(repeating: "(", count: $0) + "a" + String(repeating: ")", count: $0) }
        ),
        ("calls", { "SELECT " + String(repeating: "f(", count: $0) + "1" + String(repeating: ")", count: $0) }),
        ("signs", { "SELECT " + String(repeating: "- ", count: $0) + "1" }),
        ("NOT", { "SELECT " + String(repeating: "NOT ", count: $0) + "a" }),
        ("casts", { "SELECT 1" + String(repeating: "::int", count: $0) }),
        ("subscripts", { "SELECT a" + String(repeating: "[1]", count: $0) }),
        ("IS NULL", { "SELECT a" + String(repeating: " IS NULL", count: $0) }),
        (
            "CASE",
            {
                "SELECT " + String(repeating: "CASE WHEN a THEN ", count: $0) + "1"
                    + String(repeating: " END", count: $0)
            }
        ),
        ("array types", { "SELECT 1::int" + String(repeating: "[]", count: $0) }),
        ("arrays", { "SELECT ARRAY" + String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }),
        ("set operations", { "SELECT 1" + String(repeating: " UNION SELECT 1 UNION ALL SELECT 1", count: $0) }),
        (
            "set operations in parentheses",
            { String(repeating: "(", count: $0) + "SELECT 1" + String(repeating: " UNION SELECT 1)", count: $0) }
        ),
        (
            "AND within OR",
            { "SELECT a" + String(repeating: " AND (b OR (c", count: $0) + String(repeating: "))", count: $0) }
        ),
        (
            "grouping sets",
            {
                "SELECT 1 GROUP BY " + String(repeating: "GROUPING SETS (", count: $0) + "a"
                    + String(repeating: ")", count: $0)
            }
        ),
    ]

    @Test("far beyond the limit it is an error", arguments: shapes.map(\.name))
    func beyond(shape: String) throws {
        let text = try #require(Self.shapes.first { $0.name == shape }).text
        let error = #expect(throws: SQLError.self) { try parseStatements(text(20_000), dialect: .postgres) }
        #expect(error?.code == .tooDeep)
    }

    @Test("up to the limit every walk over the tree ends", arguments: shapes.map(\.name))
    func within(shape: String) throws {
        let text = try #require(Self.shapes.first { $0.name == shape }).text
        var count = 200
        while (try? parseQuery(text(count), dialect: .postgres)) == nil, count > 5 { count -= 5 }
        guard let query = try? parseQuery(text(count), dialect: .postgres) else { return }
        #expect(count >= 35)
        let written = query.sql(.postgres)
        #expect(try parseQuery(written, dialect: .postgres) == query)
        #expect(!query.sql(.postgres, style: .pretty).isEmpty)
        #expect(query.hashValue == query.hashValue)
        _ = query.tableReferences()
        _ = try? query.lineage(in: SchemaCatalog(dialect: .postgres))
    }

    @Test("length is no depth") func length() throws {
        let values = Array(repeating: "1", count: 100_000).joined(separator: ", ")
        let conditions = Array(repeating: "a = 1", count: 50_000).joined(separator: " AND ")
        let union = Array(repeating: "SELECT 1", count: 20_000).joined(separator: " UNION ALL ")
        let joins = Array(repeating: "JOIN b ON TRUE", count: 10_000).joined(separator: " ")
        let sum = "1" + String(repeating: " + a - b", count: 50_000)
        for text in [
            "SELECT \(values)", "SELECT 1 WHERE \(conditions)", union, "SELECT 1 FROM a \(joins)", "SELECT \(sum)",
            "SELECT 1 WHERE \(sum) * 2 < \(sum)",
        ] {
            let query = try parseQuery(text, dialect: .postgres)
            #expect(query.sql(.postgres) == text)
        }
    }

    @Test("nor are bytes of any kind a crash", arguments: [SQLDialect.postgres, .bigQuery])
    func anyText(dialect: SQLDialect) {
        var random = SplitMix(seed: 20_261_123)
        let pieces = [
            "SELECT", "FROM", "(", ")", ",", "a", "1", "'x'", "\"q\"", "`b`", "WITH", "AS", "UNION", "JOIN", "ON",
            "CASE",
            "WHEN", "END", "[", "]", "<", ">", ">>", "STRUCT", "ARRAY", "INTERVAL", "DATE", "::", "int", ".", "*", "-",
            "+",
            "$1", "@p", "@p(", "?", ";", "/*", "*/", "--", "\n", "'", "$$", "E'\\", "b'\\x", "GROUP BY", "ORDER BY",
            "OVER",
            "BETWEEN", "AND", "NOT", "IN", "IS", "NULL", "LIKE", "CAST", "EXTRACT", "é", "\u{0}", "1e", "0x", "|>",
            "PIVOT",
            "FOR", "UNNEST", "VALUES", "EXCEPT", "REPLACE", "WINDOW", "ROWS", "PRECEDING", "LATERAL", "USING", "TABLE",
        ]
        for _ in 0..<4_000 {
            let count = Int(random.next() % 30)
            let separator = random.next() % 4 == 0 ? "" : " "
            let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
                .joined(separator: separator)
            for placeholders in [false, true] {
                let options = ParseOptions(placeholders: placeholders)
                guard let statements = try? parseStatements(text, dialect: dialect, options: options) else { continue }
                let written = statements.map { $0.sql(dialect) }.joined(separator: ";\n")
                #expect((try? parseStatements(written, dialect: dialect, options: options)) == statements, "\(text)")
            }
        }
    }
}
