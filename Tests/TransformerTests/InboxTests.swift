import ControlPlane
import Foundation
import Logging
import Pipeline
import Planning
import Testing

@testable import Transformer

private func request(_ task: String, attempt: Int = 1, deadline: Date = Date(timeIntervalSinceNow: 600))
    -> TransformRequested
{
    TransformRequested(
        task: task, run: "run", attempt: attempt, action: .run, environment: "prod", model: "analytics.pageviews",
        upTo: day(5).date, deadline: deadline)
}

private func success(_ request: TransformRequested) -> TransformSucceeded {
    TransformSucceeded(
        task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
        model: request.model, worker: "w", intervals: [], rows: 0, durationMs: 1)
}

@Suite("The inbox of commands", .enabled(if: TestDatabase.isAvailable)) struct InboxTests {
    @Test("the same task twice is worked on once, and answers again once it is done")
    func twice() async throws {
        try await withDatabase { test in
            let store = test.workbench.store
            #expect(try await store.receive(request("a")))
            #expect(try await !store.receive(request("a")))
            let command = try #require(try await store.take(worker: "w", lease: .seconds(60)))
            #expect(try await store.take(worker: "v", lease: .seconds(60)) == nil)
            try await store.finish(command, succeeded: success(command.request))
            #expect(try await !store.receive(request("a", attempt: 2)))
            #expect(try await store.take(worker: "v", lease: .seconds(60)) == nil)
            let answers = try await test.rows(
                "SELECT type, payload::jsonb ->> 'attempt' FROM transformer.outbox ORDER BY position")
            #expect(answers == [["transform.succeeded", "1"], ["transform.succeeded", "2"]])
        }
    }

    @Test("a later attempt at a failed task is work again")
    func retried() async throws {
        try await withDatabase { test in
            let store = test.workbench.store
            _ = try await store.receive(request("a"))
            let command = try #require(try await store.take(worker: "w", lease: .seconds(60)))
            let failure = ControlFailure(code: "x", message: "x", retriable: true)
            try await store.finish(
                command,
                failed: TransformFailed(
                    task: "a", run: "run", attempt: 1, environment: "prod", model: "m", worker: "w", error: failure))
            #expect(try await !store.receive(request("a", attempt: 1)))
            #expect(try await store.receive(request("a", attempt: 2)))
            #expect(try await store.take(worker: "w", lease: .seconds(60))?.request.attempt == 2)
        }
    }

    @Test("a worker without a sign of life loses its command, and may write no more")
    func fenced() async throws {
        try await withDatabase { test in
            let store = test.workbench.store
            _ = try await store.receive(request("a"))
            let first = try #require(try await store.take(worker: "w", lease: .seconds(60)))
            try await test.execute("UPDATE transformer.commands SET lease_until = now() - interval '1 second'")
            let second = try #require(try await store.take(worker: "v", lease: .seconds(60)))
            #expect(second.token > first.token)
            #expect(try await store.renew(first, lease: .seconds(60)) == nil)
            #expect(try await store.renew(second, lease: .seconds(60)) != nil)
            let error = await #expect(throws: TransformerError.self) {
                try await store.finish(first, succeeded: success(first.request))
            }
            #expect(error?.code == .leaseLost)
            try await store.finish(second, succeeded: success(second.request))
            #expect(try await test.value("SELECT count(*)::text FROM transformer.outbox") == "1")
        }
    }

    @Test("the deadline of an attempt does not fail the next one at the same task")
    func extended() async throws {
        try await withDatabase { test in
            let store = test.workbench.store
            _ = try await store.receive(request("a", deadline: Date(timeIntervalSinceNow: -1)))
            let command = try #require(try await store.take(worker: "w", lease: .seconds(60)))
            #expect(try await !store.releaseIfExtended(command), "nobody has asked again")
            let later = Date(timeIntervalSinceNow: 600)
            _ = try await store.receive(request("a", attempt: 2, deadline: later))
            let deadline = try #require(try await store.renew(command, lease: .seconds(60)))
            #expect(abs(deadline.timeIntervalSince(later)) < 1)
            #expect(try await store.releaseIfExtended(command))
            #expect(try await store.take(worker: "v", lease: .seconds(60))?.request.attempt == 2)
        }
    }

    @Test(
        "what cannot be done fails for good, with a reason",
        arguments: [
            ("nowhere", "analytics.pageviews", "unknown_environment", false),
            ("prod", "analytics.nothing", "unknown_model", false),
            ("prod", "???", "unknown_model", false),
        ])
    func refused(environment: String, model: String, code: String, retriable: Bool) async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), at: day(5))
            try await test.execute("DELETE FROM transformer.outbox")
            var command = request("a")
            command.environment = environment
            command.model = model
            _ = try await test.workbench.store.receive(command)
            try await work(test) { try await test.value("SELECT state FROM transformer.commands") == "failed" }
            let failures = try await test.rows(
                "SELECT payload::jsonb #>> '{error,code}', payload::jsonb #>> '{error,retriable}' FROM transformer.outbox WHERE type = 'transform.failed'"
            )
            #expect(failures == [[code, "\(retriable)"]])
        }
    }

    @Test("a command is carried out, and says so")
    func carriedOut() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), at: day(3))
            try await test.insert([("ada", "page_view", "2026-11-04 10:00Z")])
            try await test.execute("DELETE FROM transformer.outbox")
            _ = try await test.workbench.store.receive(request("a"))
            try await work(test) { try await test.value("SELECT state FROM transformer.commands") == "succeeded" }
            let types = try await test.rows("SELECT type FROM transformer.outbox ORDER BY position").map { $0[0] }
            #expect(types == ["transform.started", "model.updated", "transform.progressed", "transform.succeeded"])
            #expect(try await test.value("SELECT user_id FROM analytics.pageviews") == "ada")
        }
    }

    @Test("a task past its deadline is not begun")
    func deadline() async throws {
        try await withDatabase { test in
            _ = try await test.workbench.store.receive(request("a", deadline: Date(timeIntervalSinceNow: -1)))
            try await work(test) { try await test.value("SELECT state FROM transformer.commands") == "failed" }
            let code = try await test.value("SELECT outcome #>> '{error,code}' FROM transformer.commands")
            #expect(code == "deadline_passed")
        }
    }

    /// Runs one worker until `isDone`.
    private func work(_ test: TestDatabase, until isDone: @Sendable @escaping () async throws -> Bool) async throws {
        let arrived = WakeUp()
        let worker = Worker(
            name: "w", store: test.workbench.store, catalog: test.workbench.catalog, tables: test.workbench.tables,
            lease: .seconds(5), commandArrived: arrived, messageWaits: WakeUp(), logger: Logger.silent)
        let running = Task { try await worker.run() }
        while try await !isDone() { await Task.yield() }
        running.cancel()
        _ = await running.result
    }
}
