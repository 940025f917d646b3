import Pipeline
import Testing

@testable import ModelProject

@Suite("A dialect that is not the engine's is translated or refused") struct DialectTests {
    private func model(
        _ text: String, config: String = "", dialect: String? = nil
    ) throws -> ModelDefinition {
        try withFolder(["config.yaml": config, "models/m.sql": text]) { folder in
            let project = try folder.project(ProjectOptions(environment: [:], dialect: dialect))
            return try #require(project.models.first)
        }
    }

    private func query(_ model: ModelDefinition) throws -> ParsedQuery {
        try ParsedQuery(try model.query.render(RenderContext()), dialect: model.dialect)
    }

    @Test("bigquery is sent in PostgreSQL's words, its columns in PostgreSQL's types")
    func bigQuery() throws {
        let text = """
            MODEL (name s.m, dialect bigquery, columns (n INT64, t STRING, a ARRAY<STRING>));
            SELECT SAFE_CAST(`n` AS INT64) AS n, IF(n > 1, 'a', 'b') AS t, FROM `s.orders`
            """
        let model = try model(text)
        #expect(Array(model.columns.values) == ["bigint", "text", "text[]"])
        let error = #expect(throws: PipelineError.self) { try query(model) }
        #expect(error?.line == 2 && error?.message.hasPrefix("This cannot be said in PostgreSQL") == true)
        let plain = try self.model(text.replacing("SAFE_CAST", with: "CAST"))
        let read = try query(plain)
        #expect(read.sql.contains("CASE WHEN n > 1 THEN 'a' ELSE 'b' END") && read.tables == ["s.orders"])
        #expect(read.placed(at: 0) { $0 == "s.orders" ? "real" : nil }.text.contains("FROM real AS"))
        #expect(read.canonical.contains("if(n > 1"))
    }

    @Test("statements beside the query too") func statements() throws {
        var rendered = RenderedText(source: SourceFile(path: "m.sql", text: "x"))
        rendered.append("UPDATE t SET a = IF(b, 1, 2) WHERE TRUE", from: 0, verbatim: true)
        #expect(try ModelDialect.statement(rendered, dialect: "bigquery").contains("CASE WHEN"))
        #expect(try ModelDialect.statement(rendered, dialect: "postgres") == rendered.text)
    }

    @Test("others are refused file by file, with what to do; --dialect reads them as they stand")
    func others() throws {
        let files = [
            "config.yaml": "model_defaults: {dialect: duckdb}", "models/a.sql": "MODEL (name s.a); SELECT 1 AS x",
            "models/b.sql": "MODEL (name s.b,\n dialect Snowflake); SELECT 1 AS x",
            "models/c.sql": "MODEL (name s.c, dialect postgres); SELECT 1 AS x",
        ]
        try withFolder(files) { folder in
            let error = try #require(throws: PipelineError.self) {
                try folder.project(ProjectOptions(environment: [:]))
            }
            #expect(
                ([error] + error.others).map { "\($0.file):\($0.line ?? 0)" } == ["models/a.sql:1", "models/b.sql:2"])
            #expect(error.message.contains("`duckdb`") && error.message.contains("--dialect postgres"))
            let project = try folder.project(ProjectOptions(environment: [:], dialect: "postgres"))
            #expect(project.models.map(\.dialect) == ["postgres", "postgres", "postgres"])
            #expect(project.config.overridesEngine && project.config.modelDefaults.dialectOverride == "postgres")
        }
    }

    @Test("an audit in a dialect that cannot be run is refused where it is used")
    func audits() throws {
        let audits = try AuditDefinition.parse(
            SourceFile(path: "audits/a.sql", text: "AUDIT (name a, dialect duckdb); SELECT 1 FROM @this_model"))
        #expect(throws: PipelineError.self) {
            try ParsedQuery(try audits[0].query.render(RenderContext()), dialect: audits[0].dialect ?? "")
        }
        let read = try AuditDefinition.parse(audits[0].source, dialect: "postgres")
        #expect(read[0].dialect == "postgres")
    }
}
