import SQL
import Testing

@Suite("A script's mistakes are all told, each once") struct ScriptErrorTests {
    @Test(
        "with their places",
        arguments: [
            // Statements.
            ("SELECT 1; SELECT FROM WHERE; SELECT 2; SELEC 3; SELECT 4", ["1:23", "1:40"], 3),
            ("SELECT (1 + ; SELECT 2", ["1:13"], 1),
            ("SELECT 'open; SELECT 2", ["1:8"], 0),
            // Items of a list.
            ("SELECT f(a b), g(c d), e FROM t", ["1:12", "1:20"], 0),
            ("INSERT INTO t VALUES (1, 2), (3 4), (5, 6 7)", ["1:33", "1:43"], 0),
            ("CREATE TABLE t (a int NOT 1, b int, c int DEFAULT, d int)", ["1:27", "1:50"], 0),
            // Clauses.
            ("SELECT a FROM t WHERE b = AND c GROUP BY d ORDER BY e", ["1:27"], 0),
            ("SELECT a FROM t WHERE b = = c GROUP BY (x y) HAVING z + ", ["1:27", "1:43", "1:57"], 0),
            ("SELECT * FROM (SELECT a b c FROM t) AS x WHERE y y", ["1:27", "1:50"], 0),
            // What is behind a mistake is not looked at where that could tell of mistakes that are none.
            ("SELECT a FORM t WHERE b", ["1:15"], 0),
            ("SELECT (a + FROM t WHERE b b", ["1:13"], 0),
            ("SELECT a b c IS DISTINCT FROM d, e FROM t", ["1:12"], 0),
        ]) func places(text: String, places: [String], statements: Int) throws
    {
        let script = parseScript(text, dialect: .postgres)
        #expect(script.errors.map { "\($0.line):\($0.column)" } == places, "\(script.errors)")
        #expect(script.statements.count == statements)
        for error in script.errors {
            #expect(error.excerpt.split(separator: "\n").last?.drop { $0 == " " } == "^", "\(error)")
            #expect(!error.message.isEmpty)
        }
        let first = #expect(throws: SQLError.self) { try parseStatements(text, dialect: .postgres) }
        #expect(script.errors.contains { $0 == first })
    }

    @Test("within blocks too") func blocks() throws {
        let text = "BEGIN SELECT 1 2; SELECT 3; INSERT t VALUES (; END; SELECT 4; SELECT 5 6"
        let script = parseScript(text, dialect: .bigQuery)
        #expect(script.errors.map(\.column) == [16, 46, 72])
        #expect(script.statements.map { $0.sql(.bigQuery) } == ["SELECT 4"])
    }

    @Test("and what is right is read as ever") func right() throws {
        let text = "SELECT 1; WITH a AS (SELECT 2) SELECT * FROM a -- done\n;; UPDATE t SET a = 1"
        let script = parseScript(text, dialect: .postgres)
        #expect(script.errors.isEmpty)
        #expect(script.statements == (try parseStatements(text, dialect: .postgres)))
        #expect(script.statements[1].sql(.postgres).contains("/* done */"))
    }

    @Test("until there are too many to be read") func many() {
        let text = String(repeating: "SELECT 1 2; ", count: 500)
        #expect(parseScript(text, dialect: .postgres).errors.count == ParsedScript.errorsMax)
        let signs = String(repeating: "\u{1}", count: 500)
        #expect(parseScript(signs, dialect: .postgres).errors.count == ParsedScript.errorsMax)
    }

    @Test(
        "Statements that are not read are named",
        arguments: [
            ("COPY t FROM 'file'", "The statement COPY"), ("CREATE TRIGGER x BEFORE UPDATE ON t", "CREATE TRIGGER"),
            ("SELECT * INTO u FROM t", "CREATE TABLE … AS SELECT"),
            ("SELECT * FROM JSON_TABLE(a, '$' COLUMNS (b int PATH '$.b')) AS j", "JSON_TABLE"),
            ("SELECT xmlelement(name a)", "XMLELEMENT"),
        ]) func refused(text: String, words: String) throws
    {
        let error = #expect(throws: SQLError.self) { try parseStatements(text, dialect: .postgres) }
        #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    }
}
