import Foundation
import Testing

@testable import Transformer

private let files = [
    "models/days.sql": """
    MODEL (name shop.days, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-10-01', cron '@weekly', tags (slow));
    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """,
    "models/users.sql":
        "MODEL (name shop.users, kind FULL, cron '@daily'); SELECT DISTINCT user_id, @execution_ds AS seen FROM shop.days",
    "models/other.sql": "MODEL (name shop.other, kind FULL, cron '@daily'); SELECT COUNT(*) AS n FROM raw.events",
]

/// Applied at the end of Saturday the 3rd; its week ticks at the beginning of Sundays: the 4th, the 11th …
private func withShop(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    try await withDatabase { test in
        try await test.insert([
            ("ada", "view", "2026-10-02 10:00Z"), ("bob", "view", "2026-10-05 10:00Z"),
            ("cyd", "view", "2026-10-08 10:00Z"),
        ])
        let folder = try CommandFolder(test, files)
        let applied = try await folder.run("apply", "--execution-time", "2026-10-04 00:00:00")
        try #require(applied.code == 0, "\(applied.errors)")
        try await body(test, folder)
    }
}

@Suite("transformer run", .enabled(if: TestDatabase.isAvailable)) struct RunCommandTests {
    private func users(_ test: TestDatabase) async throws -> String {
        try await test.value("SELECT string_agg(user_id, ' ' ORDER BY user_id) FROM shop.days")
    }

    @Test("--execution-time is the time at which it runs, for crons and for models; none that is still to come")
    func executionTime() async throws {
        try await withShop { (test, folder) async throws in
            #expect(try await users(test) == "ada")
            let early = try await folder.run("run", "--execution-time", "2026-10-10")
            #expect(early.code == 0 && !early.output.contains("shop.days"), "its cron has not ticked: \(early.output)")
            #expect(try await test.value("SELECT string_agg(DISTINCT seen, ' ') FROM shop.users") == "2026-10-10")
            #expect(try await folder.run("run", "--execution-time", "2026-10-11").output.contains("shop.days: 2 rows"))
            #expect(try await users(test) == "ada bob cyd")
            #expect(try await folder.run("run", "--execution-time", "2026-10-11").output.contains("Nothing is missing"))
            let future = try await folder.run("run", "--execution-time", "2999-01-01")
            #expect(future.code == 2 && future.errors.contains("is in the future"))
        }
    }

    @Test("--ignore-cron computes what is over without waiting for the tick, once")
    func ignoreCron() async throws {
        try await withShop { (test, folder) async throws in
            let arguments = ["run", "--ignore-cron", "--execution-time", "2026-10-07 15:00:00"]
            #expect(
                try await folder.run(arguments: arguments).output.contains(
                    "shop.days: 1 rows for 2026-10-04 to 2026-10-06"))
            #expect(try await users(test) == "ada bob")
            #expect(try await folder.run(arguments: arguments).output.contains("Nothing is missing"))
            #expect(
                try await folder.run("run", "--execution-time", "2026-10-11").output.contains(
                    "shop.days: 1 rows for 2026-10-07 to 2026-10-10"))
        }
    }

    @Test("--start and --end leave what is missing outside of them to later runs")
    func window() async throws {
        try await withShop { (test, folder) async throws in
            let time = ["--execution-time", "2026-10-11"]
            let part = try await folder.run(arguments: ["run", "--start", "2026-10-08", "--end", "2026-10-09"] + time)
            #expect(part.output.contains("shop.days: 1 rows for 2026-10-08 to 2026-10-09"), "\(part.output)")
            #expect(try await users(test) == "ada cyd")
            #expect(try await folder.run(arguments: ["run"] + time).code == 0)
            #expect(try await users(test) == "ada bob cyd")
            #expect(try await folder.run("run", "--start", "2026-10-09", "--end", "2026-10-08").code == 2)
        }
    }

    @Test(
        "--select-model takes what the models read along, --no-auto-upstream does not; what no model is called is an error"
    )
    func selection() async throws {
        try await withShop { (test, folder) async throws in
            let time = ["--json", "--execution-time", "2026-10-11"]
            func computed(_ arguments: String...) async throws -> [String] {
                let models = try await folder.run(arguments: ["run"] + arguments + time).json()["models"]
                return (models as? [[String: Any]] ?? []).compactMap { $0["model"] as? String }
            }
            #expect(try await computed("--select-model", "shop.users", "--no-auto-upstream") == ["shop.users"])
            #expect(try await computed("--select-model", "shop.users") == ["shop.days", "shop.users"])
            #expect(try await computed("--select-model", "tag:slow") == [])
            #expect(try await computed("--select-model", "*") == ["shop.other"])
            let wrong = try await folder.run("run", "--select-model", "shop.user")
            #expect(wrong.code == 1 && wrong.errors.contains("shop.user"), "\(wrong.errors)")
            #expect(try await folder.run("run", "--select-model", "*", "--model", "shop.days").code == 2)
        }
    }

    @Test("options of SQLMesh that mean nothing here are refused by name")
    func refused() async throws {
        try await withShop { (_, folder) async throws in
            for options in [["--skip-janitor"], ["--exit-on-env-update", "3"]] {
                let outcome = try await folder.run(arguments: ["run"] + options)
                #expect(outcome.code == 2 && outcome.errors.contains("\(options[0]) of SQLMesh is not supported"))
            }
        }
    }

    @Test("a model that is named after its folder runs as it was promoted, for a second time too")
    func inferredNames() async throws {
        try await withDatabase { test in
            let folder = try CommandFolder(
                test,
                [
                    "config.yaml":
                        "model_naming: {infer_names: true}\nmodel_defaults: {dialect: postgres, start: 2026-10-01}",
                    "models/shop/days.sql": """
                    MODEL (kind INCREMENTAL_BY_TIME_RANGE (time_column ts));
                    SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                    """,
                    "models/shop/users.sql": "MODEL (kind FULL); SELECT DISTINCT user_id FROM shop.days",
                ])
            try await test.insert([("ada", "view", "2026-10-02 10:00Z"), ("bob", "view", "2026-10-05 10:00Z")])
            #expect(try await folder.run("apply", "--execution-time", "2026-10-04").code == 0)
            let ran = try await folder.run("run", "--execution-time", "2026-10-06")
            #expect(ran.code == 0, "\(ran.errors)")
            let users = try await test.value("SELECT string_agg(user_id, ' ' ORDER BY user_id) FROM shop.users")
            #expect(users == "ada bob")
            #expect(try await folder.run("run", "--execution-time", "2026-10-06").output.contains("Nothing is missing"))
            let again = try await folder.run("plan", "--execution-time", "2026-10-06")
            #expect(again.output.contains("No changes to plan"), "\(again.output)")
        }
    }
}
