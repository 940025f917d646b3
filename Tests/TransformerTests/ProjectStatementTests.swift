import ModelProject
import Pipeline
import Testing

@testable import Transformer

@Suite("before_all and after_all run around plans and runs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ProjectStatementTests {
    private func project(after: String = "INSERT INTO raw.log SELECT 'after ' || COUNT(*) FROM s.a") throws -> Project {
        try TestPipelines.make([
            "config.yaml": """
            variables: {word: before}
            before_all:
              - INSERT INTO raw.log VALUES (@word || ' ' || @this_env)
              - "@IF(@this_env = 'dev', INSERT INTO raw.log VALUES ('views ' || array_to_string(ARRAY[@views], ' ')))"
            after_all:
              - |
                \(after)
            """,
            "models/a.sql": """
            MODEL (name s.a, kind INCREMENTAL_BY_TIME_RANGE (time_column day, batch_size 1), start '2026-11-08');
            SELECT @start_date::date AS day, 1 / n AS n FROM raw.numbers
            """,
        ])
    }

    /// What was said since this was asked last.
    private func log(_ test: TestDatabase) async throws -> [String] {
        try await test.rows(
            "WITH gone AS (DELETE FROM raw.log RETURNING ctid AS place, what) SELECT what FROM gone ORDER BY place"
        )
        .map { $0[0] }
    }

    private func withLog(_ body: (TestDatabase) async throws -> Void) async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.log (what text)")
            try await test.execute("CREATE TABLE raw.numbers AS SELECT 1 AS n")
            try await body(test)
        }
    }

    @Test("a plan that changes something runs them, one that changes nothing does not")
    func plans() async throws {
        try await withLog { test in
            try await test.apply(try project(), at: day(10))
            #expect(try await log(test) == ["before prod", "after 2"])
            let again = try await test.workbench.planner.plan(try project(), for: "prod", upTo: day(10))
            #expect(again.isEmpty)
            try await test.apply(try project(), to: "dev", at: day(10))
            #expect(try await log(test) == ["before dev", "views s__dev.a", "after 2"])
        }
    }

    @Test("a run runs those of the last promotion, where something is due, and the last ones after a failure too")
    func runs() async throws {
        try await withLog { test in
            try await test.apply(try project(), at: day(10))
            _ = try await log(test)
            try await test.run(at: day(10))
            #expect(try await log(test) == [])
            try await test.run(at: day(11))
            #expect(try await log(test) == ["before prod", "after 3"])
            try await test.execute("UPDATE raw.numbers SET n = 0")
            await #expect(throws: TransformerError.self) { try await test.run(at: day(12)) }
            #expect(try await log(test) == ["before prod", "after 3"])
        }
    }

    @Test("statements alone are a change that plans tell and keep")
    func changes() async throws {
        try await withLog { test in
            try await test.apply(try project(), at: day(10))
            _ = try await log(test)
            let other = try project(after: "INSERT INTO raw.log VALUES ('other')")
            let plan = try await test.apply(other, at: day(10))
            #expect(plan.changes.isEmpty && plan.changesStatements)
            #expect(try await log(test) == ["before prod", "other"])
            try await test.run(at: day(11))
            #expect(try await log(test) == ["before prod", "other"])
            // And taken away.
            let none = try TestPipelines.make(["config.yaml": "", "models/a.sql": other.models[0].source.text])
            try await test.apply(none, at: day(11))
            try await test.run(at: day(12))
            #expect(try await log(test) == [])
        }
    }

    @Test("a mistake is told at its line, and nothing of its list counts")
    func mistakes() async throws {
        try await withLog { test in
            let late = try project(after: "INSERT INTO raw.nowhere VALUES (1)")
            let error = await #expect(throws: TransformerError.self) { try await test.apply(late, at: day(10)) }
            #expect(error?.message.hasPrefix("config.yaml:7:1: after_all") == true, "\(error?.message ?? "")")
            #expect(error?.message.hasSuffix("The plan itself is carried out.") == true)
            #expect(try await test.value("SELECT COUNT(*)::text FROM s.a") == "2")
            _ = try await log(test)
            // Macros of the end are read before anything is done.
            await #expect(throws: PipelineError.self) {
                try await test.apply(try project(after: "SELECT @nowhere"), to: "dev", at: day(10))
            }
            #expect(try await log(test) == [])
        }
    }
}
