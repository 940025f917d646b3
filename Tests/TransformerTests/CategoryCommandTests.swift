import Foundation
import ModelProject
import Planning
import Testing

@testable import Transformer

private let a = """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """
private let files = [
    "models/a.sql": a,
    "models/b.sql": """
    MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
    SELECT user_id AS who, ts FROM a WHERE ts BETWEEN @start_dt AND @end_dt
    """,
]

@Suite("--category, --effective-from and statements after the query", .enabled(if: TestDatabase.isAvailable))
struct CategoryCommandTests {
    private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-05 10:00Z"), ("bob", "v", "2026-11-06 10:00Z")])
            let folder = try CommandFolder(test, files)
            #expect(try await folder.run("apply", "--execution-time", "2026-11-08").code == 0)
            try await body(test, folder)
        }
    }

    private func apply(_ folder: CommandFolder, _ arguments: String...) async throws -> CommandFolder.Outcome {
        try await folder.run(arguments: ["apply", "--execution-time", "2026-11-08"] + arguments)
    }

    private func rows(_ test: TestDatabase, _ view: String, _ column: String) async throws -> String {
        try await test.value("SELECT string_agg(\(sql: column), ',' ORDER BY ts) FROM \(sql: view)")
    }

    @Test("a category that somebody gave in dev holds in prod as well: what was not computed there is not here")
    func carried() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write("models/a.sql", a.replacing("SELECT user_id", with: "SELECT upper(user_id) AS user_id"))
            let dev = try await apply(folder, "dev", "--category", "a=non-breaking")
            #expect(dev.code == 0 && dev.output.contains("non-breaking, as asked; it would be non-breaking"), "\(dev)")
            #expect(try await rows(test, "analytics__dev.a", "user_id") == "ADA,BOB")
            #expect(try await rows(test, "analytics__dev.b", "who") == "ada,bob")
            let prod = try await apply(folder)
            #expect(prod.code == 0 && !prod.output.contains("To compute"), "\(prod)")
            #expect(try await rows(test, "analytics.a", "user_id") == "ADA,BOB")
            #expect(try await rows(test, "analytics.b", "who") == "ada,bob")
            #expect(try await apply(folder).output.contains("up to date"))
        }
    }

    @Test("same rows keep the table; later days follow the new text")
    func sameRows() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write("models/a.sql", a.replacing("SELECT user_id", with: "SELECT upper(user_id) AS user_id"))
            #expect(try await apply(folder, "--category", "*.a=same-rows").code == 0)
            #expect(try await rows(test, "analytics.a", "user_id") == "ada,bob")
            try await test.insert([("eve", "v", "2026-11-08 10:00Z")])
            try await test.run(at: day(9))
            #expect(try await rows(test, "analytics.a", "user_id") == "ada,bob,EVE")
            #expect(try await rows(test, "analytics.b", "who") == "ada,bob,EVE")
        }
    }

    @Test("effective-from brings a forward-only change to the days since then, in place")
    func effective() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write("models/a.sql", a.replacing("SELECT user_id", with: "SELECT upper(user_id) AS user_id"))
            let early = try await apply(folder, "--effective-from", "2026-11-06")
            #expect(early.code == 1 && early.errors.contains("No change of this plan is forward-only"), "\(early)")
            let dev = try await apply(folder, "dev", "--forward-only", "--effective-from", "2026-11-06")
            #expect(dev.code == 0, "\(dev)")
            #expect(
                try await rows(test, "analytics__dev.a", "user_id") == "BOB", "what prod will get, in a table apart")
            let table = try await test.workbench.catalog.environment("prod").models[0].id
            #expect(try await apply(folder, "--forward-only", "--effective-from", "2026-11-06").code == 0)
            #expect(try await rows(test, "analytics.a", "user_id") == "ada,BOB")
            #expect(try await rows(test, "analytics.b", "who") == "ada,BOB")
            #expect(try await test.workbench.catalog.environment("prod").models[0].id == table)
            #expect(try await apply(folder).output.contains("up to date"))
        }
    }

    @Test("mistakes are told: no category, no change, no model, a time to come")
    func mistakes() async throws {
        try await withFolder { (test, folder) async throws in
            let word = try await apply(folder, "--category", "a=harmless")
            #expect(
                word.code == 2 && word.errors.contains("with one of breaking, non-breaking, forward-only, same-rows"))
            let unchanged = try await apply(folder, "--category", "a=breaking")
            #expect(
                unchanged.code == 1 && unchanged.errors.contains("no text of analytics.a has changed"), "\(unchanged)")
            #expect(try await apply(folder, "--category", "nothing=breaking").code == 1)
            #expect(try await apply(folder, "--effective-from", "2026-11-09").code == 2)
            try folder.write("models/a.sql", a.replacing("SELECT user_id", with: "SELECT user_id, event AS what"))
            let columns = try await apply(folder, "--category", "a=same-rows")
            #expect(columns.code == 1 && columns.errors.contains("models/a.sql:1:"), "\(columns)")
            #expect(columns.errors.contains("it gives other columns than its table has"))
        }
    }

    @Test(
        "a new index is made on the table that is there; nothing is computed; a statement that fails promotes nothing")
    func statements() async throws {
        try await withFolder { (test, folder) async throws in
            let indexes: @Sendable () async throws -> String = {
                try await test.value("SELECT count(*)::text FROM pg_indexes WHERE indexname = 'by_user'")
            }
            let table = try await test.workbench.catalog.environment("prod").models[0].id
            try folder.write(
                "models/a.sql", a + ";\nCREATE UNIQUE INDEX IF NOT EXISTS by_user ON @this_model (nothing)")
            let wrong = try await apply(folder)
            #expect(wrong.code == 1 && wrong.errors.contains("models/a.sql:3:"), "\(wrong)")
            try folder.write(
                "models/a.sql", a + ";\nCREATE UNIQUE INDEX IF NOT EXISTS by_user ON @this_model (user_id)")
            for number in 1...2 {
                let outcome = try await apply(folder)
                #expect(outcome.code == 0 && !outcome.output.contains("To compute"), "\(outcome)")
                #expect(outcome.output.contains("ran the statements after its query") == (number == 1))
                #expect(try await indexes() == "1")
            }
            #expect(try await test.workbench.catalog.environment("prod").models[0].id == table)
            try folder.write("models/a.sql", a)
            #expect(try await apply(folder).output.contains("what they have made stays"))
            #expect(try await indexes() == "1")
        }
    }
}
