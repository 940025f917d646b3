import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

/// A model of four days in batches of one. A batch of day `n` waits until nobody holds the advisory lock `n`.
private func project(
    _ options: String = "", columns: String = "", query: String? = nil, behind: String = ""
) throws -> Project {
    try TestPipelines.make([
        "config.yaml": "",
        "models/m.sql": """
        MODEL (name m, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 1\(options)), start '2026-11-01'\(columns));
        \(query ?? """
        SELECT timestamp AS ts, user_id FROM raw.events
        WHERE timestamp BETWEEN @start_dt AND @end_dt
          AND pg_advisory_xact_lock(EXTRACT(day FROM timestamp)::bigint) IS NOT NULL
        """)
        \(behind)
        """,
    ])
}

@Suite("Batches of one model side by side", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct BatchConcurrencyTests {
    private func insertFourDays(_ test: TestDatabase) async throws {
        try await test.insert((1...4).map { ("u\($0)", "view", "2026-11-0\($0) 10:00Z") })
    }

    /// Holds the advisory locks of `days` while `body` runs.
    private func holding(_ days: [Int], _ test: TestDatabase, _ body: () async throws -> Void) async throws {
        let connection = try await PostgresConnection.connect(test.settings, logger: TestDatabase.logger)
        for day in days { try await connection.query("SELECT pg_advisory_lock(\(day)::bigint)") }
        do { try await body() } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// The days of which a batch waits.
    private func waiting(_ test: TestDatabase) async throws -> [String] {
        try await test.rows(
            """
            SELECT right(application_name, 10) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'advisory' AND application_name LIKE 'millrace transformer %'
            ORDER BY 1
            """
        ).map { $0[0] }
    }

    private func until(_ days: [Int], wait test: TestDatabase) async throws {
        while try await waiting(test) != days.map({ "2026-11-0\($0)" }) { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func done(_ test: TestDatabase) async throws -> IntervalSet {
        try await test.workbench.store.done().values.reduce(IntervalSet()) { $0.union($1) }
            .intersection(days(1...30))
    }

    @Test("run up to batch_concurrency at a time; each is there and noted when it is over, whatever the others do")
    func bounded() async throws {
        try await withDatabase { test in
            try await insertFourDays(test)
            let plan = try await test.workbench.planner.plan(
                try project(", batch_concurrency 2"), for: "prod", upTo: day(5))
            let applying = Task { try await test.workbench.plans.apply(plan, execution: day(5)) }
            try await holding([1], test) {
                try await holding([2, 3, 4], test) { try await until([1, 2], wait: test) }
                while try await done(test) != days(2...4) { try await Task.sleep(for: .milliseconds(20)) }
                #expect(try await waiting(test) == ["2026-11-01"])
            }
            _ = try await applying.value
            #expect(try await done(test) == days(1...4))
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.m") == "u1,u2,u3,u4")
            let locks: PostgresQuery = """
                SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            #expect(try await test.value(locks) == "0", "the right is given back")
        }
    }

    @Test("without it there are as many as the process has room for, of all models together")
    func room() async throws {
        try await withDatabase { test in
            try await insertFourDays(test)
            let bench = try await Workbench(
                database: test.database, reader: nil, concurrency: 3, logger: TestDatabase.logger)
            let plan = try await bench.planner.plan(try project(), for: "prod", upTo: day(5))
            try await holding([1, 2, 3, 4], test) {
                let applying = Task { try await bench.plans.apply(plan, execution: day(5)) }
                try await until([1, 2, 3], wait: test)
                applying.cancel()
                _ = await applying.result
                #expect(try await waiting(test).isEmpty, "all of them end")
            }
            #expect(try await done(test).isEmpty)
            try await bench.plans.apply(plan, execution: day(5))
            #expect(try await test.value("SELECT count(*)::text FROM analytics.m") == "4")
        }
    }

    @Test("come one after the other where one needs the one before, or statements stand around the query")
    func inTurn() async throws {
        let itself = """
            SELECT timestamp AS ts, user_id, (SELECT COUNT(*) FROM m) AS before FROM raw.events
            WHERE timestamp BETWEEN @start_dt AND @end_dt
            """
        func width(_ project: Project) throws -> Int {
            let snapshot = try #require(try ProjectGraph(project).snapshots.first)
            let model = PlannedModel(snapshot: snapshot, version: "v", isNew: true)
            return ModelWork(
                model: model, missing: MissingIntervals(of: snapshot, done: IntervalSet(), upTo: day(5))
            ).batchesAtATime
        }
        #expect(try width(project()) == .max && width(project(", batch_concurrency 3")) == 3)
        #expect(try width(project(query: itself)) == 1)
        #expect(try width(project(behind: "; CREATE INDEX IF NOT EXISTS i ON @this_model (user_id)")) == 1)
        #expect(try width(project(", disable_restatement true")) == 1)
        try await withDatabase { test in
            try await insertFourDays(test)
            let columns = ", columns (ts timestamptz, user_id text, before bigint)"
            try await test.apply(try project(columns: columns, query: itself), at: day(5))
            #expect(
                try await test.value("SELECT string_agg(before::text, ',' ORDER BY ts) FROM analytics.m") == "0,1,2,3")
        }
    }

    @Test("one that fails leaves the others what they have done, and the next run does the rest")
    func failed() async throws {
        try await withDatabase { test in
            try await insertFourDays(test)
            let failing = try project(
                query: """
                    SELECT timestamp AS ts, 1 / (CASE WHEN user_id = 'u2' THEN 0 ELSE 1 END) AS n FROM raw.events
                    WHERE timestamp BETWEEN @start_dt AND @end_dt
                    """)
            let plan = try await test.workbench.planner.plan(failing, for: "prod", upTo: day(5))
            let error = await #expect(throws: TransformerError.self) {
                try await test.workbench.plans.apply(plan, execution: day(5))
            }
            #expect(
                error?.code == .sqlError && error?.message.contains("2026-11-02") == true, "\(error?.message ?? "")")
            let done = try await done(test)
            #expect(done.intersection(days(2...2)).isEmpty && !done.isEmpty)
            try await test.execute("UPDATE raw.events SET user_id = 'bob' WHERE user_id = 'u2'")
            try await test.apply(failing, at: day(5))
            #expect(try await test.value("SELECT count(*)::text FROM analytics.m") == "4")
        }
    }

    @Test(
        "a kill in the middle leaves whole batches; the next run, while statements of the dead one still run, doubles none"
    )
    func killed() async throws {
        try await withDatabase { test in
            try await insertFourDays(test)
            let files = try CommandFolder(
                test,
                [
                    "config.yaml": "",
                    "models/m.sql": """
                    MODEL (name m, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 1), start '2026-11-01');
                    SELECT timestamp AS ts, user_id FROM raw.events
                    WHERE timestamp BETWEEN @start_dt AND @end_dt
                      AND pg_advisory_xact_lock(EXTRACT(day FROM timestamp)::bigint) IS NOT NULL
                    """,
                ])
            try await holding([3, 4], test) {
                let process = Process()
                process.executableURL = ServeProcess.executable
                process.arguments = ["apply"]
                process.environment = ProcessInfo.processInfo.environment.merging([
                    "POSTGRES_DB": test.name, "MILLRACE_PIPELINE": files.url.path(),
                ]) { _, new in new }
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                while try await waiting(test).suffix(2) != ["2026-11-03", "2026-11-04"] {
                    try await Task.sleep(for: .milliseconds(20))
                }
                while try await done(test).intersection(days(1...2)) != days(1...2) {
                    try await Task.sleep(for: .milliseconds(20))
                }
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let outcome = try await files.run("apply")
            #expect(outcome.code == 0, "\(outcome.errors)")
            let again = try await files.run("backfill", "--start", "2026-11-01", "--end", "2026-11-04")
            #expect(again.code == 0, "\(again.errors)")
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.m") == "u1,u2,u3,u4")
        }
    }

    @Test("two runs of one table at the same moment double nothing", arguments: 0..<3)
    func twice(_ round: Int) async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(1))
            try await insertFourDays(test)
            let other = Database(test.settings, connectionsMax: 12, logger: TestDatabase.logger)
            let bench = try await Workbench(database: other, reader: nil, logger: TestDatabase.logger)
            let request = EnvironmentRunner.Request(environment: "prod", upTo: day(5), from: day(1))
            let ticket = ModelRunner.Ticket(execution: day(5))
            async let first = test.workbench.runner.run(request, ticket: ticket)
            async let second = bench.runner.run(request, ticket: ticket)
            _ = try await (first, second)
            await other.close()
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.m") == "u1,u2,u3,u4")
        }
    }

    @Test("a batch whose session has lost the right writes nothing")
    func fenced() async throws {
        try await withDatabase { test in
            let plan = try await test.apply(try project(), at: day(2))
            try await insertFourDays(test)
            let model = try #require(plan.models.first)
            let error = await #expect(throws: TransformerError.self) {
                try await test.workbench.tables.sharingWrites(to: model) { writers in
                    try await test.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks
                        WHERE locktype = 'advisory' AND granted
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """)
                    let work = ModelWork(
                        model: model,
                        missing: MissingIntervals(of: model.snapshot, done: IntervalSet(), upTo: day(5)))
                    var replacement = try ModelSQL(RelationsOfModels(plan.models)).replacement(
                        of: model, interval: work.batches[1], execution: day(5), isIncremental: true, isLast: false,
                        columns: try await test.workbench.tables.columns(of: RelationNames.table(model.id)))
                    replacement.writers = writers
                    _ = try await test.workbench.tables.replace([replacement])
                }
            }
            #expect(error?.code == .unavailable && error?.isRetriable == true)
            #expect(error?.message.contains("Nothing was written") == true, "\(error?.message ?? "")")
            #expect(try await test.value("SELECT count(*)::text FROM analytics.m") == "0")
        }
    }
}
