import Foundation
import Testing

@testable import Transformer

private let files = [
    "config.yaml": """
    gateways:
      local: {connection: {type: postgres, password: hunter2}}
    variables: {least: 0}
    before_all: [SELECT 1]
    """,
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', audits (not_null(columns := (ts))));
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt AND length(user_id) > @least
    """,
    "models/e.sql": "MODEL (name e, kind EMBEDDED); SELECT user_id FROM a",
    "models/v.sql": "MODEL (name v, kind VIEW); SELECT COUNT(*) AS n FROM e",
    "models/f.sql": "MODEL (name f, kind FULL); SELECT n FROM v",
]

private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    try await withCommandFolder(files) { test, folder in
        try #require(try await folder.run("apply").code == 0)
        let edited = try #require(files["models/f.sql"]).replacing("SELECT n", with: "SELECT n + 1 AS n")
        try folder.write("models/f.sql", edited)
        try #require(try await folder.run("apply", "dev").code == 0)
        try folder.write("models/f.sql", try #require(files["models/f.sql"]))
        try await body(test, folder)
    }
}

@Suite("The state as a file", .enabled(if: TestDatabase.isAvailable)) struct StateTransferTests {
    @Test("read into an empty state, all environments are what they were, and nothing is to do; a second time too")
    func all() async throws {
        try await withFolder { (test, folder) async throws in
            let file = folder.url.appending(path: "state.json").path()
            let exported = try await folder.run("state", "export", "-o", file)
            #expect(exported.code == 0 && exported.output.contains("dev, prod"), "\(exported.errors)")
            #expect(try !folder.text("state.json").contains("hunter2"))
            let before = try await folder.run("environments").output
            for _ in 1...2 {
                try await test.execute("DROP SCHEMA transformer CASCADE")
                let imported = try await folder.run("state", "import", "-i", file)
                #expect(imported.code == 0 && imported.output.contains("prod: 4 models"), "\(imported.errors)")
                #expect(try await folder.run("environments").output == before)
                let plan = try await folder.run("plan")
                #expect(plan.output.contains("prod is up to date"), "\(plan.output)")
                let dev = try await folder.run("plan", "dev", "--select-model", "a")
                #expect(dev.output.contains("dev is up to date"), "\(dev.output)")
                #expect(try await folder.run("diff", "prod:dev").output.contains("analytics.f"))
                let told = try await test.rows("SELECT DISTINCT type FROM transformer.outbox ORDER BY 1")
                #expect(told.map { $0[0] } == ["environment.manifest", "environment.promoted", "model.updated"])
            }
            let plan = try #require(try await test.workbench.store.plans()["prod"])
            #expect(
                try await test.workbench.store.promotion(plan, of: "prod")?.models.count == 4, "can be gone back to")
            let again = try await folder.run("state", "import", "-i", file)
            #expect(again.code == 1 && again.errors.contains("There is dev, prod already. Nothing was changed"))
            #expect(try await folder.run("state", "import", "-i", file, "--replace").code == 0)
            #expect(try await folder.run("environments").output == before)
        }
    }

    @Test("one environment alone; what this state knows of a table holds, and what is not in the database is made")
    func one() async throws {
        try await withFolder { (test, folder) async throws in
            let file = folder.url.appending(path: "dev.json").path()
            #expect(try await folder.run("state", "export", "-o", file, "-e", "nowhere").code == 1)
            #expect(try await folder.run("state", "export", "--output-file", file, "-e", "dev").code == 0)
            try await test.landed(days(5...5))
            #expect(try await folder.run("state", "import", "-i", file, "--replace").code == 0)
            #expect(try await folder.run("explain", "a").output.contains("2026-11-05"), "came after the export")
            try await test.execute("DROP SCHEMA transformer CASCADE")
            try await test.execute("DROP SCHEMA analytics__dev CASCADE")
            #expect(try await folder.run("state", "import", "-i", file).output == "dev: 4 models\n")
            #expect(try await !folder.run("environments").output.contains("prod"))
            let plan = try await folder.run("plan", "dev", "--select-model", "a")
            #expect(plan.output.contains("Views to point: analytics.a"), "\(plan.output)")
            #expect(!plan.output.contains("To compute"), "the rows are there: \(plan.output)")
            _ = try await folder.run("apply", "dev", "--select-model", "a")
            #expect(try await test.value("SELECT n::text FROM analytics__dev.f") == "3")
        }
    }

    @Test("what is no state, is of a later version, or is broken changes nothing")
    func refused() async throws {
        try await withFolder { (test, folder) async throws in
            let file = folder.url.appending(path: "state.json").path()
            _ = try await folder.run("state", "export", "-o", file)
            let text = try folder.text("state.json")
            let cases = [
                (text.replacing("\"version\": 1,", with: "\"version\": 2,"), "reads formats up to 1"),
                (text.replacing("millrace transformer state", with: "another"), "is of the format `another`"),
                ("{}", "is no state that"), (String(text.prefix(100)), "is no state that"),
                (text.replacing("\"kind\": \"FULL\"", with: "\"kind\": 7"), "is of another form"),
                (text.replacing("\"bundle\": {", with: "\"bundle\": {\"source\": 1, \"x\": {"), "is no state that"),
                (text.replacing("\"name\": \"dev\"", with: "\"name\": \"Not a name\""), "Not a name"),
                (text.replacing("\"snapshots\": [", with: "\"lost\": ["), "is not whole"),
            ]
            for (broken, reason) in cases {
                try #require(broken != text, "\(reason)")
                try await test.execute("TRUNCATE transformer.environments, transformer.model_snapshots CASCADE")
                try folder.write("broken.json", broken)
                let outcome = try await folder.run(
                    "state", "import", "-i", folder.url.appending(path: "broken.json").path())
                #expect(outcome.code == 1 && outcome.errors.contains(reason), "\(reason): \(outcome.errors)")
                #expect(try await test.value("SELECT count(*)::text FROM transformer.environments") == "0", "\(reason)")
            }
            #expect(try await folder.run("state", "import", "-i", "/nowhere.json").errors.contains("cannot be read"))
            #expect(
                try await folder.run("state", "export", "-o", "/nowhere/x.json").errors.contains("cannot be written"))
        }
    }
}
