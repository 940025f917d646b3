import ControlPlane
import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

/// A model that takes as long as its input says, and one that reads it.
private let naps = [
    "config.yaml": "",
    "models/slow.sql": """
    MODEL (name slow, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 1), start '2026-11-01');
    SELECT timestamp AS ts, user_id FROM raw.events
    WHERE timestamp BETWEEN @start_dt AND @end_dt AND (user_id <> 'sleeper' OR pg_sleep(120) IS NOT NULL)
    """,
    "models/reader.sql": "MODEL (name reader, kind FULL); SELECT COUNT(*) AS n FROM slow",
]

private func request(_ task: String, attempt: Int = 1) -> TransformRequested {
    TransformRequested(
        task: task, run: "run", attempt: attempt, action: .run, environment: "prod", model: "analytics.slow",
        upTo: day(5).date, deadline: Date(timeIntervalSinceNow: 600))
}

private func cancel(_ task: String, attempt: Int = 1) -> TransformCancelRequested {
    TransformCancelRequested(
        task: task, run: "run", attempt: attempt, environment: "prod", model: "analytics.slow", reason: "Ada wants it")
}

@Suite(
    "What runs says what it is for, and can be ended", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct CancellingTests {
    /// Days 1 to 4 of `slow`, of which day 3 takes for ever.
    private func prepare(_ test: TestDatabase) async throws {
        try await test.apply(try TestPipelines.make(naps), at: day(1))
        try await test.insert([("ada", "view", "2026-11-02 10:00Z"), ("sleeper", "view", "2026-11-03 10:00Z")])
        try await test.execute("DELETE FROM transformer.outbox")
    }

    /// Until the statement of day 3 sleeps.
    private func untilCommand(is state: String, _ test: TestDatabase) async throws {
        while try await test.value("SELECT state FROM transformer.commands") != state {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func untilAsleep(_ test: TestDatabase) async throws {
        while try await test.value(
            "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
            != "1"
        {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func worker(_ test: TestDatabase, cancelAsked: WakeUp = WakeUp()) -> Worker {
        Worker(
            name: "w", store: test.workbench.store, catalog: test.workbench.catalog, tables: test.workbench.tables,
            lease: .seconds(5), commandArrived: WakeUp(), cancelAsked: cancelAsked, messageWaits: WakeUp(),
            logger: Logger.silent)
    }

    private func recorder(_ test: TestDatabase) -> ControlRecorder {
        ControlRecorder(
            store: test.workbench.store, catalog: test.workbench.catalog, commandArrived: WakeUp(),
            messageWaits: WakeUp(), name: "w", logger: Logger.silent)
    }

    private func answers(_ test: TestDatabase) async throws -> [[String]] {
        try await test.rows(
            """
            SELECT type, payload::jsonb #>> '{error,code}', payload::jsonb #>> '{error,retriable}'
            FROM transformer.outbox WHERE type IN ('transform.failed', 'transform.succeeded') ORDER BY position
            """)
    }

    @Test("a statement carries environment, model, interval and task; the state tells who holds it")
    func labels() async throws {
        try await withDatabase { test in
            try await prepare(test)
            _ = try await test.workbench.store.receive(request("a"))
            let running = Task { [worker = worker(test)] in try await worker.run() }
            try await untilAsleep(test)
            let shown = try await test.rows(
                "SELECT application_name, query FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            let works = try await test.workbench.store.running(limit: 10)
            let work = try #require(works.first)
            #expect(works.count == 1 && work.model.description == "analytics.slow" && work.environment == "prod")
            #expect(work.computed == days(3...3) && work.holder == "w" && work.task == "a" && work.plan == nil)
            #expect(work.statement?.waitsFor == "Timeout: PgSleep")
            #expect(
                shown[0][0].hasPrefix("millrace transformer ")
                    && shown[0][0].hasSuffix(" prod/analytics.slow 2026-11-03"))
            #expect(
                shown[0][1].hasPrefix(
                    "/* service=transformer environment=prod model=analytics.slow interval=2026-11-03 task=a holder=w work="
                ), "\(shown[0][1])")
            running.cancel()
            _ = await running.result
            #expect(try await test.workbench.store.running(limit: 10).isEmpty)
        }
    }

    @Test(
        "a cancelled command ends in the database and is answered once it has; what was finished stays, the rest is open"
    )
    func cancelled() async throws {
        try await withDatabase { test in
            try await prepare(test)
            let recorder = recorder(test)
            _ = try await test.workbench.store.receive(request("a"))
            let running = Task { [worker = worker(test)] in try await worker.run() }
            try await untilAsleep(test)
            #expect(try await recorder.record(cancel("a")))
            try await untilCommand(is: "failed", test)
            #expect(
                try await test.value(
                    "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                ) == "0")
            #expect(try await answers(test) == [["transform.failed", "cancelled", "false"]])
            #expect(try await test.value("SELECT string_agg(user_id, ',') FROM analytics.slow") == "ada")
            let table = try #require(try await test.workbench.catalog.environment("prod")[ModelName("slow")!])
            #expect(try await test.workbench.store.done(table.id) == days(1...2))
            #expect(try await test.value("SELECT count(*)::text FROM transformer.active_work") == "0")

            // Again: the same answer. A later attempt is work again, whoever has cancelled the one before.
            #expect(try await recorder.record(cancel("a")))
            #expect(try await answers(test).count == 2)
            try await test.execute("UPDATE raw.events SET user_id = 'bob' WHERE user_id = 'sleeper'")
            #expect(try await recorder.record(request("a", attempt: 2)))
            #expect(try await recorder.record(cancel("a")), "the first attempt, which is over")
            try await untilCommand(is: "succeeded", test)
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.slow") == "ada,bob")
            #expect(try await recorder.record(cancel("a", attempt: 2)))
            #expect(try await answers(test).map { $0[0] }.suffix(2) == ["transform.succeeded", "transform.succeeded"])
            running.cancel()
            _ = await running.result
        }
    }

    @Test(
        "a command that waits is ended before it begins; one that nobody knows is answered; one that is nobody's is not"
    )
    func waiting() async throws {
        try await withDatabase { test in
            try await prepare(test)
            let recorder = recorder(test)
            _ = try await test.workbench.store.receive(request("a"))
            #expect(try await recorder.record(cancel("a")))
            #expect(try await test.workbench.store.take(worker: "w", lease: .seconds(5)) == nil)
            #expect(try await recorder.record(cancel("b")))
            var nobodys = cancel("c")
            nobodys.task = ""
            #expect(try await recorder.record(nobodys))
            #expect(try await answers(test) == Array(repeating: ["transform.failed", "cancelled", "false"], count: 2))
        }
    }

    @Test("a worker that takes over a command that was cancelled meanwhile ends it, and begins nothing")
    func takenOver() async throws {
        try await withDatabase { test in
            try await prepare(test)
            _ = try await test.workbench.store.receive(request("a"))
            _ = try await test.workbench.store.take(worker: "dead", lease: .milliseconds(1))
            #expect(try await recorder(test).record(cancel("a")))
            let running = Task { [worker = worker(test)] in try await worker.run() }
            try await untilCommand(is: "failed", test)
            running.cancel()
            _ = await running.result
            #expect(try await answers(test) == [["transform.failed", "cancelled", "false"]])
            #expect(try await test.value("SELECT count(*)::text FROM transformer.outbox") == "1", "nothing was begun")
        }
    }

    @Test("a statement that somebody ends in the database fails its command, which is not begun again")
    func byHand() async throws {
        try await withDatabase { test in
            try await prepare(test)
            _ = try await test.workbench.store.receive(request("a"))
            let running = Task { [worker = worker(test)] in try await worker.run() }
            try await untilAsleep(test)
            try await test.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            try await untilCommand(is: "failed", test)
            #expect(try await answers(test) == [["transform.failed", "cancelled", "false"]])
            running.cancel()
            _ = await running.result
        }
    }

    @Test("a command of the command line that is interrupted ends its statement, and the next one does the rest")
    func commandLine() async throws {
        try await withDatabase { test in
            try await prepare(test)
            let process = Process()
            process.executableURL = ServeProcess.executable
            process.arguments = ["run"]
            process.environment = ProcessInfo.processInfo.environment.merging(["POSTGRES_DB": test.name]) { _, new in
                new
            }
            let errors = Pipe()
            process.standardOutput = FileHandle.nullDevice
            process.standardError = errors
            try process.run()
            try await untilAsleep(test)
            process.interrupt()
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 1)
            #expect(said.contains("Stopped by SIGINT"), "\(said)")
            #expect(
                try await test.value(
                    "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                ) == "0")
            #expect(try await test.value("SELECT count(*)::text FROM transformer.active_work") == "0")
            try await test.execute("UPDATE raw.events SET user_id = 'bob' WHERE user_id = 'sleeper'")
            try await test.run(at: day(5))
            #expect(
                try await test.value("SELECT string_agg(user_id, ',' ORDER BY ts) FROM analytics.slow") == "ada,bob")
        }
    }
}
