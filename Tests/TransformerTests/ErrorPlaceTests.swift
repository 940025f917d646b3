import Foundation
import Pipeline
import Planning
import Testing

@testable import Transformer

@Suite("Errors say model, file and line", .enabled(if: TestDatabase.isAvailable)) struct ErrorPlaceTests {
    @Test(
        "of SQL, audits and time columns, when an environment is made",
        arguments: [
            (
                // In the query, behind a relation whose name became another, and a macro.
                [
                    "models/a.sql": "MODEL (name a, kind FULL); SELECT user_id, timestamp AS ts FROM raw.events",
                    "models/b.sql": """
                    MODEL (name b, kind FULL);
                    -- ü
                    SELECT user_id, 'ö' AS o, @start_dt AS s
                    FROM a JOIN raw.events AS e USING (user_id) WHERE
                      e.nothing > 1
                    """,
                ], "models/b.sql:5:3: analytics.b: column e.nothing does not exist (SQLSTATE 42703)"
            ),
            (
                ["models/a.sql": "MODEL (name a, kind VIEW);\nSELECT nofunction(user_id) AS x FROM raw.events"],
                "models/a.sql:2:8: analytics.a: function nofunction(text) does not exist (SQLSTATE 42883)"
            ),
            (
                ["models/a.sql": "MODEL (name a, kind FULL);\nSELECT user_id FROM raw.evnts"],
                "models/a.sql:2:21: analytics.a: relation \"raw.evnts\" does not exist (SQLSTATE 42P01)"
            ),
            (
                // Known only once rows are computed.
                ["models/a.sql": "MODEL (name a, kind FULL);\n  SELECT 1 / (length(user_id) - 3) AS x FROM raw.events"],
                "models/a.sql:2:3: analytics.a: division by zero (SQLSTATE 22012)"
            ),
            (
                ["models/a.sql": "MODEL (name a, kind FULL);\nSELECT 1 AS x;\nUPDATE nothing SET x = 1"],
                "models/a.sql:3:1: analytics.a: relation \"nothing\" does not exist (SQLSTATE 42P01)"
            ),
            (
                ["models/a.sql": "MODEL (name a, kind FULL, columns (x NOTYPE)); SELECT 1 AS x"],
                "models/a.sql:1:35: analytics.a: type \"notype\" does not exist (SQLSTATE 42704)"
            ),
            (
                [
                    "models/a.sql": """
                    MODEL (name a, kind FULL, audits (
                      not_null(columns := (event)),
                      not_null(columns := (user_id))));
                    SELECT user_id, NULL AS event FROM raw.events
                    """
                ],
                "models/a.sql:2:3: analytics.a: the audit not_null(columns := (event)) found 1 failure. Nothing was published"
            ),
            (
                [
                    "models/a.sql":
                        "MODEL (name a, kind FULL,\n  audits (not_null(columns := (nothing)))); SELECT user_id FROM raw.events"
                ],
                "models/a.sql:2:11: analytics.a: the audit not_null(columns := (nothing)) could not run: "
                    + "column \"nothing\" does not exist (SQLSTATE 42703)"
            ),
            (
                [
                    "models/a.sql":
                        "MODEL (name a, kind FULL, audits (mine(most := 0))); SELECT user_id FROM raw.events",
                    "audits/mine.sql": "AUDIT (name mine);\nSELECT * FROM @this_model\nWHERE length(user_id) > @most",
                ], "audits/mine.sql:2:1: analytics.a: the audit mine(most := 0) found 1 failure."
            ),
            (
                [
                    "models/a.sql": "MODEL (name a, kind FULL, audits (mine)); SELECT user_id FROM raw.events",
                    "audits/mine.sql": "AUDIT (name mine);\nSELECT * FROM @this_model\nWHERE nothing > 1",
                ],
                "audits/mine.sql:3:7: analytics.a: the audit mine could not run: column \"nothing\" does not exist (SQLSTATE 42703)"
            ),
            (
                [
                    "models/a.sql": "SELECT user_id FROM raw.events",
                    "audits/mine.sql": "SELECT COUNT(*)\nFROM {{ this }} WHERE user_id = 'ada'",
                ], "audits/mine.sql:1:1: analytics.a: the audit mine found 1 failure."
            ),
            (
                [
                    "models/a.sql":
                        "MODEL (name a,\n kind INCREMENTAL_BY_TIME_RANGE (time_column day)); SELECT * FROM raw.events"
                ],
                "models/a.sql:2:7: analytics.a has no column day to be its time column: event_id, user_id"
            ),
            (
                [
                    "models/a.sql":
                        "MODEL (name a,\n kind INCREMENTAL_BY_TIME_RANGE (time_column url)); SELECT * FROM raw.events"
                ],
                "models/a.sql:2:7: The time column"
            ),
            (
                ["models/a.sql": "MODEL (name a,\n column_descriptions (nothing = 'x')); SELECT * FROM raw.events"],
                "models/a.sql:2:22: analytics.a has no column nothing to describe: event_id, user_id"
            ),
        ])
    func places(files: [String: String], message: String) async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.execute("ALTER TABLE raw.events ALTER url TYPE boolean USING true")
            do {
                try await test.apply(try TestPipelines.make(files), at: day(10))
                Issue.record("nothing was refused")
            } catch {
                #expect("\(error)".hasPrefix(message), "\(error)")
            }
        }
    }

    @Test(
        "and those that show in the text, when the project is read",
        arguments: [
            (
                "MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column gameDate)); SELECT x AS \"gameDate\" FROM raw.events",
                "models/a.sql:1:21: analytics.a has no column gamedate to be its time column: gameDate. "
                    + "Write it as in the query: time_column \"gameDate\"."
            ),
            (
                "MODEL (name a, column_descriptions (y = 'x')); SELECT x FROM raw.events",
                "models/a.sql:1:36: analytics.a has no column y to describe: x."
            ),
            (
                "MODEL (name a, audits (mine(mots := 1))); SELECT x FROM raw.events",
                "models/a.sql:1:24: The audit mine does not use @mots."
            ),
            (
                "MODEL (name a); SELECT c.y FROM (SELECT x FROM raw.events) AS c",
                "models/a.sql:1:24: analytics.a: "
            ),
        ])
    func read(text: String, message: String) throws {
        let audit = "AUDIT (name mine, defaults (most = 1)); SELECT * FROM @this_model WHERE x > @most"
        do {
            _ = try ProjectGraph(try TestPipelines.make(["models/a.sql": text, "audits/mine.sql": audit]))
            Issue.record("nothing was refused")
        } catch {
            #expect("\(error)".hasPrefix(message), "\(error)")
        }
    }

    @Test(
        "an audit whose count is no number has not passed",
        arguments: [
            ("SELECT COUNT(user_id) FROM {{ this }} LIMIT 0", "nothing"),
            ("SELECT SUM(LENGTH(user_id)) FROM {{ this }}", "NULL"),
            ("SELECT COUNT(user_id) / 2.5 FROM {{ this }}", "0.00000000000000000000"),
        ])
    func noNumber(audit: String, answer: String) async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "models/a.sql": "SELECT user_id FROM raw.events", "audits/mine.sql": audit,
            ])
            do {
                try await test.apply(project, at: day(10))
                Issue.record("nothing was refused")
            } catch {
                #expect(
                    "\(error)".hasPrefix(
                        "audits/mine.sql:1:1: analytics.a: the audit mine must give one whole number and gave \(answer)."
                    ),
                    "\(error)")
            }
        }
    }

    @Test(
        "an audit that gives one row whatever it finds, and no count, is refused before anything runs",
        arguments: [
            ("\nSELECT MAX(user_id) FROM {{ this }}", "2:1", true), ("SELECT COUNT(*), 1 FROM {{ this }}", "1:1", true),
            ("SELECT (SELECT COUNT(*) FROM {{ this }} WHERE user_id IS NULL)", "1:1", true),
            ("AUDIT (name mine);\nSELECT COUNT(*) FROM @this_model", "2:1", false),
            ("AUDIT (name mine);\nSELECT BOOL_OR(user_id IS NULL) FROM @this_model LIMIT 1", "2:1", false),
        ])
    func oneRow(audit: String, place: String, isBare: Bool) throws {
        let model = isBare ? "" : "MODEL (name a, audits (mine)); "
        do {
            _ = try ProjectGraph(
                try TestPipelines.make([
                    "models/a.sql": "\(model)SELECT user_id FROM raw.events", "audits/mine.sql": audit,
                ]))
            Issue.record("nothing was refused")
        } catch {
            #expect(
                "\(error)".hasPrefix(
                    "audits/mine.sql:\(place): The query of the audit mine gives the same number of rows whatever it finds, so "
                        + "it cannot tell right from wrong. Select the rows that are wrong\(isBare ? ", or COUNT them" : ""), "
                        + "or say with HAVING when the one row is wrong."),
                "\(error)")
        }
    }

    @Test("an audit that is skipped does not run, and one with a condition looks at fewer rows")
    func narrowed() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z"), ("ada", "click", "2026-11-05 11:00Z")])
            let project = try TestPipelines.make([
                "models/a.sql": """
                MODEL (name a, kind FULL, audits (
                  off,
                  unique_values(columns := (user_id), condition := event = 'view'),
                  number_of_rows(threshold := 0, condition := a.event IN ('view', 'x'))
                ));
                SELECT user_id, event FROM raw.events
                """,
                "audits/off.sql": "AUDIT (name off, skip true); SELECT * FROM @this_model",
            ])
            try await test.apply(project, at: day(10))
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "2")
        }
    }
}

@Suite("Unit tests of models", .enabled(if: TestDatabase.isAvailable)) struct UnitTestTests {
    /// What comes of the one test of the files.
    private func problems(_ files: [String: String], in test: TestDatabase) async throws -> [String] {
        let project = try TestPipelines.make(files)
        let runner = UnitTestRunner(database: test.database, project: project, graph: try ProjectGraph(project))
        do {
            return try await runner.run(project.tests[0]).problems
        } catch let error as PipelineError {
            return ["\(error)"]
        }
    }

    private static let games = """
        MODEL (name games, kind FULL);
        SELECT "gamePk", "gameDate" AS day, Home AS team FROM raw.games
        """

    @Test(
        "names with capitals are the columns' own, however the test writes them",
        arguments: [
            ("gamePk", "gameDate", "home", "gamePk", "day", "team"),
            ("'\"gamePk\"'", "'\"gameDate\"'", "Home", "'\"gamePk\"'", "Day", "TEAM"),
            ("gamePk", "gameDate", "HOME", "gamepk", "day", "team"),
        ])
    func capitals(pk: String, date: String, home: String, outPk: String, day: String, team: String) async throws {
        try await withDatabase { test in
            let text = """
                t:
                  model: games
                  inputs: {raw.games: {columns: {\(home): text}, rows: [{\(pk): 1, \(date): 2026-11-05, \(home): a}]}}
                  outputs: {query: [{\(outPk): 1, \(day): 2026-11-05, \(team): a}]}
                """
            let found = try await problems(["models/g.sql": Self.games, "tests/t.yaml": text], in: test)
            #expect(found == [])
        }
    }

    @Test("an input without rows has the columns of what it stands for")
    func noRows() async throws {
        try await withDatabase { test in
            let files = [
                "models/a.sql":
                    "MODEL (name a, kind FULL); SELECT user_id, COUNT(*) AS n, MAX(timestamp) AS ts FROM raw.events GROUP BY 1",
                "models/b.sql":
                    "MODEL (name b, kind FULL, columns (user_id TEXT, \"gamePk\" INT)); SELECT user_id, 1 AS \"gamePk\" FROM a",
                "models/c.sql": """
                MODEL (name c, kind FULL);
                SELECT SUM(a.n) + SUM(b."gamePk") AS s, MAX(a.ts - INTERVAL '1 day') AS ts, COUNT(e.url) AS urls
                FROM a JOIN b USING (user_id) JOIN raw.events AS e USING (user_id)
                """,
            ]
            let empty = """
                t:
                  model: c
                  inputs: {analytics.a: {rows: []}, b: [], raw.events: {rows: }}
                  outputs: {query: [{s: null, ts: null, urls: 0}]}
                """
            let first = try await problems(files.merging(["tests/t.yaml": empty]) { _, new in new }, in: test)
            #expect(first == [])
            let none = "t: {model: a, inputs: {raw.events: []}, outputs: {query: {rows: []}}}"
            let second = try await problems(files.merging(["tests/t.yaml": none]) { _, new in new }, in: test)
            #expect(second == [])
        }
    }

    @Test(
        "what goes wrong in one is told with its place, and as a failure of that test",
        arguments: [
            (
                "SELECT user_id,\n  nothing FROM raw.events",
                "t: {model: m, inputs: {raw.events: [{user_id: a}]}, outputs: [{user_id: a}]}",
                "models/m.sql:2:3: analytics.m: column \"nothing\" does not exist (SQLSTATE 42703)"
            ),
            (
                "SELECT 1 / n AS x FROM raw.events", "t: {model: m, inputs: {raw.events: [{n: 0}]}, outputs: [{x: 1}]}",
                "models/m.sql:1:1: the query: division by zero (SQLSTATE 22012)"
            ),
            (
                "SELECT n AS x FROM raw.events",
                "t: {model: m, inputs: {raw.events: {columns: {n: int}, rows: [{n: 1}, {n: one}]}}, outputs: [{x: 1}]}",
                "row 2 of the input raw.events: invalid input syntax for type integer: \"one\" (SQLSTATE 22P02)"
            ),
            (
                "SELECT n AS x FROM raw.events", "t: {model: m, inputs: {raw.events: [{n: 1}]}, outputs: [{x: one}]}",
                "row 1 expected of the query: invalid input syntax for type bigint: \"one\" (SQLSTATE 22P02)"
            ),
            (
                "SELECT n AS x FROM raw.events", "t: {model: m, inputs: {raw.events: [{n: 1}]}, assert: y > 1}",
                "assert: y > 1: column \"y\" does not exist (SQLSTATE 42703)"
            ),
            (
                "SELECT n AS x FROM raw.events", "t: {model: m, inputs: {raw.events: [{n: 1}]}, outputs: [{y: 1}]}",
                "the query has no column y; it has x"
            ),
            (
                "SELECT n AS x FROM raw.events", "\nt: {model: m, inputs: {raw.evnts: [{n: 1}]}, outputs: [{x: 1}]}",
                "tests/t.yaml:2: t: The query reads raw.events, for which the test has no input."
            ),
            (
                "SELECT n AS x FROM raw.events",
                "t: {model: m, vars: {strat: 2026-11-05}, inputs: {raw.events: [{n: 1}]}, outputs: [{x: 1}]}",
                "tests/t.yaml:1: t: The model analytics.m asks for no variable strat."
            ),
            (
                "SELECT n AS x FROM raw.events",
                "t: {model: m, vars: {execution_time: soon}, inputs: {raw.events: [{n: 1}]}, outputs: [{x: 1}]}",
                "tests/t.yaml:1: t: `execution_time`: soon is not a time."
            ),
        ])
    func mistakes(model: String, text: String, message: String) async throws {
        try await withDatabase { test in
            let found = try await problems(["models/m.sql": model, "tests/t.yaml": text], in: test)
            #expect(found.count == 1 && found.first?.hasPrefix(message) == true, "\(found)")
        }
    }

    @Test("a CTE is tested by its name, quoted or not")
    func commonTable() async throws {
        try await withDatabase { test in
            let text = """
                t:
                  model: m
                  inputs: {raw.events: [{n: 1}]}
                  outputs: {ctes: {First: [{x: 1}]}, query: [{x: 2}]}
                """
            let query = "WITH \"First\" AS (SELECT n AS x FROM raw.events) SELECT x + 1 AS x FROM \"First\""
            let found = try await problems(["models/m.sql": query, "tests/t.yaml": text], in: test)
            #expect(found == [])
        }
    }
}
