import Foundation
import ModelProject
import Planning
import Testing

@testable import Transformer

private let files = [
    "config.yaml": "",
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(*) AS n FROM a",
    "models/c.sql": "MODEL (name c, kind FULL); SELECT 1 AS one",
]

private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    try await withCommandFolder(files, body)
}

extension CommandFolder {
    /// Plans, and gives what `apply --plan` takes.
    fileprivate func planned(_ arguments: String...) async throws -> String {
        let outcome = try await run(arguments: ["plan"] + arguments + ["--json"])
        return try #require(try outcome.json()["id"] as? String, "\(outcome.errors)")
    }
}

@Suite("A plan that was shown is what is carried out", .enabled(if: TestDatabase.isAvailable)) struct StoredPlanTests {
    @Test("by its name or the beginning of it, for the time that it was made for, and once")
    func carriedOut() async throws {
        try await withFolder { (test, folder) async throws in
            let shown = try await folder.run("plan", "dev", "--execution-time", "2026-11-06").output
            let id = try #require(shown.components(separatedBy: "apply --plan ").last?.split(separator: "\n").first)
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            let applied = try await folder.run("apply", "--plan", String(id.uppercased()))
            #expect(applied.code == 0 && applied.output.contains("dev is up to date."), "\(applied.errors)")
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.a") == "1", "up to the 6th")
            #expect(try await test.value("SELECT plan::text FROM transformer.environments") == id)
            let again = try await folder.run("apply", "--plan", String(id))
            #expect(again.code == 1 && again.errors.contains("has been carried out at"), "\(again.errors)")
            #expect(try await !folder.run("plan", "dev", "--execution-time", "2026-11-06").output.contains("--plan"))
        }
    }

    @Test("nothing when the files or the environment have moved since, and it is said what has")
    func moved() async throws {
        try await withFolder { (test, folder) async throws in
            let id = try await folder.planned("dev")
            try folder.write("models/c.sql", "MODEL (name c, kind FULL); SELECT 2 AS one")
            let edited = try await folder.run("apply", "--plan", id)
            #expect(edited.code == 1, "\(edited.output)")
            #expect(edited.errors.contains("the files say something else of analytics.c. Nothing was done."))
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            try folder.write("models/c.sql", try #require(files["models/c.sql"]))
            #expect(try await folder.run("apply", "--plan", id).code == 0, "the files are what they were")

            let first = try await folder.planned("dev", "--restate-model", "c")
            let second = try await folder.planned("dev", "--restate-model", "b")
            try folder.write("models/c.sql", "MODEL (name c, kind FULL); SELECT 3 AS one")
            #expect(try await folder.run("apply", "dev").code == 0)
            try folder.write("models/c.sql", try #require(files["models/c.sql"]))
            for id in [first, second] {
                let late = try await folder.run("apply", "--plan", id)
                #expect(late.code == 1 && late.errors.contains("dev has been promoted since"), "\(late.errors)")
            }
            _ = try await folder.run("environments", "--remove", "dev")
            let gone = try await folder.run("apply", "--plan", first)
            #expect(gone.code == 1 && gone.errors.contains("dev was removed since"), "\(gone.errors)")
        }
    }

    @Test("less when some of it is done meanwhile, and not when it would be more")
    func work() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply", "--execution-time", "2026-11-10")
            try await test.landed(days(5...5))
            let less = try await folder.planned("--execution-time", "2026-11-10")
            let more = try await folder.planned("--execution-time", "2026-11-10")
            try await test.landed(days(6...6))
            let refused = try await folder.run("apply", "--plan", more)
            #expect(refused.code == 1, "\(refused.output)")
            #expect(refused.errors.contains("for other times it would compute analytics.a"), "\(refused.errors)")
            _ = try await folder.run("run", "--model", "a")
            let applied = try await folder.run("apply", "--plan", less, "--json")
            #expect(applied.code == 0, "\(applied.errors)")
            #expect(try await folder.run("apply", "--plan", less).code == 1)
        }
    }

    @Test("by one of two who try at once, also where no view is pointed")
    func twoAtOnce() async throws {
        try await withFolder { (test, folder) async throws in
            for plan in [try await folder.planned("dev"), nil] {
                let id: String
                if let plan { id = plan } else { id = try await folder.planned("dev", "--restate-model", "c") }
                async let first = folder.run("apply", "--plan", id)
                async let second = folder.run("apply", "--plan", id)
                let outcomes = try await [first, second]
                #expect(outcomes.map(\.code).sorted() == [0, 1], "\(outcomes)")
                let errors = outcomes.map(\.errors).joined()
                #expect(errors.contains("has been carried out at") || errors.contains("promoted since"), "\(errors)")
            }
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.a") == "2")
        }
    }

    @Test("again when it failed on the way: what is done is left out")
    func resumed() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write(
                "models/b.sql",
                "MODEL (name b, kind FULL, audits (accepted_range(column := n, max_v := 1))); SELECT COUNT(*) AS n FROM a"
            )
            let id = try await folder.planned("dev")
            let failed = try await folder.run("apply", "--plan", id)
            #expect(failed.code == 1 && failed.errors.contains("accepted_range"), "\(failed.errors)")
            try await test.execute("DELETE FROM raw.events WHERE user_id = 'bob'")
            try await test.landed(days(6...6))
            let applied = try await folder.run("apply", "--plan", id)
            #expect(applied.code == 0 && !applied.output.contains("analytics.c: 1 rows"), "\(applied.errors)")
            #expect(try await test.value("SELECT n::text FROM analytics__dev.b") == "1")
        }
    }

    @Test("with the options of the plan; others are refused, and so are names that nobody gave")
    func options() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply", "dev")
            try folder.write("models/b.sql", "MODEL (name b, kind FULL); SELECT COUNT(*) + 10 AS n FROM a")
            try folder.write("models/c.sql", "MODEL (name c, kind FULL); SELECT 2 AS one")
            let id = try await folder.planned("dev", "--select-model", "c")
            let other = try await folder.run("apply", "dev", "--plan", id)
            #expect(other.code == 2 && other.errors.contains("Leave out dev"), "\(other.errors)")
            #expect(try await folder.run("apply", "--plan", id, "--skip-backfill").code == 2)
            #expect(try await folder.run("apply", "--plan=\(id)").code == 0)
            #expect(try await test.value("SELECT n::text FROM analytics__dev.b") == "2", "was not selected")
            #expect(try await test.value("SELECT one::text FROM analytics__dev.c") == "2")
            let unknown = try await folder.run("apply", "--plan", "ffff")
            #expect(unknown.code == 1 && unknown.errors.contains("There is no plan that begins with `ffff`"))
            try await test.execute("UPDATE transformer.plans SET made_at = now() - interval '8 days'")
            _ = try await test.workbench.janitor.clean()
            #expect(try await test.value("SELECT count(*)::text FROM transformer.plans") == "0")
        }
    }
}
