import Foundation
import Testing

@testable import Transformer

@Suite("transformer lint", .enabled(if: TestDatabase.isAvailable)) struct LintCommandTests {
    private static let clean = [
        "models/a.sql": """
        MODEL (name a, kind FULL, audits (not_null(columns := (id))));
        SELECT id, upper(kind) AS kind FROM raw.things
        """,
        "tests/a.yaml": """
        a_is_upper:
          model: a
          inputs: {raw.things: [{id: 1, kind: x}]}
          outputs: {query: {rows: [{id: 1, kind: X}]}}
        """,
        "external_models.yaml": "- name: raw.things\n  columns: {id: int, kind: text}\n",
    ]

    private func lint(_ files: [String: String], _ arguments: String...) async throws -> CommandFolder.Outcome {
        try await withDatabase { test in
            try await CommandFolder(test, Self.clean.merging(files) { _, new in new }).run(
                arguments: ["lint"] + arguments)
        }
    }

    @Test("a project that keeps all rules has no findings")
    func clean() async throws {
        let outcome = try await lint([:], "--error", "all")
        #expect(outcome.code == 0 && outcome.output == "The rules find nothing in 1 models.\n", "\(outcome)")
    }

    @Test("each rule finds what it is for, at its place")
    func rules() async throws {
        let model = "MODEL (name b, kind FULL);\n"
        for (text, finding) in [
            (
                model + "SELECT id,\n  count(*) FROM a GROUP BY 1",
                "models/b.sql:3:3: noambiguousprojections: `count(*)` needs a name: write AS and one."
            ),
            (
                model + "SELECT id, kind AS id FROM a",
                "models/b.sql:2:12: noambiguousprojections: There are two columns named id."
            ),
            (
                model + "SELECT *\nFROM a",
                "models/b.sql:2:8: noselectstar (warning): `*` in the outer select list: name the columns."
            ),
            (
                model + "SELECT * FROM raw.other",
                "models/b.sql:2:1: invalidselectstarexpansion: `*` cannot be written out: the columns of raw.other are not known."
            ),
            (
                model + "SELECT id FROM raw.other",
                "models/b.sql:2:16: nomissingexternalmodels (warning): raw.other is neither a model nor in external_models.yaml."
            ),
            (
                model + "SELECT a.id FROM a JOIN a AS x ON a.id = x.id WHERE kind = 'X'",
                "models/b.sql:2:53: ambiguousorinvalidcolumn: "
            ),
            (model + "SELECT id FROM a", "models/b.sql:1:13: nomissingaudits (warning): analytics.b has no audits."),
            (
                model + "SELECT id FROM a",
                "models/b.sql:1:13: nomissingunittest (warning): analytics.b has no unit test in tests/."
            ),
            (model + "SELECT id, FROM a", "models/b.sql:2:10: forgivensql (warning): "),
        ] {
            let outcome = try await lint(["models/b.sql": text])
            #expect(outcome.output.contains(finding), "\(text): \(outcome)")
            #expect(outcome.code == (finding.contains("(warning)") ? 0 : 1), "\(text): \(outcome)")
        }
    }

    @Test("rules are made errors or warnings, or left out; what is no rule is told; as JSON too")
    func levels() async throws {
        let files = ["models/b.sql": "MODEL (name b, kind FULL);\nSELECT * FROM a"]
        #expect(try await lint(files, "--error", "noselectstar").code == 1)
        #expect(try await lint(files, "--error", "NoSelectStar", "--ignore", "noselectstar").code == 0)
        #expect(
            try await lint(files, "--ignore", "all", "--error", "noselectstar").output.split(separator: "\n").count == 1
        )
        #expect(try await lint(files, "--error", "all", "--warn", "all").code == 0)
        #expect(try await lint(files, "--error", "all", "--model", "a").code == 0)
        let unknown = try await lint(files, "--error", "nostars")
        #expect(
            unknown.code == 2 && unknown.errors.contains("There is no rule nostars. Known: ambiguousorinvalidcolumn"))
        let findings = try await lint(files, "--ignore", "all", "--warn", "noselectstar", "--json").list()
        #expect(
            findings.count == 1 && findings[0]["rule"] as? String == "noselectstar"
                && findings[0]["level"] as? String == "warning")
        #expect(findings[0]["line"] as? Int == 2 && findings[0]["file"] as? String == "models/b.sql")
    }

    @Test("config.yaml chooses rules; options win over it; what is not built in is told")
    func configured() async throws {
        func files(_ linter: String) -> [String: String] {
            ["config.yaml": "linter: \(linter)", "models/b.sql": "MODEL (name b, kind FULL);\nSELECT * FROM a"]
        }
        let chosen = files("{enabled: true, rules: [NoSelectStar, ownrule], warn_rules: [nomissingaudits]}")
        let outcome = try await lint(chosen)
        #expect(outcome.code == 1)
        #expect(
            outcome.output == """
                models/b.sql:1:13: nomissingaudits (warning): analytics.b has no audits.
                models/b.sql:2:8: noselectstar: `*` in the outer select list: name the columns.

                """, "\(outcome)")
        #expect(outcome.errors.contains("`linter` of config.yaml names ownrule, which is no rule that is built in"))
        #expect(try await lint(chosen, "--warn", "noselectstar").code == 0)
        let all = try await lint(files("{enabled: true, rules: ALL, ignored_rules: [noselectstar, nomissingaudits]}"))
        #expect(all.code == 1 && all.output.hasPrefix("models/b.sql:1:13: nomissingunittest: "), "\(all)")
        let off = try await lint(files("{rules: [noselectstar]}"))
        #expect(off.code == 0 && off.output.hasPrefix("No rule is on: "), "\(off)")
        let both = try await lint(files("{enabled: true, rules: [x], warn_rules: [x]}"))
        #expect(both.code == 1 && both.errors.contains("config.yaml:1:9: The rule x is in rules and in warn_rules"))
    }

    @Test("a model leaves rules out for itself", arguments: ["noselectstar", "(noselectstar, nothing)", "ALL"])
    func ignored(rules: String) async throws {
        let outcome = try await lint(
            [
                "models/b.sql": "MODEL (name b, kind FULL, ignored_rules \(rules));\nSELECT * FROM a",
                "models/c.sql": "MODEL (name c, kind FULL);\nSELECT * FROM a",
            ], "--ignore", "all", "--error", "noselectstar")
        #expect(outcome.output.hasPrefix("models/c.sql:2:8: noselectstar: ") && outcome.code == 1, "\(outcome)")
        #expect(!outcome.output.contains("models/b.sql"))
    }

    @Test("a project that cannot be read is an error with its place")
    func unreadable() async throws {
        let outcome = try await lint(["models/b.sql": "MODEL (name b, kind FULL); SELECT nothing FROM a"])
        #expect(outcome.code == 1 && outcome.errors.contains("models/b.sql:1:35"), "\(outcome)")
    }
}

@Suite("transformer init, info, create-test, create-external-models", .enabled(if: TestDatabase.isAvailable))
struct ProjectCommandTests {
    @Test("what init writes plans, runs, passes its tests, audits and rules, and is not written over")
    func start() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, [:])
            let made = try await folder.run("init", folder.url.path())
            #expect(made.code == 0 && made.output.contains("models/daily_sales.sql"), "\(made)")
            let again = try await folder.run("init", folder.url.path())
            #expect(again.code == 1 && again.errors.contains("Nothing was written."))
            #expect(try await folder.run("plan").code == 0)
            let applied = try await folder.run("apply")
            #expect(applied.code == 0 && applied.output.contains("1 unit tests passed."), "\(applied)")
            #expect(
                try await test.rows("SELECT day, orders, sales FROM shop.daily_sales ORDER BY 1").map {
                    $0.joined(separator: " ")
                } == [
                    "2024-01-01 2 25.50", "2024-01-02 1 7.25", "2024-01-03 2 112.00", "2024-01-05 1 3.00",
                ])
            #expect(try await test.value("SELECT spent::text FROM shop.customers WHERE customer = 'ada'") == "30.25")
            #expect(try await folder.run("audit").code == 0)
            let rules = try await folder.run("lint", "--error", "all", "--warn", "nomissingunittest")
            #expect(rules.code == 0, "\(rules)")
            #expect(try await folder.run("format", "--check").output == "All files are in style.\n")
            #expect(try await folder.run("plan").output.contains("prod is up to date"))
        }
    }

    @Test("info counts what there is and asks the database")
    func info() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, [:])
            _ = try await folder.run("init", folder.url.path())
            let text = try await folder.run("info").output
            #expect(text.contains("models        3: 1 FULL, 1 INCREMENTAL_BY_TIME_RANGE, 1 SEED"), "\(text)")
            #expect(
                text.contains("\(test.name) on ") && text.contains(": PostgreSQL ")
                    && text.contains("environments  none"))
            _ = try await folder.run("apply", "dev")
            let document = try await folder.run("info", "--json").json()
            #expect(document["environments"] as? [String] == ["dev"] && document["tests"] as? Int == 1)
            #expect(try await folder.run("info", "--skip-connection", "--json").json()["server"] == nil)
        }
    }

    @Test("create-test writes a test that passes, from the environment's rows or a query's")
    func createTest() async throws {
        try await withDatabase { (test) async throws in
            try await test.insert([("ada", "it's \"so\"", "2026-11-05 10:00Z"), ("bob", "a\nb", "2026-11-06 10:00Z")])
            let folder = try CommandFolder(
                test,
                [
                    "models/a.sql":
                        "MODEL (name a, kind FULL); SELECT user_id, event, timestamp AS ts, 1.5 AS n, event IS NULL AS no FROM raw.events",
                    "models/b.sql":
                        "MODEL (name b, kind FULL); SELECT user_id, event, CAST(ts AS DATE) AS day, n, no, NULL::text AS nothing FROM a",
                    "models/c.sql": "MODEL (name c, kind FULL); SELECT user_id, now() AS seen FROM a",
                ])
            #expect(try await folder.run("apply").code == 0)
            let clock = try await folder.run("create-test", "c")
            #expect(clock.code == 0, "\(clock)")
            #expect(try folder.text("tests/test_c.yaml").contains("    execution_time: "), "or it would fail at once")
            #expect(try await folder.run("test").output.contains("1 unit tests passed."))
            try FileManager.default.removeItem(at: folder.url.appending(path: "tests/test_c.yaml"))
            let made = try await folder.run("create-test", "b")
            #expect(made.code == 0, "\(made)")
            let text = try folder.text("tests/test_b.yaml")
            #expect(
                text.contains("  model: analytics.b") && text.contains("day: '2026-11-05'")
                    && text.contains("nothing: null"), "\(text)")
            #expect(try await folder.run("test").output.contains("1 unit tests passed."), "\(text)")
            let again = try await folder.run("create-test", "b")
            #expect(again.code == 1 && again.errors.contains("There is a tests/test_b.yaml already."))
            let one = try await folder.run(
                "create-test", "b", "--overwrite", "--query", "a", "SELECT * FROM a WHERE user_id = 'bob'")
            #expect(one.code == 0, "\(one)")
            #expect(try !folder.text("tests/test_b.yaml").contains("ada"))
            #expect(try await folder.run("create_test", "a", "--name", "first_a", "--limit", "1").code == 0)
            let both = try await folder.run("test")
            #expect(both.code == 0 && both.output.contains("2 unit tests passed."), "\(both)")
            let other = try await folder.run("create-test", "b", "-o", "--query", "raw.events", "SELECT 1")
            #expect(other.code == 2 && other.errors.contains("analytics.b does not read raw.events: analytics.a."))
        }
    }

    @Test("create-external-models writes columns, keeps what the file says besides, and follows a table that changes")
    func external() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(
                test,
                [
                    "models/a.sql":
                        "MODEL (name a, kind FULL); SELECT e.user_id FROM raw.events AS e JOIN raw.later AS l ON e.user_id = l.user_id",
                    "external_models.yaml":
                        "- name: raw.elsewhere\n  columns: {x: int}\n- name: raw.events\n  description: what happened\n  columns: {gone: int}\n",
                ])
            let strict = try await folder.run("create-external-models", "--strict")
            #expect(strict.code == 1 && strict.errors.contains("There is no table raw.later"))
            #expect(try folder.text("external_models.yaml").contains("gone"))
            #expect(try await folder.run("create-external-models").code == 0)
            let first = try folder.text("external_models.yaml")
            #expect(
                first.contains("description: what happened") && first.contains("timestamp: timestamp with time zone"),
                "\(first)")
            #expect(first.contains("raw.elsewhere") && !first.contains("gone") && !first.contains("raw.later"))
            try await test.execute("CREATE TABLE raw.later (user_id text)")
            try await test.execute("ALTER TABLE raw.events ADD COLUMN more int")
            let second = try await folder.run("create_external_models")
            #expect(second.output.contains("the columns of 2 tables, new: raw.later."), "\(second)")
            #expect(try folder.text("external_models.yaml").contains("more: integer"))
            #expect(try await folder.run("lint", "--ignore", "all", "--error", "nomissingexternalmodels").code == 0)
        }
    }
}

@Suite("The command line", .enabled(if: TestDatabase.isAvailable)) struct CommandLineTests {
    @Test("every command has a help of its own; a wrong option is told with the right one")
    func help() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, [:])
            let all = try await folder.run("--help").output
            for command in TransformerCommand.configuration.subcommands {
                let name = try #require(command.configuration.commandName)
                let outcome = try await folder.run(name, "--help")
                #expect(outcome.code == 0 && outcome.errors.isEmpty)
                #expect(outcome.output.contains("USAGE: transformer \(name)") && outcome.output != all, "\(name)")
                #expect(all.contains("\n  \(name)"), "\(name)")
            }
            let command = try await folder.run("plna")
            #expect(command.code == 2 && command.errors.contains("Did you mean `plan`?"), "\(command)")
            #expect(all.contains("EXIT CODES: 0 done; 1 it could not"))
            let wrong = try await folder.run("plan", "--enviroment", "dev")
            #expect(wrong.code == 2 && wrong.errors.contains("Did you mean '--environment'?"))
            #expect(try await folder.run("plan", "--lmit", "3").code == 2)
        }
    }
}
