import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

@Suite("Audits in model files and audits that stand alone", .serialized, .enabled(if: TestDatabase.isAvailable))
struct OwnAuditTests {
    private func failure(_ test: TestDatabase, _ project: Project, to environment: String = "prod") async -> String {
        do {
            try await test.apply(project, to: environment, at: day(10))
            return ""
        } catch { return "\(error)" }
    }

    @Test("an audit behind a model's query is run where the model names it, and after the next start too")
    func inline() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.numbers AS SELECT 1 AS n")
            let project = try TestPipelines.make([
                "config.yaml": "",
                "models/a.sql": """
                MODEL (name s.a, kind FULL, audits (below(most := 5)));
                SELECT n FROM raw.numbers;

                AUDIT (name below, defaults (least = 0));
                @DEF(column, n);
                SELECT * FROM @this_model WHERE @column > @most OR @column < @least;

                AUDIT (name idle);
                SELECT * FROM @this_model WHERE n IS NULL
                """,
            ])
            #expect(
                project.notices.map(\.description) == [
                    "models/a.sql:9: `idle` has no effect: the `audits` of s.a do not name it."
                ])
            try await test.apply(project, at: day(10))
            // From what was kept of it.
            try await test.execute("UPDATE raw.numbers SET n = 9")
            let error = await #expect(throws: TransformerError.self) { try await test.run(at: day(11)) }
            #expect(error?.code == .auditFailed && error?.message.contains("below") == true, "\(error?.message ?? "")")
            #expect(try await test.value("SELECT n::text FROM s.a") == "1")
        }
    }

    private func pair(
        _ head: String, query: String = "SELECT a.n FROM s.a AS a LEFT JOIN s.b AS b USING (n) WHERE b.n IS NULL"
    ) throws
        -> Project
    {
        try TestPipelines.make([
            "config.yaml": "", "models/a.sql": "MODEL (name s.a, kind FULL); SELECT n FROM raw.one",
            "models/b.sql": "MODEL (name s.b, kind FULL); SELECT n FROM raw.two",
            "models/c.sql": "MODEL (name s.c, kind VIEW); SELECT n FROM s.a",
            "audits/agree.sql": "AUDIT (name agree, standalone true\(head));\n\(query)",
        ])
    }

    private func tables(_ test: TestDatabase) async throws {
        try await test.execute("CREATE TABLE raw.one AS SELECT generate_series(1, 3) AS n")
        try await test.execute("CREATE TABLE raw.two AS SELECT generate_series(1, 3) AS n")
    }

    @Test("one that stands alone finds what it reads in place, and keeps a plan from being promoted")
    func standalone() async throws {
        try await withDatabase { test in
            try await tables(test)
            try await test.execute("DELETE FROM raw.two WHERE n = 3")
            let refused = await failure(test, try pair(", blocking true"))
            #expect(refused.contains("audits/agree.sql:2:1") && refused.contains("agree"), "\(refused)")
            #expect(try await test.value("SELECT to_regclass('s.a')::text") == "NULL")
            try await test.execute("INSERT INTO raw.two VALUES (3)")
            #expect(await failure(test, try pair(", blocking true")) == "")
            // It goes with the model that is computed last, from what was kept of both.
            try await test.execute("DELETE FROM raw.two WHERE n = 3")
            let inRun = await #expect(throws: TransformerError.self) { try await test.run(at: day(11)) }
            #expect(inRun?.code == .auditFailed && inRun?.message.contains("agree") == true, "\(inRun?.message ?? "")")
            #expect(try await test.value("SELECT COUNT(*)::text FROM s.b") == "3")
        }
    }

    @Test("added to what is there already, it is asked before the promotion; without blocking it warns")
    func added() async throws {
        try await withDatabase { test in
            try await tables(test)
            try await test.execute("INSERT INTO raw.one VALUES (7)")
            let without = try TestPipelines.make([
                "config.yaml": "", "models/a.sql": "MODEL (name s.a, kind FULL); SELECT n FROM raw.one",
                "models/b.sql": "MODEL (name s.b, kind FULL); SELECT n FROM raw.two",
                "models/c.sql": "MODEL (name s.c, kind VIEW); SELECT n FROM s.a",
            ])
            try await test.apply(without, at: day(10))
            #expect(await failure(test, try pair(", blocking true")).contains("Nothing was promoted."))
            #expect(await failure(test, try pair("")).isEmpty)
            let environment = try await test.workbench.catalog.environment("prod")
            let results = try await AuditWork(
                environment: environment, store: test.workbench.store, catalog: test.workbench.catalog,
                tables: test.workbench.tables
            ).run(nil, in: nil, execution: day(10)) { _ in }
            #expect(
                results.map(\.audit) == ["agree"] && results.map(\.outcome) == [.warned] && results[0].failures == 1)
        }
    }

    @Test("in batches it is asked once, when all are there")
    func batches() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "config.yaml": "",
                "models/a.sql": """
                MODEL (name s.a, kind INCREMENTAL_BY_TIME_RANGE (time_column day, batch_size 1), start '2026-11-07');
                SELECT @start_date::date AS day
                """,
                "audits/all.sql": """
                AUDIT (name all_there, standalone true, blocking true);
                SELECT COUNT(*) AS days FROM s.a HAVING COUNT(*) < 3
                """,
            ])
            try await test.apply(project, at: day(10))
            #expect(try await test.value("SELECT COUNT(*)::text FROM s.a") == "3")
        }
    }

    @Test("what cannot be meant is refused at its place")
    func mistakes() throws {
        func problem(_ project: () throws -> Project) -> String {
            do {
                _ = try ProjectGraph(try project())
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            problem { try pair("", query: "SELECT 1 FROM raw.one") }.hasPrefix(
                "audits/agree.sql:2:1: The audit agree stands alone and reads no model"))
        #expect(
            problem { try pair("", query: "SELECT x.n FROM @this_model AS x, s.a AS a WHERE x.n > a.n") }.contains(
                "has no @this_model"))
        #expect(
            problem { try pair(", cron '@daily'") }.hasPrefix("audits/agree.sql:1:37: An audit has no cron of its own"))
        let named = problem {
            try TestPipelines.make([
                "config.yaml": "", "models/a.sql": "MODEL (name s.a, audits (alone)); SELECT 1 AS n",
                "audits/x.sql": "AUDIT (name alone, standalone true); SELECT n FROM s.a WHERE n > 1",
            ])
        }
        #expect(named.contains("models/a.sql:1:26: The audit alone stands alone"), "\(named)")
        let inline = problem {
            try TestPipelines.make([
                "config.yaml": "",
                "models/a.sql": "MODEL (name s.a); SELECT 1 AS n; AUDIT (name x, standalone true); SELECT n FROM s.a",
            ])
        }
        #expect(inline.contains("give it a file in audits/"), "\(inline)")
        let bare = problem {
            try TestPipelines.make([
                "config.yaml": "", "models/a.sql": "SELECT 1 AS n; AUDIT (name x); SELECT n FROM a",
            ])
        }
        #expect(bare.contains("models/a.sql:1:16: AUDIT (…) in a model's file belongs to a MODEL block"), "\(bare)")
    }

    @Test("arguments of built-in audits may have macros, and are of the model's dialect")
    func arguments() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.numbers AS SELECT 5 AS n, DATE '2026-11-09' AS day")
            func project(_ audit: String) throws -> Project {
                try TestPipelines.make([
                    "config.yaml": "variables: {most: 5}",
                    "models/a.sql": """
                    MODEL (name s.a, dialect bigquery, audits (\(audit)),
                      kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-08');
                    SELECT day, n FROM raw.numbers WHERE day BETWEEN @start_date AND @end_date
                    """,
                ])
            }
            let passing = [
                "accepted_range(column := n, max_v := @most)",
                "forall(criteria := (day <= @end_date, n = CAST('5' AS INT64)))",
                "not_null(columns := (n), condition := day = @start_date AND n <= @VAR('most'))",
            ]
            for (index, audit) in passing.enumerated() {
                #expect(await failure(test, try project(audit), to: "e\(index)") == "", "\(audit)")
            }
            let refused = await failure(test, try project("accepted_range(column := n, max_v := @most - 1)"), to: "bad")
            #expect(refused.contains("accepted_range"), "\(refused)")
            let unknown = await failure(test, try project("accepted_range(column := n, max_v := @nowhere)"), to: "bad")
            #expect(unknown.contains("models/a.sql:1:") && unknown.contains("nowhere"), "\(unknown)")
        }
    }
}
