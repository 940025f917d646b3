import Pipeline
import Testing

@testable import ModelProject

@Suite("Project files are read as SQLGlot reads them") struct ForgivingTests {
    private func query(_ text: String) throws -> ParsedQuery {
        let model = try #require(try project(["models/a.sql": text]).models.first)
        return try ParsedQuery(try model.query.render(RenderContext()), dialect: model.dialect)
    }

    @Test("what is sent is proper SQL, and each slip is noted at its place in the file")
    func notes() throws {
        let text = "MODEL (name a);\nSELECT a::double AS a, @start_ds AS b,\nFROM t\nWHERE a == 1"
        let query = try query(text)
        #expect(query.sql.hasSuffix("SELECT a::double precision AS a, '1970-01-01' AS b\nFROM t\nWHERE a = 1"))
        let places = query.notes.map { SourceFile(path: "", text: text).place(at: $0.offset) }
        #expect(places.map(\.line) == [2, 2, 4] && places.map(\.column) == [11, 38, 9])
        #expect(
            query.notes.map(\.message) == [
                "This type is called double precision here.", "This comma has nothing behind it.",
                "`==` is written `=`.",
            ])
    }

    @Test("places behind a correction are those of the file")
    func places() throws {
        let text = "MODEL (name a);\nSELECT a::double, @start_ds AS d,\nFROM t\nWHERE a == 1 AND bad"
        let query = try query(text)
        let sql = query.placed(at: 0) { $0 == "t" ? "real.t" : nil }
        #expect(sql.text.hasSuffix("FROM real.t AS \"t\"\nWHERE a = 1 AND bad"))
        let character = sql.text.unicodeScalars.count - 2
        let error = sql.error(atCharacter: character, "x")
        #expect(error.line == 4 && error.column == 18)
    }

    @Test("a text without slips stays as it is, with nothing to say")
    func proper() throws {
        let query = try query("MODEL (name a); SELECT a, b FROM t WHERE a = 1")
        #expect(
            query.notes.isEmpty && query.sql == " SELECT a, b FROM t WHERE a = 1"
                || query.sql == "SELECT a, b FROM t WHERE a = 1")
    }

    @Test("declared columns have the types of the engine")
    func columns() throws {
        let model = try #require(
            try project([
                "models/a.sql": "MODEL (name a, columns (x DOUBLE, y STRING, z numeric(3, 1), w int[])); SELECT 1"
            ])
            .models.first)
        #expect(Array(model.columns.values) == ["double precision", "text", "numeric(3, 1)", "int[]"])
    }

    @Test("statements before and after the query too")
    func statements() {
        #expect(StatementText.corrected("CREATE TABLE x (a DOUBLE,)") == "CREATE TABLE x (a double precision)")
        #expect(StatementText.corrected("VACUUM ))") == "VACUUM ))")
    }

    @Test(
        "Jinja blocks as SQLMesh writes them: no semicolon before their end",
        arguments: [
            "MODEL (name a); JINJA_QUERY_BEGIN; SELECT {{ 1 }} AS x FROM t\nJINJA_END;",
            "MODEL (name a);\nJINJA_QUERY_BEGIN;\nSELECT {{ 1 }} AS x FROM t JINJA_END",
            "MODEL (name a); JINJA_QUERY_BEGIN; SELECT {{ 1 }} AS x FROM t; JINJA_END;",
        ])
    func jinja(text: String) throws {
        let query = try query(text)
        #expect(query.tables == ["t"] && query.columns == ["x"])
        #expect(query.canonical == "SELECT 1 AS x FROM t")
    }

    @Test("a Jinja block of a statement is one")
    func jinjaStatement() throws {
        let text = "MODEL (name a); JINJA_STATEMENT_BEGIN; SET x = {{ 1 }}\nJINJA_END; SELECT 1 AS x"
        let model = try #require(try project(["models/a.sql": text]).models.first)
        #expect(try model.preStatements.map { try $0.render(RenderContext()).text.contains("SET x = 1") } == [true])
    }
}
