import Foundation
import Testing

@testable import Transformer

private let files = [
    "models/a.sql": """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', grain (user_id, ts));
    SELECT user_id, event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/b.sql": "MODEL (name b, kind FULL); SELECT event, COUNT(*) AS n FROM a GROUP BY 1 ORDER BY 1",
]

private func withFolder(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    try await withCommandFolder(files) { test, folder in
        #expect(try await folder.run("apply").code == 0)
        try await body(test, folder)
    }
}

@Suite("transformer fetch", .enabled(if: TestDatabase.isAvailable)) struct FetchCommandTests {
    @Test("a model's rows are those of its file as it is now, over the environment's tables, for the days given")
    func model() async throws {
        try await withFolder { (test, folder) async throws in
            let rows = try await folder.run("fetch", "a", "--start", "2026-11-05", "--end", "2026-11-05")
            #expect(rows.output.contains("ada") && rows.output.contains("1 row\n") && !rows.output.contains("bob"))
            #expect(try await folder.run("fetch", "a", "--start", "2026-11-02").output == "no rows\n")
            try folder.write(
                "models/b.sql",
                "MODEL (name b, kind FULL); SELECT event, COUNT(*) * 10 AS tens FROM a GROUP BY 1 ORDER BY 1")
            let edited = try await folder.run("fetch", "b", "--limit", "1").output
            #expect(edited == "event  tens\n-----  ----\nclick  10\n1 row, and there are more (--limit)\n")
            #expect(
                try await test.value("SELECT n::text FROM analytics.b WHERE event = 'view'") == "1", "nothing was made")
            try folder.write("models/b.sql", files["models/b.sql"]!)
            try folder.write("models/d.sql", "MODEL (name d, kind FULL); SELECT n FROM b")
            #expect(try await folder.run("fetch", "d", "-e", "prod").output.contains("2 rows"))
            let early = try await folder.run("fetch", "d", "-e", "dev")
            #expect(early.code == 1 && early.errors.contains("There is no environment dev"))
            let hint = try await folder.run("fetch", "aa")
            #expect(hint.code == 1 && hint.errors.contains("There is no model aa."))
        }
    }

    @Test("in a query, models are the environment's views; a statement that changes something is refused")
    func query() async throws {
        try await withFolder { (test, folder) async throws in
            try folder.write(
                "models/b.sql", "MODEL (name b, kind FULL); SELECT event, COUNT(*) * 10 AS n FROM a GROUP BY 1")
            #expect(try await folder.run("apply", "dev").code == 0)
            #expect(try await folder.run("fetch", "SELECT max(n) AS most FROM b").output.hasPrefix("most\n----\n1\n"))
            let dev = try await folder.run("fetch", "SELECT max(n) AS most FROM analytics.b", "-e", "dev", "--json")
                .json()
            #expect(dev["isTruncated"] as? Bool == false && (dev["rows"] as? [[String: Int]]) == [["most": 10]])
            let drop = try await folder.run("fetch", "DROP TABLE raw.events")
            #expect(drop.code == 2 && drop.errors.contains("Give a query or a model's name"), "\(drop)")
            try await test.execute(
                "CREATE FUNCTION public.sneak() RETURNS int LANGUAGE sql AS 'DELETE FROM raw.events; SELECT 1'")
            let sneak = try await folder.run("fetch", "SELECT public.sneak()")
            #expect(sneak.code == 1 && sneak.errors.contains("read-only"), "\(sneak)")
            let wrong = try await folder.run("fetch", "SELECT nothing FROM analytics.b")
            #expect(
                wrong.code == 1 && wrong.errors.contains("the query: column \"nothing\" does not exist"), "\(wrong)")
            #expect(try await test.value("SELECT count(*)::text FROM raw.events") == "2")
            #expect(try await folder.run("fetch", "SELECT 1", "--limit", "0").code == 2)
        }
    }

    @Test("what a terminal would act on is shown, and long values are cut")
    func table() {
        let table = TextTable(
            columns: ["a", "b"], rows: [["x\u{1B}[31m\n", nil], ["ö", String(repeating: "y", count: 99)]])
        let lines = table.text.split(separator: "\n")
        #expect(lines.count == 4 && lines[2] == #"x\u{1B}[31m\n  NULL"#, "\(lines)")
        #expect(lines[3].hasSuffix("yyy…") && lines[3].hasPrefix("ö              "))
    }
}

@Suite("transformer table-diff", .enabled(if: TestDatabase.isAvailable)) struct TableDiffCommandTests {
    @Test("counts rows of both sides, of one alone and those that differ, and shows them")
    func environments() async throws {
        try await withFolder { (test, folder) async throws in
            try await test.insert([("eve", "view", "2026-11-07 10:00Z")])
            try folder.write(
                "models/a.sql",
                files["models/a.sql"]!.replacing(
                    "event,", with: "CASE WHEN user_id = 'ada' THEN 'VIEW' ELSE event END AS event, 1 AS one,")
                    + " AND user_id <> 'bob'")
            #expect(try await folder.run("apply", "dev").code == 0)
            let reports = try await folder.run("table-diff", "prod:dev", "a", "--json").list()
            let report = try #require(reports.first)
            #expect(report["sourceRows"] as? Int == 2 && report["targetRows"] as? Int == 2)
            #expect(report["common"] as? Int == 1 && report["different"] as? Int == 1)
            #expect(report["onlySource"] as? Int == 1 && report["onlyTarget"] as? Int == 1)
            #expect(report["keys"] as? [String] == ["user_id", "ts"], "the grain")
            let columns = try #require(report["columns"] as? [[String: Any]])
            #expect(columns.count == 1 && columns[0]["matchPercent"] as? Double == 0)
            #expect((report["columnsOnlyInTarget"] as? [[String: String]])?.first?["name"] == "one")
            let text = try await folder.run("table_diff", "prod:dev", "--select-model", "*a").output
            #expect(
                text.contains("rows that differ:") && text.contains("VIEW") && text.contains("only in prod:"), "\(text)"
            )
            let filtered = try await folder.run(
                "table-diff", "prod:dev", "a", "--where", "user_id = 'ada'", "--skip-columns", "event", "--json"
            ).list()
            #expect(filtered[0]["different"] as? Int == 0 && filtered[0]["common"] as? Int == 1)
            #expect(filtered[0]["onlySource"] as? Int == 0)
        }
    }

    @Test("two tables are compared by --on: NULL, other types, floats by their places, JSON")
    func tables() async throws {
        try await withFolder { (test, folder) async throws in
            try await test.execute(
                "CREATE TABLE raw.x AS SELECT 1 AS id, NULL::text AS t, 1.00001::float8 AS f, '{}'::json AS j, 5 AS n")
            try await test.execute(
                "CREATE TABLE raw.y AS SELECT 1 AS id, NULL::text AS t, 1.00002::float8 AS f, '{}'::json AS j, 5::bigint AS n"
            )
            let alike = try await folder.run("table-diff", "raw.x:raw.y", "--on", "id", "--json").list()
            #expect(alike[0]["different"] as? Int == 0 && alike[0]["common"] as? Int == 1, "\(alike)")
            #expect((alike[0]["columnsOfOtherType"] as? [[String: String]])?.first?["name"] == "n")
            let exact = try await folder.run("table-diff", "raw.x:raw.y", "--on", "id", "--decimals", "6").output
            #expect(exact.contains("of them different 1") && exact.contains("1.00002"), "\(exact)")
            try await test.execute("INSERT INTO raw.y VALUES (1, 'b', 1, '{}', 5), (NULL, 'c', 1, '{}', 5)")
            let doubled = try await folder.run("table-diff", "raw.x:raw.y", "--on", "id")
            #expect(doubled.code == 1 && doubled.errors.contains("does not tell the rows of raw.y apart"), "\(doubled)")
            #expect(try await folder.run("table-diff", "raw.x:raw.y", "--on", "id", "--skip-grain-check").code == 0)
        }
    }

    @Test("what is missing or makes no sense is told")
    func mistakes() async throws {
        try await withFolder { (test, folder) async throws in
            for (arguments, code, words) in [
                (["prod", "a"], 2, "write two environments"), (["prod:dev"], 2, "name a model"),
                (["prod:dev", "a"], 1, "no environment dev"), (["prod:prod", "b"], 2, "has no grain"),
                (["prod:prod", "x"], 1, "There is no model x"),
                (["raw.events:raw.nope", "--on", "x"], 1, "no table or view"),
                (["prod:prod", "a", "--on", "x"], 1, "has no column x"),
                (["prod:prod", "a", "--where", "1 +"], 2, "--where"),
                (["prod:prod", "a", "--skip-columns", "x"], 1, "no column x"),
                (["prod:prod", "a", "--limit", "-1"], 2, "--limit"),
            ] as [([String], Int32, String)] {
                let outcome = try await folder.run(arguments: ["table-diff"] + arguments)
                #expect(outcome.code == code && outcome.errors.contains(words), "\(arguments): \(outcome)")
            }
            let same = try await folder.run("table-diff", "prod:prod", "a").output
            #expect(same.contains("of them different 0") && !same.contains("rows that differ"))
        }
    }
}
