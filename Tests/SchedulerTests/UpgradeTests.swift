import ControlPlane
import Foundation
import Testing
import Timetable

@testable import Scheduler

/// State that another version wrote, and another version beside this one.
@Suite("An upgrade", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct UpgradeTests {
    /// Leaves a run as the version before tasks were nodes did: its columns alone.
    private func forgetNodes(_ harness: Harness) async throws {
        try await harness.database.pool.execute(
            """
            UPDATE scheduler.tasks SET kind = NULL, rule = NULL, attempts_before = NULL, marked_by = NULL,
                retry_delay = NULL, retry_delay_max = NULL, timeout = NULL
            """)
        try await harness.database.pool.execute(
            "UPDATE scheduler.runs SET plan = NULL, cancelled_at = NULL, cancelled_by = NULL")
    }

    @Test("in the middle of a run: it goes on where it was, in the same order, with what it had been tried")
    func middleOfRun() async throws {
        try await Harness.with({ $0.model == "b" && $0.attempt == 1 ? .start : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"], "c": ["b"]])
            let first = try harness.start("old")
            _ = try await harness.learnt(by: first.node)
            let id = try await harness.trigger()
            try await harness.transformer.until { $0.contains { $0.model == "b" } }
            first.task.cancel()
            try? await first.task.value
            try await forgetNodes(harness)
            try await harness.withNode("new") { node in
                let failed = harness.transformer.commands[1]
                try await harness.transformer.answer(failed, .fail(retriable: true))
                let run = try await harness.finished(id, node)
                #expect(run.run.state == .succeeded && run.run.plan == nil)
                #expect(
                    harness.transformer.commands.map { "\($0.model)#\($0.attempt)" } == ["a#1", "b#1", "b#2", "c#1"])
            }
        }
    }

    @Test("leaves an older leader at work: it writes every column that it knows, and leaves the others empty")
    func olderLeader() async throws {
        try await Harness.with { harness in
            let run =
                #"{"run":"01935a22-7c1e-7b90-8f51-b3f0d2a91c44","dag":"d","environment":"d","trigger":"manual","state":"queued","scheduled_for":"2026-11-01T00:00:00Z","up_to":"2026-11-01T00:00:00Z","created_at":"2026-11-01T00:00:00Z"}"#
            let task =
                #"{"task":"01935a22-7c1e-7b90-8f51-b3f0d2a91c45","run":"01935a22-7c1e-7b90-8f51-b3f0d2a91c44","position":0,"model":"a","depends_on":[],"state":"waiting","attempt":0,"retries_max":2,"up_to":"2026-11-01T00:00:00Z","done":0,"total":0}"#
            try await harness.database.pool.execute(
                "INSERT INTO scheduler.runs SELECT r.* FROM jsonb_populate_record(NULL::scheduler.runs, \(run)::jsonb) r"
            )
            try await harness.database.pool.execute(
                "INSERT INTO scheduler.tasks SELECT t.* FROM jsonb_populate_record(NULL::scheduler.tasks, \(task)::jsonb) t"
            )
            let stored = try #require(try await harness.store.activeRuns().values.first)
            let policy = RetryPolicy(retriesMax: 9, delay: 3, delayMax: 4, attemptTimeout: 5)
            #expect(
                stored.tasks.map { $0.node(policy) } == [
                    Node(id: "a", retry: RetryPolicy(retriesMax: 2, delay: 3, delayMax: 4, attemptTimeout: 5))
                ])
        }
    }

    @Test("to a version with more columns leaves this one at work")
    func newerSchema() async throws {
        try await Harness.with { harness in
            for table in ["dags", "runs", "tasks", "attempts", "positions", "audit", "outbox", "set_aside"] {
                try await harness.database.pool.execute(
                    "ALTER TABLE scheduler.\(sql: table) ADD COLUMN dreamt int NOT NULL DEFAULT 7")
            }
            try await harness.promote(["a": [], "b": ["a"]])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                #expect(try await harness.finished(try await harness.trigger(), node).run.state == .succeeded)
                #expect(try await harness.setAsideHere().isEmpty)
            }
        }
    }

    @Test("of settings changes no run that is there: it keeps the waits and limits that it was made with")
    func pinned() throws {
        let manifest = EnvironmentManifest(
            environment: "prod", promotedAt: Date(), plan: "p7",
            models: [
                .init(name: "a", kind: "FULL", relation: "x.a", columns: [], dependsOn: [], sources: [], cron: "@daily")
            ])
        let made = RetryPolicy(retriesMax: 1, delay: 2, delayMax: 3, attemptTimeout: 4)
        let plan = try RunPlanner(manifest, retry: made).manual(nil, by: "ada", at: Date())
        #expect(plan.run.plan == "p7")
        #expect(plan.tasks.map { $0.node(.few(9)).retry } == [made])
    }
}
