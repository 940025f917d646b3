import Foundation
import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

@Suite("apply is killed", .enabled(if: TestDatabase.isAvailable)) struct ApplyKillTests {
    private static let before = [
        "config.yaml": "model_defaults: {dialect: postgres}",
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 2), start '2026-11-01');
        SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(*) AS n FROM a",
        "models/gone.sql": "MODEL (name gone, kind VIEW); SELECT n FROM b",
    ]

    /// Other rows in `a` and so in `b`; `gone` goes, `new` comes.
    private static var after: [String: String] {
        var files = before
        files["models/a.sql"] = before["models/a.sql"]?.replacing(
            "@end_dt", with: "@end_dt AND user_id <> 'bob'")
        files["models/gone.sql"] = nil
        files["models/new.sql"] = "MODEL (name new, kind FULL); SELECT n + 1 AS n FROM b"
        return files
    }

    private func write(_ files: [String: String], to folder: URL) throws {
        try? FileManager.default.removeItem(at: folder)
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    /// What readers see, and whether the views are those that the state says.
    private func seen(_ test: TestDatabase) async throws -> [String] {
        var seen: [String] = []
        for model in ["a", "b", "gone", "new"] {
            let count = model == "a" ? "count(*)" : "max(n)"
            let exists =
                try await test.value("SELECT (to_regclass(\("analytics." + model)) IS NOT NULL)::text") == "true"
            seen.append(exists ? try await test.value("SELECT \(sql: count)::text FROM analytics.\(sql: model)") : "-")
        }
        let fresh = EnvironmentCatalog(test.workbench.store)
        let shown = try await test.workbench.tables.warehouse.virtualLayer(over: "millrace__").shown
        for model in try await fresh.environment("prod").models {
            #expect(shown[RelationNames.view(model.name, in: "prod")] == RelationNames.table(model.id))
        }
        return seen
    }

    @Test(
        "with -9, at each of its stages: readers see all of the old, views and state agree, and the next one ends as if nothing had been",
        arguments: [
            ("before anything", "transformer.snapshots"), ("while tables are made", "raw.events"),
            ("before a batch", "transformer.active_work"),
            ("after a batch, before it is noted", "transformer.intervals"),
            ("when views are pointed, before the state says so", "transformer.environment_models"),
            ("before everybody is told", "transformer.outbox"),
        ])
    func killed(when: String, locked: String) async throws {
        try await withDatabase { test in
            let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(test.name)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try await test.insert([
                ("ada", "v", "2026-11-01 10:00Z"), ("bob", "v", "2026-11-02 10:00Z"), ("eve", "v", "2026-11-04 10:00Z"),
            ])
            try write(Self.before, to: folder)
            let first = try ApplyProcess(test, folder: folder).end()
            #expect(first.code == 0, "\(first.text)")
            #expect(try await seen(test) == ["3", "3", "3", "-"])
            try write(Self.after, to: folder)
            for round in 1...2 {
                try await kill(test, folder, at: locked)
                try await test.settle()
                #expect(try await seen(test) == ["3", "3", "3", "-"], "\(when), killed for the \(round). time")
            }
            let last = try ApplyProcess(test, folder: folder).end()
            #expect(last.code == 0, "\(last.text)")
            #expect(try await seen(test) == ["2", "2", "-", "3"])
            let again = try ApplyProcess(test, folder: folder).end()
            #expect(again.text.contains("No changes to plan"), "\(again.text)")
        }
    }

    @Test("and what it had asked the database for ends there too", .timeLimit(.minutes(10)))
    func statement() async throws {
        try await withDatabase { test in
            let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(test.name)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try write(
                [
                    "config.yaml": "model_defaults: {dialect: postgres}",
                    "models/slow.sql":
                        "MODEL (name slow, kind FULL); SELECT 1 AS n FROM (SELECT pg_sleep(3600) AS slept) AS pause",
                ], to: folder)
            for _ in 1...2 {
                let apply = try ApplyProcess(test, folder: folder)
                while try await test.value(
                    "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
                )
                    == "0"
                {
                    guard apply.process.isRunning else {
                        throw ServeProcess.ServeFailure(output: "it did not sleep: \(apply.end().text)")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
                apply.kill()
                try await test.settle()
            }
        }
    }

    /// Lets `apply` run until it waits for a table that somebody has locked, and kills it there.
    private func kill(_ test: TestDatabase, _ folder: URL, at locked: String) async throws {
        // Reading stays possible where it is only writing that is to stop.
        let mode = locked == "raw.events" ? "ACCESS EXCLUSIVE" : "EXCLUSIVE"
        try await test.database.transaction { session in
            try await session.execute("LOCK TABLE \(sql: locked) IN \(sql: mode) MODE")
            let apply = try ApplyProcess(test, folder: folder)
            while try await test.value(
                """
                SELECT count(*)::text FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE 'millrace%'
                """) == "0"
            {
                guard apply.process.isRunning else {
                    throw ServeProcess.ServeFailure(output: "it did not wait for \(locked): \(apply.end().text)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            apply.kill()
        }
    }
}

extension TestDatabase {
    /// Waits until nothing of a killed process is at work any more.
    func settle() async throws {
        while try await value(
            """
            SELECT count(*)::text FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'millrace transformer%'
            """) != "0"
        {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
