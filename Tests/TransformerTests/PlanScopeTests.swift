import Foundation
import Testing

@testable import Transformer

private let files = [
    "config.yaml": "",
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(*) AS n FROM a",
    "models/c.sql": "MODEL (name c, kind FULL); SELECT COUNT(*) AS n FROM raw.events",
    "models/d.sql": "MODEL (name d, kind FULL, cron '@yearly'); SELECT COUNT(*) AS n FROM raw.events",
    "models/h.sql": """
    MODEL (name h, kind INCREMENTAL_UNMANAGED); SELECT user_id FROM raw.events
    """,
]

@Suite("What a plan or a run is to compute", .enabled(if: TestDatabase.isAvailable)) struct PlanScopeTests {
    private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
        try await withCommandFolder(files, body)
    }

    @Test("--backfill-model computes these and what they read; the next run does the rest")
    func backfilled() async throws {
        try await withFolder { (test, folder) async throws in
            let plan = try await folder.run("plan", "dev", "--backfill-model", "b", "--explain")
            #expect(plan.output.contains("--backfill-model leaves it to later runs"), "\(plan.output)")
            let applied = try await folder.run("apply", "dev", "--backfill-model", "b")
            #expect(applied.code == 0, "\(applied.errors)")
            #expect(try await test.value("SELECT n::text FROM analytics__dev.b") == "2")
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.c") == "0")
            #expect(try await folder.run("plan", "dev").output.contains("To compute:\n  analytics.c"))
            let wrong = try await folder.run("apply", "dev", "--backfill-model", "zzz")
            #expect(wrong.code == 1 && wrong.errors.contains("There is no model zzz"), "\(wrong.errors)")
            #expect(try await folder.run("plan", "dev", "--backfill-model", "b", "--skip-backfill").code == 2)
            _ = try await folder.run("run", "dev")
            #expect(try await test.value("SELECT n::text FROM analytics__dev.c") == "2")
            #expect(try await folder.run("plan", "dev", "--backfill-model", "b").output.contains("dev is up to date"))
        }
    }

    @Test("--restate-model of a raw table computes again what reads it, and what reads that; history stays")
    func rawTables() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply")
            try await test.execute("UPDATE raw.events SET user_id = 'eve' WHERE user_id = 'ada'")
            try await test.execute("DELETE FROM raw.events WHERE user_id = 'bob'")
            for _ in 1...2 {
                let restated = try await folder.run(
                    "apply", "--restate-model", "raw.events", "--start", "2026-11-05", "--end", "2026-11-05")
                #expect(restated.code == 0, "\(restated.errors)")
                #expect(try await test.rows("SELECT user_id FROM analytics.a ORDER BY 1") == [["bob"], ["eve"]])
                #expect(try await test.value("SELECT n::text FROM analytics.c") == "1", "a whole")
                #expect(try await test.value("SELECT count(*)::text FROM analytics.h") == "2", "history")
            }
            let some = try await folder.run("plan", "--restate-model", "raw.*", "--start", "2026-11-06")
            #expect(some.output.contains("analytics.a") && some.output.contains("analytics.b"), "\(some.output)")
            let explained = try await folder.run("plan", "--restate-model", "raw.events", "--explain")
            #expect(explained.code == 0 && explained.output.contains("analytics.a"), "\(explained.errors)")
            let none = try await folder.run("plan", "--restate-model", "raw.nothing")
            #expect(none.code == 1 && none.errors.contains("There is no model raw.nothing"), "\(none.errors)")
        }
    }

    @Test("config.yaml says what a plan does that is told nothing else")
    func settings() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write("config.yaml", "plan: {auto_apply: true, no_diff: true, forward_only: true}")
            #expect(try await folder.run("plan", "--explain").output.contains("Plan for prod"))
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            #expect(try await folder.run("plan").output.contains("prod is up to date."))
            #expect(try await test.value("SELECT n::text FROM analytics.b") == "2")
            let text = try #require(files["models/a.sql"])
            try folder.write("models/a.sql", text.replacing("user_id,", with: "upper(user_id) AS user_id,"))
            let changed = try await folder.run("plan").output
            #expect(changed.contains("forward-only") && !changed.contains("+ SELECT"), "\(changed)")
            #expect(try await test.value("SELECT min(user_id) FROM analytics.a") == "ada", "what is there stays")
            try folder.write("config.yaml", "plan: {auto_aply: true}")
            let wrong = try await folder.run("plan")
            #expect(
                wrong.code == 1 && wrong.errors.contains("config.yaml:1:8: Unknown key `auto_aply`"), "\(wrong.errors)")
        }
    }

    @Test("run --ignore-cron computes what no cron asks for yet; table-name says where the rows are")
    func ignoringCron() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply")
            try await test.insert([("eve", "view", "2026-11-06 11:00Z")])
            #expect(try await folder.run("run", "--model", "analytics.d").output.contains("Nothing is missing"))
            for number in 1...2 {
                let run = try await folder.run("run", "--model", "analytics.d", "--ignore-cron")
                #expect(run.code == 0, "\(number): \(run.errors)")
                #expect(try await test.value("SELECT n::text FROM analytics.d") == "3")
            }
            let name = try await folder.run("table-name", "d").output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(name.hasPrefix("millrace__analytics.analytics__d__"), "\(name)")
            #expect(try await test.value("SELECT n::text FROM \(sql: name)") == "3")
            #expect(try await folder.run("table_name", "d", "-e", "dev").errors.contains("There is no environment dev"))
            #expect(try await folder.run("table-name", "zzz").code == 1)
        }
    }
}
