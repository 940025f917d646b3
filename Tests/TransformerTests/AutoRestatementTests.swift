import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

/// Weeks begin on Sunday, 2026-11-08.
private func project(
    _ options: String = ", auto_restatement_cron '@weekly', auto_restatement_intervals 2",
    kind: String = "INCREMENTAL_BY_TIME_RANGE (time_column ts"
) throws -> Project {
    try TestPipelines.make([
        "config.yaml": "",
        "models/a.sql": """
        MODEL (name a, kind \(kind)\(options)), start '2026-11-01');
        SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01');
        SELECT ts::date AS day, string_agg(user_id, ',') AS who FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
        """,
    ])
}

@Suite("auto_restatement_cron", .enabled(if: TestDatabase.isAvailable)) struct AutoRestatementRunTests {
    private func insertDays(_ test: TestDatabase, _ numbers: ClosedRange<Int>) async throws {
        try await test.insert(numbers.map { ("u\($0)", "v", "2026-11-\($0 < 10 ? "0" : "")\($0) 10:00Z") })
    }

    private func who(_ test: TestDatabase) async throws -> String {
        try await test.value("SELECT string_agg(who, ' ' ORDER BY day) FROM analytics.b")
    }

    @Test("at its tick a run computes the last intervals again, and what reads them; once, in whatever process")
    func tick() async throws {
        try await withDatabase { test in
            try await insertDays(test, 1...4)
            try await test.apply(try project(), at: day(5))
            // Nobody says so: no landing tells of it.
            try await test.execute("UPDATE raw.events SET user_id = upper(user_id)")
            #expect(try await test.run(at: day(5).adding(seconds: 60)).rows == 0)
            try await insertDays(test, 5...7)
            #expect(try await test.run(at: day(6)).rows == 2, "one day of each model")
            #expect(try await who(test) == "u1 u2 u3 u4 u5")
            try await test.execute("UPDATE raw.events SET user_id = upper(user_id)")
            let outcome = try await test.run(at: day(8))
            #expect(outcome.intervals == days(6...7) && outcome.rows == 4)
            try await test.execute("UPDATE raw.events SET user_id = lower(user_id)")
            #expect(try await test.run(at: day(8).adding(seconds: 3_600)).rows == 0, "it has been followed")
            #expect(try await test.run(at: day(14)).rows == 0)
            // Two ticks at once; a plan between them does not count. Of days 8 to 13 nobody tells that rows have come.
            try await insertDays(test, 8...18)
            try await test.apply(try project(), at: day(20))
            try await test.execute("UPDATE raw.events SET user_id = upper(user_id)")
            let late = try await test.run(at: day(22))
            #expect(late.intervals == days(20...21))
            #expect(try await who(test).hasPrefix("u1 u2 u3 u4 u5 U6 U7 u14"))
            #expect(try await test.run(at: day(22)).rows == 0)
        }
    }

    @Test("what fails stays missing, and the next run does it; taken out and put back, the cron counts anew")
    func second() async throws {
        try await withDatabase { test in
            try await insertDays(test, 1...7)
            try await test.apply(try project(), at: day(8))
            try await test.execute("ALTER TABLE raw.events RENAME TO gone")
            await #expect(throws: TransformerError.self) { _ = try await test.run(at: day(15)) }
            try await test.execute("ALTER TABLE raw.gone RENAME TO events")
            #expect(try await test.run(at: day(15)).intervals == days(8...14))
            try await test.apply(try project(""), at: day(15))
            #expect(try await test.run(at: day(22)).intervals == days(15...21))
            try await test.apply(try project(), at: day(23))
            try await test.run(at: day(23))
            #expect(try await test.run(at: day(24)).intervals == days(23...23), "no tick since it is there again")
        }
    }

    @Test("without a number all intervals; a table of keys is emptied first, also when the first try was cut short")
    func whole() async throws {
        try await withDatabase { test in
            try await insertDays(test, 1...7)
            let cron = ", auto_restatement_cron '@weekly'"
            try await test.apply(try project(cron), at: day(8))
            try await test.execute("UPDATE raw.events SET user_id = upper(user_id)")
            #expect(try await test.run(at: day(15)).intervals.intersection(days(1...30)) == days(1...14))
            #expect(try await who(test) == "U1 U2 U3 U4 U5 U6 U7")

            let keyed = try project(cron, kind: "INCREMENTAL_BY_UNIQUE_KEY (unique_key user_id")
            try await test.apply(keyed, at: day(15))
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "7")
            try await test.execute("DELETE FROM raw.events WHERE user_id = 'U3'")
            struct Died: Error {}
            let request = EnvironmentRunner.Request(environment: "prod", upTo: day(22))
            _ = try? await test.workbench.runner.run(
                request, ticket: ModelRunner.Ticket(execution: day(22), check: { _ in throw Died() }))
            try await test.execute("DELETE FROM raw.events WHERE user_id = 'U4'")
            try await test.run(at: day(22))
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.a") == "U1,U2,U5,U6,U7"
            )
            #expect(try await test.run(at: day(22)).rows == 0)
        }
    }
}
