import Foundation
import ModelProject
import Planning
import Testing

@testable import Transformer

private let events = """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', tags (slow), audits (no_bad));
    SELECT user_id, event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """
private let files = [
    "models/a.sql": events,
    "models/b.sql": """
    MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01');
    SELECT CAST(ts AS DATE) AS day, COUNT(*) AS n FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
    """,
    "models/c.sql": "MODEL (name c, kind FULL); SELECT DISTINCT event FROM raw.events",
    "audits/no_bad.sql": "AUDIT (name no_bad); SELECT * FROM @this_model WHERE event = 'bad'",
]

private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    try await withCommandFolder(files, body)
}

@Suite("transformer plan and apply", .enabled(if: TestDatabase.isAvailable)) struct PlanCommandTests {
    @Test("the environment is named by its place or by an option, and only once")
    func environment() async throws {
        try await withFolder { (test, folder) async throws in
            #expect(try await folder.run("plan", "dev", "--environment", "prod").code == 2)
            #expect(try await folder.run("plan", "dev", "-e", "dev").output.contains("Plan for dev"))
            #expect(try await folder.run("plan").output.contains("Plan for prod"))
            #expect(try await folder.run("apply", "dev").code == 0)
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.a") == "2")
            #expect(try await folder.run("plan", "dev").output.contains("dev is up to date"))
        }
    }

    @Test("nobody is asked who cannot answer; a yes at a terminal applies, everything else does not")
    func prompt() async throws {
        try await withFolder { (test, folder) async throws in
            let shown = try await folder.run("plan", "dev")
            #expect(shown.code == 0 && !shown.output.contains("Apply this plan?"))
            let no = try await folder.run(answering: "n", "plan", "dev")
            #expect(no.output.contains("Apply this plan? [y/N]") && no.output.contains("Nothing was changed."))
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            #expect(try await !folder.run(answering: "y", "plan", "dev", "--no-prompts").output.contains("[y/N]"))
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            let yes = try await folder.run(answering: "y", "plan", "dev")
            #expect(yes.code == 0 && yes.output.contains("dev is up to date."))
            #expect(
                yes.output.contains("3/3 batches") && !shown.output.contains("batches"), "a bar, on terminals alone")
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.a") == "2")
            let again = try await folder.run(answering: "y", "plan", "dev")
            #expect(!again.output.contains("[y/N]"), "there is nothing to apply")
        }
    }

    @Test("--auto-apply applies; --explain says why and applies nothing")
    func modes() async throws {
        try await withFolder { (test, folder) async throws in
            let explained = try await folder.run("plan", "dev", "--auto-apply", "--explain")
            #expect(explained.output.contains("computed (there is no table of this version yet)"))
            #expect(try await folder.run("environments").output.contains("There is no environment yet"))
            #expect(try await folder.run("plan", "dev", "--auto-apply", "--no-prompts").code == 0)
            let done = try await folder.run("plan", "dev", "--explain").output
            #expect(done.contains("not computed (is done)"), "\(done)")
            #expect(done.contains("next tick:"))
            try await test.landed(days(5...5))
            let open = try await folder.run("plan", "dev", "--explain").output
            #expect(open.contains("2026-11-05: computed (is open again: late rows, or a run that failed)"), "\(open)")
        }
    }

    @Test("--select-model takes the changes of the named models alone; what no model is called is an error")
    func selection() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply", "dev")
            try folder.write("models/a.sql", events.replacing("user_id,", with: "upper(user_id) AS user_id,"))
            try folder.write(
                "models/c.sql", "MODEL (name c, kind FULL); SELECT DISTINCT event || '!' AS event FROM raw.events")
            let selected = try await folder.run("apply", "dev", "--select-model", "c", "--no-diff")
            #expect(selected.output.contains("~ analytics.c") && !selected.output.contains("analytics.a "))
            #expect(try await test.value("SELECT min(user_id) FROM analytics__dev.a") == "ada")
            #expect(try await test.value("SELECT min(event) FROM analytics__dev.c") == "click!")
            try folder.write("models/a.sql", events + " AND event <> 'test'")
            let tagged = try await folder.run("plan", "dev", "--select-model", "tag:slow", "--select-model", "b")
            #expect(tagged.output.contains("~ analytics.a") && tagged.output.contains("affects analytics.b"))
            let unknown = try await folder.run("plan", "dev", "--select-model", "aa.b")
            #expect(unknown.code == 1 && unknown.errors.contains("There is no model aa.b"))
            let nobody = try await folder.run("plan", "fresh", "--select-model", "tag:nothing")
            #expect(nobody.code == 1 && nobody.errors.contains("--select-model names no model, and fresh has none yet"))
            #expect(
                try await folder.run("plan", "dev", "--select-model", "tag:nothing").output.contains("is up to date"))
            let wrong = try await folder.run("plan", "dev", "--select-model", "a b")
            #expect(wrong.code == 2 && wrong.errors.contains("Join with & or |"))
        }
    }

    @Test("git:branch selects the models whose files differ from it, committed or not")
    func branches() async throws {
        try await withFolder { (test, folder) async throws in
            try await folder.git("init", "-q", "-b", "main")
            try await folder.git("add", "-A")
            try await folder.git("commit", "-qm", "first")
            _ = try await folder.run("apply", "dev")
            try await folder.git("checkout", "-qb", "work")
            try folder.write(
                "models/c.sql", "MODEL (name c, kind FULL); SELECT DISTINCT upper(event) AS event FROM raw.events")
            try await folder.git("commit", "-qam", "c")
            try folder.write("models/d.sql", "MODEL (name d, kind FULL); SELECT 1 AS one")
            let plan = try await folder.run("plan", "dev", "--select-model", "git:main")
            #expect(plan.output.contains("~ analytics.c") && plan.output.contains("+ analytics.d"), "\(plan)")
            #expect(!plan.output.contains("analytics.a"))
            let only = try await folder.run("plan", "dev", "--select-model", "git:work")
            #expect(!only.output.contains("analytics.c") && only.output.contains("+ analytics.d"))
            for branch in ["nothere", "--help"] {
                let unknown = try await folder.run("plan", "dev", "--select-model", "git:\(branch)")
                #expect(unknown.code == 1 && unknown.errors.contains("there is no branch or commit \(branch)"))
            }
        }
        try await withFolder { (_, folder) async throws in
            let none = try await folder.run("plan", "dev", "--select-model", "git:main")
            #expect(none.code == 1 && none.errors.contains("git:main: "))
        }
    }

    @Test("--restate-model computes the named days again, and what reads them")
    func restatement() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply")
            try await test.insert([("eve", "view", "2026-11-05 11:00Z"), ("eve", "view", "2026-11-06 11:00Z")])
            let plan = try await folder.run(
                "plan", "--restate-model", "a", "--start", "2026-11-05", "--end", "2026-11-05", "--auto-apply")
            #expect(plan.code == 0, "\(plan)")
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "3", "the other day stays")
            #expect(try await test.value("SELECT n::text FROM analytics.b WHERE day = '2026-11-05'") == "2")
            #expect(try await folder.run("plan", "--restate-model", "a", "--skip-backfill").code == 2)
        }
    }

    @Test("--skip-backfill leaves what is missing to runs; --empty-backfill takes it as done")
    func withoutComputing() async throws {
        try await withFolder { (test, folder) async throws in
            #expect(try await folder.run("plan", "--skip-backfill", "--empty-backfill").code == 2)
            #expect(try await folder.run("apply", "--skip-backfill").code == 0)
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "0")
            #expect(
                try await folder.run("plan", "--explain", "--skip-backfill").output.contains("--skip-backfill leaves"))
            #expect(try await folder.run("run").code == 0)
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "2")
            try folder.write("models/a.sql", events.replacing("user_id,", with: "upper(user_id) AS user_id,"))
            #expect(try await folder.run("apply", "--empty-backfill").code == 0)
            #expect(try await folder.run("run", "prod").output.contains("Nothing is missing in prod."))
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "0")
        }
    }

    @Test("--json is one document, of plans and of what was applied; its words are on standard error")
    func json() async throws {
        try await withFolder { (test, folder) async throws in
            let first = try await folder.run("apply", "dev", "--json")
            let applied = try first.json()
            #expect(applied["appliedAs"] is String)
            #expect(first.errors.contains("analytics.a: 2 rows"))
            #expect((applied["toCompute"] as? [[String: Any]])?.count == 3)
            try folder.write("models/a.sql", events.replacing("event,", with: "upper(event) AS event,"))
            let plan = try await folder.run("plan", "dev", "--json", "--explain").json()
            let change = try #require((plan["changes"] as? [[String: Any]])?.first)
            #expect(change["model"] as? String == "analytics.a" && change["change"] as? String == "modified")
            #expect(change["category"] as? String == "non_breaking" && change["columns"] as? [String] == ["event"])
            #expect((change["after"] as? String)?.contains("upper(event)") == true)
            let reasons = try #require(plan["reasons"] as? [[String: Any]])
            #expect(reasons.count == 3 && reasons.allSatisfy { $0["nextTick"] is String })
            let bare = try await folder.run("plan", "dev", "--json", "--no-diff").json()
            #expect((bare["changes"] as? [[String: Any]])?.first?["after"] == nil && bare["appliedAs"] == nil)
            #expect(try await test.value("SELECT min(event) FROM analytics__dev.a") == "click", "it was shown alone")
        }
    }

    @Test("SQLMesh's options without a meaning here are refused by name, with what to do instead")
    func refused() async throws {
        try await withFolder { (_, folder) async throws in
            for arguments in [
                ["--create-from", "prod"], ["--min-intervals", "3"], ["--no-gaps"],
                ["--run"],
                ["--ignore-cron"], ["--no-auto-categorization"], ["--diff-rendered"], ["--test-changed-only"],
            ] {
                let outcome = try await folder.run(arguments: ["plan", "dev"] + arguments)
                #expect(outcome.code == 2 && outcome.errors.contains("\(arguments[0]) of SQLMesh"), "\(outcome)")
            }
            #expect(try await folder.run("plan", "dev", "--include-unmodified").code == 0)
            let late = try await folder.run("plan", "dev", "--execution-time", "2999-01-01")
            #expect(late.code == 2 && late.errors.contains("in the future"))
            let early = try await folder.run("plan", "dev", "--execution-time", "2026-11-03")
            #expect(early.output.contains("2026-11-01 to 2026-11-02"), "\(early)")
        }
    }
}

@Suite("transformer explain", .enabled(if: TestDatabase.isAvailable)) struct ExplainCommandTests {
    @Test("says why a model is computed now, or is not")
    func explain() async throws {
        try await withFolder { (test, folder) async throws in
            #expect(try await folder.run("explain", "a").errors.contains("There is no environment prod"))
            _ = try await folder.run("apply", "--skip-backfill")
            let empty = try await folder.run("explain", "a").output
            #expect(empty.contains("A run now computes 2026-11-01 to") && empty.contains("(was never computed)"))
            _ = try await folder.run("run")
            let done = try await folder.run("explain", "analytics.b").output
            #expect(done.contains("A run now computes nothing of it."), "\(done)")
            #expect(done.contains("reads    analytics.a: up to date") && done.contains("view     analytics.b"))
            try await test.landed(days(5...6))
            let open = try await folder.run("explain", "b").output
            #expect(open.contains("2026-11-05 to 2026-11-06: computed (is open again"), "\(open)")
            #expect(open.contains("reads    analytics.a: a run computes it first"))
            let source = try await folder.run("explain", "a").output
            #expect(
                source.contains("reads    raw.events: rows landed last at 20") && source.contains("audit    no_bad"))
            let hint = try await folder.run("explain", "analytics.bb")
            #expect(hint.code == 1 && hint.errors.contains("Did you mean analytics.b?"), "\(hint)")
        }
    }

    @Test("what audits found, and who is at it, is told; as JSON too")
    func json() async throws {
        try await withFolder { (test, folder) async throws in
            _ = try await folder.run("apply")
            try await test.insert([("eve", "bad", "2026-11-05 11:00Z")])
            try await test.landed(days(5...5))
            #expect(try await folder.run("run").code == 1)
            let table = try await test.workbench.catalog.environment("prod").models[0].id
            let work = try await test.workbench.store.begin(table, in: "prod", computing: days(1...1), by: .thisProcess)
            let document = try await folder.run("explain", "a", "--json").json()
            #expect(document["willRun"] as? Bool == true && document["runningSince"] is String)
            let found = try #require((document["found"] as? [[String: Any]])?.first)
            #expect(found["failures"] as? Int == 1 && found["isBlocking"] as? Bool == true)
            let missing = try #require(document["missing"] as? [[String: String]])
            #expect(missing.first == ["from": "2026-11-05T00:00:00Z", "to": "2026-11-06T00:00:00Z"])
            try await test.workbench.store.abandon(work)
            #expect(try await folder.run("explain", "a", "--json").json()["runningSince"] == nil)
        }
    }

    @Test("who names no environment means config.yaml's default_target_environment")
    func defaultTarget() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write("config.yaml", "default_target_environment: Dev")
            for _ in 1...2 {
                let plan = try await folder.run("plan")
                #expect(plan.code == 0 && !plan.output.contains("default_target_environment"), "\(plan.output)")
                let applied = try await folder.run("apply")
                #expect(applied.output.contains("dev is up to date"), "\(applied.output)\(applied.errors)")
                #expect(try await folder.run("run").output.contains("Nothing is missing in dev"))
            }
            #expect(try await test.value("SELECT (to_regclass('analytics.a') IS NULL)::text") == "true")
            #expect(try await folder.run("apply", "prod").output.contains("prod is up to date"))
            let stored = try await folder.run("plan", "--restate-model", "c", "--json").json()
            #expect(stored["environment"] as? String == "dev")
            try folder.write("config.yaml", "")
            #expect(try await folder.run("plan").output.contains("prod is up to date"))
        }
    }

    @Test("prod is not planned for some days alone, which would leave it without the others; elsewhere it is")
    func someDays() async throws {
        try await withFolder { (test, folder) async throws in
            #expect(try await folder.run("apply", "prod").code == 0)
            try folder.write(
                "models/a.sql", events.replacing("SELECT user_id", with: "SELECT upper(user_id) AS user_id"))
            for command in ["plan", "apply"] {
                let refused = try await folder.run(command, "prod", "--start", "2026-11-06")
                #expect(refused.code == 1 && refused.errors.contains("--start and --end would leave prod without"))
            }
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "2")
            #expect(try await folder.run("apply", "dev", "--start", "2 days ago").code == 0)
            #expect(try await folder.run("plan", "dev", "--start", "2 fortnights ago").code == 2)
            #expect(try await folder.run("apply", "prod").code == 0)
            let restated = try await folder.run(
                "apply", "prod", "--restate-model", "a", "--start", "2026-11-05", "--end", "yesterday")
            #expect(restated.code == 0, "\(restated.errors)")
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "2")
        }
    }

    @Test("an audit that comes is put to the rows that are there, also where nothing is computed")
    func auditsWithoutBackfill() async throws {
        try await withFolder { (test, folder) async throws in
            #expect(try await folder.run("apply", "prod").code == 0)
            try folder.write(
                "models/c.sql",
                "MODEL (name c, kind FULL, audits (accepted_values(column := event, is_in := ('x')))); SELECT DISTINCT event FROM raw.events"
            )
            for option in ["--skip-backfill", "--empty-backfill"] {
                let refused = try await folder.run("apply", "prod", option)
                #expect(refused.code == 1 && refused.errors.contains("accepted_values"), "\(option): \(refused.output)")
                #expect(
                    try await folder.run("plan", "prod").output.contains("Audits to run on what is there: analytics.c"))
            }
        }
    }
}
