import Foundation
import Planning
import Synchronization
import TestValues
import Testing

@testable import Transformer

/// Twelve days of rows, a model that takes a while for each day, and one that counts it.
private enum Shop {
    static let days = 1...12
    static let time = ["--execution-time", "2026-11-13 00:00:00"]

    /// - Parameter factor: What an edit changes in every row.
    static func files(factor: Int) -> [String: String] {
        [
            "config.yaml": "model_defaults: {dialect: postgres, start: 2026-11-01}",
            "models/visits.sql": """
            MODEL (name shop.visits, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 1));
            SELECT e.user_id, e.timestamp AS ts, \(factor) AS factor
            FROM (SELECT pg_sleep(0.04) AS slept) AS pause CROSS JOIN raw.events AS e
            WHERE e.timestamp BETWEEN @start_dt AND @end_dt
            """,
            "models/counts.sql": """
            MODEL (name shop.counts, kind INCREMENTAL_BY_TIME_RANGE (time_column day, batch_size 4));
            SELECT ts::date AS day, COUNT(*) AS visits, SUM(factor) AS factors
            FROM shop.visits WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
            """,
        ]
    }

    /// Twenty rows more of each day. The same rounds give the same rows.
    static func add(_ round: Int, to test: TestDatabase) async throws {
        try await test.execute(
            """
            INSERT INTO raw.events (event_id, user_id, event, timestamp)
            SELECT \(String(round)) || '-' || day || '-' || n, 'u' || (n * 7 + day) % 11, 'view',
              '2026-10-31 00:00Z'::timestamptz + day * interval '1 day' + n * interval '71 minutes'
            FROM generate_series(1, 12) AS d(day), generate_series(0, 19) AS g(n)
            """)
        try await test.landed(TransformerTests.days(days))
    }

    /// All rows of both models, in a fixed order.
    static func rows(of test: TestDatabase) async throws -> [[String]] {
        let visits = try await test.rows(
            "SELECT user_id, ts::text, factor::text, count(*)::text FROM shop.visits GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
        let counts = try await test.rows(
            "SELECT day::text, visits::text, factors::text FROM shop.counts ORDER BY 1")
        return visits + counts
    }
}

@Suite("A backfill is killed", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct BackfillKillTests {
    @Test("with -9, ten times at random: no reader sees half an interval, and the end is that of an undisturbed one")
    func killed() async throws {
        let seed = UInt64.random(in: 0..<1 << 30)
        print("backfills are killed by the seed \(seed)")
        var random = SplitMix(seed: seed)
        var rounds = 0
        let end = try await withDatabase { test in
            let folder = try CommandFolder(test, Shop.files(factor: 1))
            try await Shop.add(0, to: test)
            let first = try await folder.run(arguments: ["apply"] + Shop.time)
            #expect(first.code == 0, "\(first.errors)")
            let seen = Mutex<(states: Set<String>, wrong: [String])>(([], []))
            let reader = Task {
                while !Task.isCancelled {
                    let (state, problem) = try await look(test)
                    seen.withLock {
                        $0.states.insert(state)
                        if let problem { $0.wrong.append(problem) }
                    }
                }
            }
            var kills = 0
            while kills < 10, rounds < 40 {
                rounds += 1
                try await Shop.add(rounds, to: test)
                let isEdit = rounds.isMultiple(of: 3)
                if isEdit {
                    let edited = Shop.files(factor: rounds)["models/visits.sql"] ?? ""
                    try folder.write("models/visits.sql", edited)
                }
                if try await kill([isEdit ? "apply" : "run"] + Shop.time, test, folder, &random) { kills += 1 }
                try await test.settle()
            }
            #expect(kills == 10, "seed \(seed): others ended before they were killed")
            for command in ["apply", "run"] {
                let last = try await folder.run(arguments: [command] + Shop.time)
                #expect(last.code == 0, "seed \(seed): \(last.errors)")
            }
            reader.cancel()
            _ = try? await reader.value
            let (states, wrong) = seen.withLock { $0 }
            #expect(wrong.isEmpty, "seed \(seed): \(wrong.prefix(3))")
            #expect(states.count > 1, "there was something to see: \(states.count) states")
            let again = try await folder.run(arguments: ["plan"] + Shop.time)
            #expect(again.output.contains("No changes to plan"), "seed \(seed): \(again.output)")
            return try await Shop.rows(of: test)
        }
        let undisturbed = try await withDatabase { test in
            for round in 0...rounds { try await Shop.add(round, to: test) }
            let folder = try CommandFolder(test, Shop.files(factor: rounds / 3 * 3))
            let applied = try await folder.run(arguments: ["apply"] + Shop.time)
            #expect(applied.code == 0, "\(applied.errors)")
            return try await Shop.rows(of: test)
        }
        #expect(end == undisturbed, "seed \(seed)")
    }

    /// What one statement sees of both models, and what is wrong with it.
    private func look(_ test: TestDatabase) async throws -> (state: String, problem: String?) {
        let rows = try await test.rows(
            """
            SELECT 'visits', ts::date::text, count(*)::text, string_agg(DISTINCT factor::text, '+') FROM shop.visits GROUP BY 2
            UNION ALL
            SELECT 'counts', day::text, sum(visits)::text, string_agg((factors / visits)::text, '+') FROM shop.counts GROUP BY 2
            """)
        let state = rows.map { $0.joined(separator: " ") }.sorted().joined(separator: ", ")
        for name in ["visits", "counts"] {
            let days = rows.filter { $0[0] == name }
            // Twenty rows of a day came at a time.
            let areWhole = days.allSatisfy { Int($0[2]).map { $0 > 0 && $0.isMultiple(of: 20) } ?? false }
            guard days.count == Shop.days.count, areWhole, Set(days.map { $0[3] }).count == 1 else {
                return (state, "\(name): \(state)")
            }
        }
        return (state, nil)
    }

    /// - Returns: Whether it was killed while it was at work.
    private func kill(
        _ arguments: [String], _ test: TestDatabase, _ folder: CommandFolder, _ random: inout SplitMix
    ) async throws -> Bool {
        let process = try ApplyProcess(test, folder: folder.url, arguments)
        while process.process.isRunning,
            try await test.value(
                """
                SELECT count(*)::text FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'
                """) == "0"
        {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
        let isAtWork = process.process.isRunning
        process.kill()
        return isAtWork
    }

    @Test(
        "two applies of one environment at once, as processes: one is told who is at it and waits; the last one's models hold"
    )
    func twoApplies() async throws {
        try await withDatabase { test in
            try await Shop.add(0, to: test)
            let folders = try [1, 2].map { try CommandFolder(test, Shop.files(factor: $0)) }
            for round in 0...1 {
                for (number, folder) in folders.enumerated() {
                    let text = Shop.files(factor: 2 * round + number + 1)["models/visits.sql"] ?? ""
                    try folder.write("models/visits.sql", text)
                }
                let processes = try folders.map { try ApplyProcess(test, folder: $0.url, ["apply"] + Shop.time) }
                let ends = processes.map { $0.end() }
                #expect(ends.allSatisfy { $0.code == 0 }, "\(ends.map(\.text))")
                let told = ends.filter { $0.text.contains("prod is being changed by `millrace transformer prod") }
                #expect(told.count == 1, "\(ends.map(\.text))")
                let last = try #require(ends.firstIndex { $0.text.contains("Waiting for it to end.") })
                let rows = try await Shop.rows(of: test)
                #expect(
                    rows.suffix(12).allSatisfy { $0[1] == "20" && $0[2] == "\(20 * (2 * round + last + 1))" },
                    "\(rows.suffix(12))")
                let again = try await folders[last].run(arguments: ["plan"] + Shop.time)
                #expect(again.output.contains("No changes to plan"), "\(again.output)")
            }
        }
    }
}
