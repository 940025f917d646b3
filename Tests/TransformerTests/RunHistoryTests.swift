import ModelProject
import Planning
import Testing

@testable import Transformer

@Suite("It is known what was computed, and how it ended", .enabled(if: TestDatabase.isAvailable))
struct RunHistoryTests {
    @Test("batch by batch, with rows, and what failed with its error; a month of it")
    func history() async throws {
        try await withDatabase { test in
            let files = [
                "config.yaml": "",
                "models/a.sql": """
                MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 5), start '2026-11-01',
                  audits (not_null(columns := (user_id))));
                SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """,
                "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(*) AS n FROM a",
            ]
            try await test.insert([("ada", "v", "2026-11-03 10:00Z"), ("bob", "v", "2026-11-08 10:00Z")])
            try await test.apply(try TestPipelines.make(files), at: day(10))
            let store = test.workbench.store
            let first = try await store.runs(limit: 10)
            #expect(first.map(\.model.name) == ["b", "a", "a"])
            #expect(first.map(\.rows) == [1, 1, 1])
            // Batches run side by side: which of them is over first is not said.
            #expect(Set(first.dropFirst().map(\.computed)) == [days(6...9), days(1...5)])
            #expect(first.allSatisfy { $0.error == nil && $0.startedAt <= $0.finishedAt })
            try await test.execute(
                "INSERT INTO raw.events (event_id, timestamp) VALUES ('x', '2026-11-10 10:00Z')")
            for number in 1...2 {
                await #expect(throws: TransformerError.self) { try await test.run(at: day(11)) }
                let failed = try await store.runs(limit: 100).filter { $0.error != nil }
                #expect(failed.count == number)
                #expect(failed[0].model.name == "a" && failed[0].computed == days(10...10) && failed[0].rows == 0)
                #expect(failed[0].error?.contains("not_null") == true, "\(failed[0].error ?? "")")
            }
            #expect(try await test.value("SELECT count(*)::text FROM transformer.active_work") == "0")
            let a = try #require(try await test.workbench.catalog.environment("prod").models.first)
            #expect(try await store.runs(of: [a.id], limit: 100).count == 4)
            #expect(try await store.runs(of: [], limit: 100).isEmpty)
            #expect(try await store.runs(of: [a.id], limit: 1).count == 1)
            try await test.execute(
                "UPDATE transformer.model_runs SET finished_at = now() - interval '31 days' WHERE error IS NULL")
            _ = try await test.workbench.janitor.clean()
            #expect(try await store.runs(limit: 100).count == 2)
        }
    }
}
