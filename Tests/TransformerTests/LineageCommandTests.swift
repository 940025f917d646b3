import Foundation
import Planning
import Testing

@testable import Transformer

private let files = [
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', audits (no_bad, not_null_non_blocking(columns := (event))));
    SELECT user_id, lower(event) AS event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/b.sql": """
    MODEL (name marts.b, kind FULL);
    WITH x AS (SELECT event AS e, user_id FROM a) SELECT e AS event, COUNT(DISTINCT user_id) AS users FROM x GROUP BY e
    """,
    "models/c.sql": "MODEL (name marts.c, kind VIEW); SELECT event FROM marts.b WHERE users > 1",
    "audits/no_bad.sql": "AUDIT (name no_bad); SELECT * FROM @this_model WHERE event = 'bad'",
    "tests/b.yaml": """
    counts_users:
      model: marts.b
      inputs: {analytics.a: {columns: {user_id: text, event: text}, rows: [{user_id: ada, event: view}, {user_id: bob, event: view}]}}
      outputs: {query: {rows: [{event: view, users: 2}]}}
    """,
]

@Suite("transformer lineage and dag", .enabled(if: TestDatabase.isAvailable)) struct LineageCommandTests {
    @Test("a column is followed to raw tables and to the last model, with the way and the use")
    func columns() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, files)
            let users = try await folder.run("lineage", "marts.b.users").output
            #expect(
                users.contains("  analytics.a.user_id  aggregated")
                    && users.contains("  raw.events.user_id   aggregated"), "\(users)")
            #expect(users.contains("goes into\n  nothing") && users.contains("decides the rows of\n  marts.c"))
            let event = try await folder.run("lineage", "raw.events.event", "--json").json()
            let downstream = try #require(event["downstream"] as? [[String: Any]])
            #expect(
                downstream.map { "\($0["table"]!).\($0["column"]!)" } == [
                    "analytics.a.event", "marts.b.event", "marts.c.event",
                ])
            #expect(
                downstream[2]["path"] as? [String] == [
                    "raw.events.event", "analytics.a.event", "marts.b.event", "marts.c.event",
                ])
            #expect(downstream[0]["usage"] as? String == "computed" && downstream[0]["isModel"] as? Bool == true)
            #expect(event["filters"] as? [String] == ["marts.b"])
            let hint = try await folder.run("lineage", "marts.b.user")
            #expect(hint.code == 1 && hint.errors.contains("marts.b has no column user: event, users."))
            #expect(
                try await folder.run("lineage", "raw.events.nothing").errors.contains(
                    "no model takes raw.events.nothing"))
            #expect(try await folder.run("lineage", "marts").code == 1)
        }
    }

    @Test("a model's family, the whole graph, and the graph for Graphviz")
    func graphs() async throws {
        try await withDatabase { (test) async throws in
            var more = files
            more["models/d.sql"] = "MODEL (name d, kind FULL); SELECT 1 AS one"
            let folder = try CommandFolder(test, more)
            #expect(try await folder.run("lineage").output.contains("analytics.d"))
            let family = try await folder.run("lineage", "marts.b", "--json").json()
            #expect(family["models"] as? [String] == ["analytics.a", "marts.b", "marts.c"])
            #expect(family["sources"] as? [String] == ["raw.events"])
            let dot = try await folder.run("dag").output
            #expect(dot.hasPrefix("digraph models {") && dot.contains("\"analytics.a\" -> \"marts.b\";"))
            let some = try await folder.run("dag", "--select-model", "marts.*", "--json").json()
            #expect(some["models"] as? [String] == ["marts.b", "marts.c"])
            #expect(try await folder.run("dag", "--select-model", "git:main").code == 2)
            #expect(try await folder.run("dag", "--text").output.contains("raw.events\n  analytics.a\n    marts.b"))
        }
    }
}

@Suite("--json of the commands", .enabled(if: TestDatabase.isAvailable)) struct CommandJSONTests {
    @Test("render, run, backfill, environments, audit and test give one document each")
    func documents() async throws {
        try await withDatabase { (test) async throws in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let folder = try CommandFolder(test, files)
            #expect(try await folder.run("apply", "--skip-backfill").code == 0)
            let rendered = try await folder.run("render", "a", "--start", "2026-11-05", "--json").json()
            #expect(
                (rendered["sql"] as? String)?.contains("2026-11-05") == true
                    && rendered["model"] as? String == "analytics.a")
            let ran = try await folder.run("run", "--json").json()
            let models = try #require(ran["models"] as? [[String: Any]])
            #expect(models.map { $0["model"] as? String } == ["analytics.a", "marts.b", "marts.c"])
            #expect(models[0]["rows"] as? Int == 1)
            #expect((try await folder.run("run", "--json").json()["models"] as? [Any])?.isEmpty == true)
            let again = try await folder.run("backfill", "--start", "2026-11-05", "--end", "2026-11-05", "--json")
                .json()
            #expect((again["models"] as? [Any])?.count == 3)
            let environments = try await folder.run("environments", "--json").json()
            let prod = try #require((environments["environments"] as? [[String: Any]])?.first)
            #expect(prod["name"] as? String == "prod" && (prod["models"] as? [[String: Any]])?.count == 3)
            #expect(try await folder.run("environments", "--json", "--remove", "prod", "--allow-removal").code == 2)
        }
    }

    @Test("audits that fail, warn and pass, and those kept")
    func audits() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, files)
            #expect(try await folder.run("apply").code == 0)
            #expect(try await folder.run("audit", "--json").list().allSatisfy { $0["outcome"] as? String == "passed" })
            let table = try await test.workbench.catalog.environment("prod").models[0].id
            try await test.execute(
                "INSERT INTO \(sql: RelationNames.table(table).quoted(in: .postgres)) VALUES ('eve', 'bad', '2026-11-05'), ('eve', NULL, '2026-11-05')"
            )
            let outcome = try await folder.run("audit", "--model", "a", "--json")
            let results = try outcome.list()
            #expect(outcome.code == 1 && outcome.errors.isEmpty, "the document says it all")
            #expect(results.map { $0["outcome"] as? String } == ["failed", "warned"])
            #expect(
                (results[0]["rows"] as? [String])?.first?.contains("eve") == true && results[1]["failures"] as? Int == 1
            )
            #expect(try await folder.run("audit", "--model", "aa").errors.contains("has no model aa"))
            try await test.workbench.store.keep(
                [], of: table)
            #expect((try await folder.run("audit", "--kept", "--json").json()["failures"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("a unit test that fails says which row is another, and what of it")
    func tests() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(test, files)
            let passed = try await folder.run("test", "--json").json()
            #expect(passed["passed"] as? Int == 1 && passed["failed"] as? Int == 0)
            try folder.write("tests/b.yaml", files["tests/b.yaml"]!.replacing("users: 2", with: "users: 3"))
            let failed = try await folder.run("test", "--json")
            let first = try #require((try failed.json()["tests"] as? [[String: Any]])?.first)
            #expect(failed.code == 1 && first["passed"] as? Bool == false && first["line"] as? Int == 1)
            #expect(
                first["problems"] as? [String] == ["another row of the query, with event = view: users is 2 and not 3"])
            let text = try await folder.run("test")
            #expect(
                text.output.contains("FAILED  counts_users  (marts.b, tests/b.yaml:1)")
                    && text.errors.contains("1 of 1 unit tests failed"))
        }
    }

    @Test("rows are paired with the likest of the others; those without a like are given whole")
    func rows() {
        func row(_ values: String?...) -> RowDifference.TextRow {
            .init(json: values.map { $0 ?? "null" }.joined(separator: "|"), values: values)
        }
        let difference = RowDifference(
            columns: ["a", "b", "c"], missing: [row("1", "2", "3"), row("7", "8", "9")],
            surplus: [row("1", "x", "y"), row("1", "2", nil)])
        #expect(
            difference.lines(of: "it") == [
                "another row of it, with a = 1, b = 2: c is NULL and not 3", "missing from it: 7|8|9",
                "not expected of it: 1|x|y",
            ])
    }
}
