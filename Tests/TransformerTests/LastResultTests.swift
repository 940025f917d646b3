import Foundation
import ModelProject
import Planning
import Testing

@testable import Transformer

@Suite("What audits and unit tests gave last is known", .enabled(if: TestDatabase.isAvailable))
struct LastResultTests {
    private static let files = [
        "config.yaml": "",
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', audits (
          not_null(columns := (user_id)), accepted_values_non_blocking(column := event, is_in := ('view'))));
        SELECT user_id, event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "tests/test_a.yaml": """
        test_a:
          model: a
          inputs:
            raw.events:
              rows: [{user_id: ada, event: view, timestamp: '2026-11-05 10:00:00+00'}]
          outputs:
            partial: true
            query: {rows: [{user_id: ada, event: view}]}
          vars: {start: 2026-11-05, end: 2026-11-05}
        """,
    ]

    @Test("of each audit of a table: passed, warned or refused, and over which rows")
    func audits() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try TestPipelines.make(Self.files)
            try await test.apply(project, at: day(7))
            let store = test.workbench.store
            let table = try #require(try await test.workbench.catalog.environment("prod").models.first).id
            func failures() async throws -> [Int] {
                try await store.auditResults(in: table).sorted { $0.key < $1.key }.map(\.value.failures)
            }
            #expect(try await failures() == [0, 0], "accepted_values, not_null")
            try await test.insert([("bob", "click", "2026-11-07 10:00Z")])
            try await test.run(at: day(8))
            #expect(try await failures() == [1, 0])
            #expect(try await store.auditResults(in: table).values.allSatisfy { $0.lookedAt == days(7...7) })
            try await test.execute(
                "INSERT INTO raw.events (event_id, event, timestamp) VALUES ('x', 'view', '2026-11-08 10:00Z')")
            for _ in 1...2 {
                await #expect(throws: TransformerError.self) { try await test.run(at: day(9)) }
                #expect(try await failures() == [1, 1], "the one that refused; the other one of the last time")
            }
            try await test.execute("DELETE FROM raw.events WHERE event_id = 'x'")
            try await test.run(at: day(9))
            #expect(try await failures() == [0, 0], "of that day")
            let environment = try await test.workbench.catalog.environment("prod")
            _ = try await AuditWork(
                environment: environment, store: store, catalog: test.workbench.catalog, tables: test.workbench.tables
            ).run(nil, in: nil, execution: day(9)) { _ in }
            #expect(try await failures() == [1, 0], "over all rows")
            #expect(try await store.auditResults(in: table).values.allSatisfy { $0.lookedAt == nil })
            _ = try await test.workbench.promoter.remove("prod")
            _ = try await test.workbench.janitor.clean(retention: 0)
            #expect(try await failures().isEmpty, "they go with the table")
        }
    }

    @Test("of each unit test, whoever ran it; one that is no more is forgotten, one that was not run stays")
    func unitTests() async throws {
        try await withDatabase { test in
            let folder = try CommandFolder(test, Self.files)
            func results() async throws -> [String] {
                try await test.rows(
                    "SELECT name, problems = '[]' FROM transformer.test_results ORDER BY name"
                ).map { $0.joined(separator: " ") }
            }
            _ = try await folder.run("plan", "dev")
            #expect(try await results() == ["test_a t"])
            let text = try #require(Self.files["tests/test_a.yaml"])
            let wrong = text.replacing("test_a:", with: "test_b:").replacing(
                "query: {rows: [{user_id: ada", with: "query: {rows: [{user_id: eve")
            try folder.write("tests/test_b.yaml", wrong)
            for _ in 1...2 {
                #expect(try await folder.run("test").code == 1)
                #expect(try await results() == ["test_a t", "test_b f"])
            }
            try folder.write("tests/test_b.yaml", text.replacing("test_a:", with: "test_b:"))
            #expect(try await folder.run("test", "test_b").code == 0)
            #expect(try await results() == ["test_a t", "test_b t"])
            let name = try #require(ModelName("analytics.a"))
            let tested = try await test.workbench.store.testResults(of: [name])
            let graph = try ProjectGraph(try TestPipelines.make(Self.files))
            #expect(tested.map(\.dataHash) == [graph[name]?.dataHash, graph[name]?.dataHash])
            #expect(tested.map(\.file) == ["tests/test_a.yaml", "tests/test_b.yaml"])
            try FileManager.default.removeItem(at: folder.url.appending(path: "tests/test_a.yaml"))
            _ = try await folder.run("apply", "dev")
            #expect(try await results() == ["test_b t"])
        }
    }
}
