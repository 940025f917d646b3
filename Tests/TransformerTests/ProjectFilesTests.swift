import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

@Suite("Projects of SQLMesh's do here what they say", .enabled(if: TestDatabase.isAvailable)) struct ProjectFilesTests {
    @Test("a name without a schema is not another model's of that name")
    func names() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE public.customers AS SELECT 1 AS id")
            try await test.execute("CREATE TABLE public.orders AS SELECT 7 AS id")
            let project = try TestPipelines.make([
                "config.yaml": "", "models/c.sql": "MODEL (name mart.customers, kind FULL); SELECT 2 AS number",
                "models/r.sql": "MODEL (name mart.report, kind FULL); SELECT id FROM customers",
                "models/o.sql": "MODEL (name mart.orders, kind FULL); SELECT id FROM orders",
            ])
            try await test.apply(project, at: day(10))
            #expect(try await test.value("SELECT id::text FROM mart.report") == "1")
            #expect(try await test.value("SELECT id::text FROM mart.orders") == "7")
        }
    }

    @Test("the database may be said in front, and another one may not")
    func database() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.numbers AS SELECT 3 AS n")
            let files = [
                "config.yaml": "gateways: {a: {connection: {type: postgres, database: shop}}}",
                "models/a.sql": "MODEL (name shop.mart.a, kind FULL); SELECT n FROM shop.raw.numbers",
                "models/b.sql": "MODEL (name mart.b, kind VIEW); SELECT n FROM shop.mart.a AS x",
            ]
            try await test.apply(try TestPipelines.make(files), at: day(10))
            #expect(try await test.value("SELECT n::text FROM mart.b") == "3")
            let other = files.merging(["models/b.sql": "MODEL (name mart.b); SELECT n\nFROM other.mart.a"]) { $1 }
            let error = await #expect(throws: PipelineError.self) {
                try await test.apply(try TestPipelines.make(other), at: day(10))
            }
            #expect(error?.description.hasPrefix("models/b.sql:2:6: This is a table of the database other") == true)
        }
    }

    @Test("statements for the view run when it is pointed, and their mistakes stop the promotion")
    func virtualUpdates() async throws {
        try await withDatabase { test in
            func project(_ update: String) throws -> Project {
                try TestPipelines.make([
                    "config.yaml": "", "models/b.sql": "MODEL (name s.b, kind FULL); SELECT 1 AS x",
                    "models/a.sql": """
                    MODEL (name s.a, kind FULL, grants (select = ['pg_monitor']));
                    SELECT x FROM s.b;
                    ON_VIRTUAL_UPDATE_BEGIN; \(update); ON_VIRTUAL_UPDATE_END;
                    """,
                ])
            }
            let comment = "COMMENT ON VIEW @this_model IS 'seen'"
            try await test.apply(try project(comment), to: "dev", at: day(10))
            #expect(try await test.value("SELECT obj_description('s__dev.a'::regclass)") == "seen")
            #expect(
                try await test.value("SELECT has_table_privilege('pg_monitor', 's__dev.a', 'SELECT')::text") == "true")
            await #expect(throws: (any Error).self) {
                try await test.apply(try project("COMMENT ON nothing"), at: day(10))
            }
            #expect(try await test.value("SELECT to_regclass('s.a')::text") == "NULL")
            try await test.apply(try project(comment), at: day(10))
            #expect(try await test.value("SELECT obj_description('s.a'::regclass)") == "seen")
        }
    }

    @Test("settings of a session hold for the model alone; a stamp makes another version; a model ends")
    func properties() async throws {
        try await withDatabase { test in
            func project(_ more: String) throws -> Project {
                try TestPipelines.make([
                    "config.yaml": "",
                    "models/a.sql": """
                    MODEL (name s.a, kind FULL, session_properties (work_mem = '77MB')\(more));
                    SELECT current_setting('work_mem') AS m
                    """, "models/b.sql": "MODEL (name s.b, kind FULL); SELECT current_setting('work_mem') AS m",
                ])
            }
            let first = try await test.apply(try project(""), at: day(10))
            #expect(try await test.value("SELECT m FROM s.a") == "77MB")
            #expect(try await test.value("SELECT m FROM s.b") != "77MB")
            let second = try await test.apply(try project(", stamp 'again'"), at: day(10))
            #expect(
                first.models[0].version != second.models[0].version
                    && first.models[1].version == second.models[1].version)
        }
    }

    @Test("a seed's rows come as they are; they come again when the file is another one, and only then")
    func seed() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.names, kind SEED (path '../seeds/names.csv'),
                  columns (id INT, name TEXT, since DATE, share DOUBLE PRECISION));
                """
            let codes = "MODEL (name shop.codes, kind SEED (path '../seeds/codes.csv'));"
            func project(_ csv: String) throws -> Project {
                try TestPipelines.make([
                    "models/names.sql": model, "seeds/names.csv": csv, "models/codes.sql": codes,
                    "seeds/codes.csv": "code,n\n007,1.5\n008,\n",
                ])
            }
            let query: PostgresQuery =
                "SELECT id::text, name, since::text, (share * 2)::text FROM shop.names ORDER BY id"
            let first = try project(
                "id,name,since,share\n1,it's,2026-11-01,0.5\n2,\"a\n,\"\"b\",,\n3,NA,2026-11-03,1\n")
            try await test.apply(first, at: day(10))
            let rows = [
                ["1", "it's", "2026-11-01", "1"], ["2", "a\n,\"b", "NULL", "NULL"], ["3", "NULL", "2026-11-03", "2"],
            ]
            #expect(try await test.rows(query) == rows)
            #expect(
                try await test.rows("SELECT code, (n * 2)::text FROM shop.codes ORDER BY code") == [
                    ["007", "3"], ["008", "NULL"],
                ])
            #expect(try await test.apply(first, at: day(10)).stages.isEmpty)
            try await test.apply(try project("id,name,since,share\n"), at: day(10))
            #expect(try await test.rows(query).isEmpty)
            let wrong = try project("id,name,since,share\n1,x,soon,1\n")
            await #expect { try await test.apply(wrong, at: day(10)) } throws: { error in
                "\(error)".contains("seeds/names.csv:1") && "\(error)".contains("soon")
            }
            #expect(try await test.rows(query).isEmpty)
            try await test.apply(first, at: day(10))
            #expect(try await test.rows(query) == rows)
        }
    }

    @Test("what SQLMesh's template of a project says is planned and computed, its files unchanged")
    func template() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "config.yaml": """
                gateways:
                  postgres:
                    connection:
                      type: postgres
                      host:
                      user:
                      # concurrent_tasks: 4
                default_gateway: postgres
                model_defaults:
                  dialect: postgres
                  start: 2026-11-01 # from then on
                  cron: '@daily'    # each day
                linter:
                  enabled: true
                  rules:
                    - noambiguousprojections
                """,
                "macros/__init__.py": "",
                "seeds/visits.csv": "id,page_id,day\n1,2,2026-11-02\n2,1,2026-11-02\n3,1,2026-11-04\n",
                "audits/positive.sql":
                    "AUDIT (\n  name positive,\n);\n\nSELECT *\nFROM @this_model\nWHERE\n  page_id < 0\n",
                "models/seed.sql": """
                MODEL (name example.visits, kind SEED (path '../seeds/visits.csv'),
                  columns (id INTEGER, page_id INTEGER, day DATE), grain (id, day));
                """,
                "models/by_day.sql": """
                MODEL (name example.by_day, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01',
                  cron '@daily', grain (id, day));
                SELECT id, page_id, day, FROM example.visits WHERE day BETWEEN @start_date AND @end_date
                """,
                "models/pages.sql": """
                MODEL (name example.pages, kind FULL, cron '@daily', grain page_id, audits (positive),);
                SELECT page_id, COUNT(DISTINCT id) AS visits, FROM example.by_day GROUP BY page_id
                """,
                "tests/test_pages.yaml": """
                test_pages:
                  model: example.pages
                  inputs:
                    example.by_day:
                      rows:
                      - id: 1
                        page_id: 1
                  outputs:
                    query:
                      rows:
                      - page_id: 1
                        visits: 1
                """,
            ])
            #expect(project.notices.isEmpty && project.config.linter?.errors == ["noambiguousprojections"])
            try await test.apply(project, at: day(10))
            #expect(
                try await test.rows("SELECT page_id::text, visits::text FROM example.pages ORDER BY 1") == [
                    ["1", "2"], ["2", "1"],
                ])
            let runner = UnitTestRunner(database: test.database, project: project, graph: try ProjectGraph(project))
            #expect(try await runner.run(project.tests[0]).problems.isEmpty)
        }
    }
}
