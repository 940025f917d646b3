import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

@Suite("Unit tests get their rows as SQLMesh's do", .serialized, .enabled(if: TestDatabase.isAvailable))
struct UnitTestInputTests {
    private static let model = """
        MODEL (name s.totals, kind FULL);
        WITH big AS (SELECT kind, n FROM raw.things WHERE n > 1)
        SELECT kind, SUM(n)::bigint AS total FROM big GROUP BY kind
        """

    /// What is wrong with the tests of a file, test by test.
    private func problems(
        _ yaml: String, model: String = UnitTestInputTests.model, _ files: [String: String] = [:]
    ) async throws -> [[String]] {
        try await withDatabase { test in
            let project = try TestPipelines.make(
                [
                    "config.yaml":
                        "gateways: {here: {connection: {type: postgres}}, away: {connection: {type: duckdb}}}",
                    "models/m.sql": model, "tests/t.yaml": yaml,
                ].merging(files) { _, new in new })
            let runner = UnitTestRunner(database: test.database, project: project, graph: try ProjectGraph(project))
            var found: [[String]] = []
            for unit in project.tests { found.append(try await runner.run(unit).problems) }
            return found
        }
    }

    private func refusal(_ yaml: String) async throws -> String {
        do {
            _ = try await problems(yaml)
            return ""
        } catch { return "\(error)" }
    }

    private func test(_ input: String, _ outputs: String = "{query: {rows: [{kind: a, total: 5}]}}") -> String {
        "t:\n  model: s.totals\n  inputs:\n    raw.things:\n\(input)\n  outputs: \(outputs)\n"
    }

    @Test(
        "by a query, as CSV in the file and beside it, from a file of rows",
        arguments: [
            "      query: SELECT 'a' AS kind, generate_series(1, 3) AS n;",
            "      query: SELECT 'a' AS kind, n::text FROM generate_series(1, 3) AS n\n      columns: {n: int}",
            "      format: csv\n      rows: |\n        kind,n\n        a,1\n        a,2\n        a,3",
            "      format: csv\n      csv_settings: {sep: ';', na_values: [none]}\n      rows: |\n        kind;n\n        a;2\n        a;3\n        none;1",
            "      format: csv\n      path: tests/data/things.csv",
            "      path: tests/data/things.yaml",
            "      format: yaml\n      path: tests/data/list.yaml\n      columns: {n: smallint}",
        ])
    func inputs(input: String) async throws {
        let all = [
            "tests/data/things.csv": "kind,n\na,2\na,3\n", "tests/data/things.yaml": "rows: [{kind: a, n: 5}]",
            "tests/data/list.yaml": "- {kind: a, n: 5}",
        ]
        let files = all.filter { input.contains($0.key) }
        #expect(try await problems(test(input), files) == [[]])
        let other = test(input, "{query: {rows: [{kind: a, total: 6}]}}")
        #expect(try await problems(other, files)[0].isEmpty == false)
    }

    @Test("what is expected may be a query or a file, of CTEs too, and partial")
    func outputs() async throws {
        let rows = "      - {kind: a, n: 1}\n      - {kind: a, n: 5}"
        for (outputs, isRight) in [
            ("{query: {query: \"SELECT 'a' AS kind, '5' AS total\"}}", true),
            ("{query: {query: \"SELECT 'a' AS kind, 6 AS total\"}}", false),
            ("{query: {query: \"SELECT 5 AS total\", partial: true}}", true),
            ("{partial: true, query: {query: \"SELECT 4 AS total\"}}", false),
            ("{query: {query: \"SELECT 1 AS other\"}}", false),
            ("{query: {format: csv, rows: \"kind,total\\na,5\"}}", true),
            ("{ctes: {big: {rows: [{kind: a, n: 5}]}}, query: {rows: [{kind: a, total: 5}]}}", true),
            ("{ctes: {big: {query: \"SELECT 'b' AS kind, 5 AS n\"}}}", false),
            ("{ctes: {big: {query: \"SELECT 5 AS n\", partial: true}}}", true),
        ] {
            let found = try await problems(test(rows, outputs))[0]
            #expect(found.isEmpty == isRight, "\(outputs): \(found)")
        }
    }

    @Test("an execution time is what time it is, in every spelling")
    func clock() async throws {
        let model = """
            MODEL (name s.clock, kind VIEW);
            SELECT CURRENT_DATE AS d, current_timestamp(0) AT TIME ZONE 'UTC' AS t, now()::date AS n, 'now()' AS text,
              localtimestamp AS l, x.now FROM raw.x AS x WHERE x.at < CURRENT_TIMESTAMP
            """
        let yaml = """
            t:
              model: s.clock
              inputs: {raw.x: {rows: [{now: 1, at: '2020-01-01 10:00:00'}, {now: 2, at: '2020-01-01 12:00:00'}]}}
              vars: {execution_time: '2020-01-01 11:00:00'}
              outputs:
                query:
                  rows:
                  - {d: '2020-01-01', t: '2020-01-01 11:00:00', n: '2020-01-01', text: 'now()', l: '2020-01-01 11:00:00', now: 1}
            """
        #expect(try await problems(yaml, model: model) == [[]])
        let without = yaml.replacing("  vars: {execution_time: '2020-01-01 11:00:00'}\n", with: "")
        #expect(try await problems(without, model: model)[0].isEmpty == false)
        let bigQuery = """
            MODEL (name s.clock, kind VIEW, dialect bigquery);
            SELECT CURRENT_DATE() AS d, DATE(CURRENT_TIMESTAMP()) AS t FROM raw.x
            """
        let short = """
            t:
              model: s.clock
              inputs: {raw.x: [{a: 1}]}
              vars: {execution_time: 2020-01-01}
              outputs: {query: [{d: 2020-01-01, t: 2020-01-01}]}
            """
        #expect(try await problems(short, model: bigQuery) == [[]])
    }

    @Test("schema, description and the gateway in use change nothing; another engine's gateway is refused")
    func rest() async throws {
        let rows = "      - {kind: a, n: 5}"
        #expect(try await problems(test(rows) + "  schema: x\n  description: why\n  gateway: here\n") == [[]])
        #expect(try await refusal(test(rows) + "  gateway: away\n").contains("The gateway away is of the type duckdb"))
        #expect(try await refusal(test(rows) + "  gateway: none\n").contains("There is no gateway none"))
    }

    @Test(
        "what cannot be read is told at its line",
        arguments: [
            ("      query: SELECT 1\n      rows: []", "tests/t.yaml:5:14: A query gives the rows: take out `rows`"),
            ("      path: a.yaml\n      rows: []", "tests/t.yaml:5:13: The rows are here and in a file"),
            ("      format: json\n      rows: []", "tests/t.yaml:5:15: The format json is not read."),
            ("      format: csv", "Where is the CSV?"),
            ("      format: csv\n      rows: |\n        a,b\n        1", "This is line 2 of the CSV."),
            ("      path: ../secret.yaml", "tests/t.yaml:5:13: The file ../secret.yaml cannot be read"),
            ("      csv_settings: {sep: x}\n      rows: []", "tests/t.yaml:5:21: These rows are no CSV"),
            ("      row: []", "tests/t.yaml:5:7: Unknown key `row`."),
        ])
    func mistakes(input: String, message: String) async throws {
        let found = try await refusal(test(input))
        #expect(found.contains(message), "\(found)")
    }

    @Test("columns that rows leave out are NULL, in the types of what they stand for")
    func leftOut() async throws {
        let model = """
            MODEL (name s.totals, kind FULL);
            SELECT b.kind, SUM(b.n * 2)::bigint AS total, bool_or(e.at > '2026-01-01'::date) AS late
            FROM s.base AS b LEFT JOIN raw.elsewhere AS e ON e.kind = b.kind GROUP BY b.kind
            """
        let files = [
            "models/base.sql": "MODEL (name s.base, kind FULL); SELECT 'k' AS kind, 1 AS n, true AS \"Flag\"",
            "external_models.yaml": "- {name: raw.elsewhere, columns: {kind: text, at: date}}",
        ]
        func yaml(_ base: String, _ other: String, _ outputs: String) -> String {
            "t:\n  model: s.totals\n  inputs: {s.base: \(base), raw.elsewhere: \(other)}\n  outputs: {query: [\(outputs)]}\n"
        }
        for _ in 1...2 {
            let filled = yaml("[{kind: a}]", "[{kind: a}]", "{kind: a, total: null, late: null}")
            #expect(try await problems(filled, model: model, files) == [[]])
            let empty = yaml("[{kind: a, n: 2}]", "[]", "{kind: a, total: 4, late: null}")
            #expect(try await problems(empty, model: model, files) == [[]])
        }
        let wrong = model.replacing("b.n *", with: "b.m *")
        let found = try await problems(
            yaml("[{kind: a}]", "[]", "{kind: a}"), model: wrong,
            ["external_models.yaml": files["external_models.yaml"] ?? ""])
        #expect(found.first?.first?.contains("models/m.sql:2") == true, "\(found)")
    }

    @Test("lists are arrays, or JSON where their column is; mappings are JSON; both are compared")
    func lists() async throws {
        let model = """
            MODEL (name s.lists, kind FULL);
            SELECT id, tags, array_length(tags, 1) AS n, tags[1] AS first, numbers[2] + 1 AS second,
              payload ->> 'a' AS a, payload, plain::json AS plain
            FROM raw.lists
            """
        let inputs = #"""
            t:
              model: s.lists
              inputs:
                raw.lists:
                  columns: {plain: jsonb}
                  rows:
                    - {id: 1, tags: ["a \"b\", c", 'd\e', null, "NULL"], numbers: [1, 2.5], payload: {a: "x", b: [1, {c: null}]}, plain: [1, "01"]}
                    - {id: 2, tags: [], numbers: [[1, 2], [3, 4]], payload: {a: 007}, plain: {"k\n": true}}
              outputs:
                query:
                  rows:

            """#
        let right = #"""
                    - {id: 1, tags: ["a \"b\", c", 'd\e', null, "NULL"], n: 4, first: "a \"b\", c", second: 3.5, a: x, payload: {b: [1, {c: null}], a: x}, plain: [1, "01"]}
                    - {id: 2, tags: [], n: null, first: null, second: null, a: "007", payload: {a: "007"}, plain: {"k\n": true}}
            """#
        for _ in 1...2 { #expect(try await problems(inputs + right, model: model) == [[]]) }
        for (old, new) in [(#"'d\e'"#, "'de'"), (#""01"]}"#, "1]}"), ("c: null", "c: 0"), ("tags: []", "tags: [x]")] {
            let wrong = right.replacing(old, with: new)
            let found = try await problems(inputs + wrong, model: model)
            #expect(wrong != right && found.first?.isEmpty == false, "\(old)")
        }
    }
}
