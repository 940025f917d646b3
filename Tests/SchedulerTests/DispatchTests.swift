import ControlPlane
import Foundation
import Kafka
import TestKit
import Testing
import Timetable

@testable import Scheduler

/// The whole scheduler but its HTTP face, on the real PostgreSQL and broker, with a transformer that only answers.
@Suite("A scheduler at work", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct DispatchTests {
    @Test("asks for models in the order of their dependencies and tells how the run went")
    func order() async throws {
        try await Harness.with { harness in
            try await harness.promote(["d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.run.state == .succeeded)
                let models = harness.transformer.commands.map(\.model)
                #expect(
                    models.first == "a" && models.last == "d" && Set(models) == ["a", "b", "c", "d"]
                        && models.count == 4)
                #expect(run.attempts.count == 4 && run.attempts.allSatisfy { $0.worker == "fake" && $0.rows == 7 })
                #expect(run.tasks.allSatisfy { $0.startedAt != nil && $0.finishedAt != nil && $0.deadlineAt == nil })
                #expect(
                    harness.transformer.commands.allSatisfy {
                        $0.action == .run && $0.from == nil && $0.upTo == run.run.upTo
                    })
                while try await !harness.store.outbox().isEmpty { await Task.yield() }
                let types = try await runMessages(run.run.run)
                #expect(types == ["run.started", "run.succeeded"])
            }
        }
    }

    @Test("tries a failed task again, under the same id, and the run succeeds")
    func retry() async throws {
        try await Harness.with({ $0.attempt < 3 ? .fail(retriable: true) : .succeed }) { harness in
            try await harness.promote(["a": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.run.state == .succeeded && run.run.failure == nil)
                #expect(harness.transformer.commands.map(\.attempt) == [1, 2, 3])
                #expect(Set(harness.transformer.commands.map(\.task)).count == 1)
                #expect(run.attempts.map(\.state) == [.failed, .failed, .succeeded])
            }
        }
    }

    @Test("a task that fails for good fails what hangs on it; the rest goes on")
    func failure() async throws {
        try await Harness.with({ $0.model == "b" ? .fail(retriable: false) : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"], "c": ["b"], "d": ["c"], "other": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.run.state == .failed && run.run.failedModel == "b" && run.run.failure?.code == "sql_error")
                let states = Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.state) })
                #expect(
                    states == [
                        "a": .succeeded, "b": .failed, "c": .upstreamFailed, "d": .upstreamFailed, "other": .succeeded,
                    ])
                while try await !harness.store.outbox().isEmpty { await Task.yield() }
                #expect(try await runMessages(run.run.run) == ["run.started", "run.failed"])
            }
        }
    }

    @Test("an attempt without an answer is given up at its deadline and made again; its late success still counts")
    func deadline() async throws {
        try await Harness.with({ _ in .silence }) { harness in
            try await harness.promote(["a": []])
            try await harness.withNode(change: { $0.retry.attemptTimeout = 0.3 }) { node in
                _ = try await harness.learnt(by: node)
                let id = try await harness.trigger()
                try await harness.transformer.until { $0.count >= 2 }
                try await harness.transformer.answer(harness.transformer.commands[0], .succeed)
                let run = try await harness.finished(id, node)
                #expect(run.run.state == .succeeded)
                #expect(run.attempts.first?.failure == nil && run.attempts.first?.state == .succeeded)
            }
        }
    }

    @Test("ticks that fall due during a run collapse into one run for the latest of them")
    func collapse() async throws {
        let minute = Date(timeIntervalSince1970: 1_795_000_020)
        let clock = TestClock(minute.addingTimeInterval(10))
        try await Harness.with({ $0.upTo == minute.addingTimeInterval(60) ? .start : .succeed }) { harness in
            try await harness.promote(["a": []], cron: "* * * * *")
            try await harness.withNode(clock: clock) { node in
                _ = try await harness.learnt(by: node)
                clock.set(minute.addingTimeInterval(65))
                try await harness.wake()
                try await harness.transformer.until { $0.count == 1 }
                clock.set(minute.addingTimeInterval(6 * 60 + 5))
                try await harness.wake()
                try await harness.transformer.answer(harness.transformer.commands[0], .succeed)
                try await harness.transformer.until { $0.count == 2 }
                let last = try await harness.finished(harness.transformer.commands[1].run, node)
                #expect(last.run.trigger == .schedule)
                #expect(last.run.scheduledFor == minute.addingTimeInterval(6 * 60))
                #expect(try await harness.store.runs(of: harness.environment, limit: 10).count == 2)
            }
        }
    }

    @Test("a paused DAG has no scheduled runs, and one for what it missed when it goes on")
    func pause() async throws {
        let clock = TestClock(Date(timeIntervalSince1970: 1_795_000_030))
        try await Harness.with { harness in
            try await harness.promote(["a": []], cron: "@hourly")
            try await harness.withNode(clock: clock) { node in
                _ = try await harness.learnt(by: node)
                try await harness.store.setPaused(true, dag: harness.environment, by: "test", at: clock.now)
                // The leader reads pauses with the runs that are asked for: once this one is over it knows of this one.
                _ = try await harness.finished(try await harness.trigger(at: clock.now), node)
                clock.set(clock.now.addingTimeInterval(5 * 3600))
                // A manual run works all the same; when it is over, the leader has certainly looked at the clock.
                _ = try await harness.finished(try await harness.trigger(at: clock.now), node)
                #expect(
                    try await harness.store.runs(of: harness.environment, limit: 10).map(\.run.trigger)
                        == [.manual, .manual])
                try await harness.store.setPaused(false, dag: harness.environment, by: "test", at: clock.now)
                try await harness.transformer.until { $0.count == 3 }
                let run = try await harness.finished(harness.transformer.commands[2].run, node)
                #expect(run.run.trigger == .schedule)
                #expect(clock.now.timeIntervalSince(run.run.scheduledFor) < 3600)
                #expect(try await harness.store.runs(of: harness.environment, limit: 10).count == 3)
            }
        }
    }

    @Test("a backfill names its range, goes beside the schedule's runs and leaves the schedule alone")
    func backfill() async throws {
        try await Harness.with({ $0.action == .run ? .start : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"]], cron: "@hourly")
            try await harness.withNode { node in
                let dag = try await harness.learnt(by: node)
                _ = try await harness.trigger()
                try await harness.transformer.until { $0.count == 1 }
                let from = Date(timeIntervalSince1970: 1_795_000_000 - 86_400 * 400),
                    upTo = from.addingTimeInterval(86_400 * 7)
                let plan = try RunPlanner(dag.manifest, retry: .few(0))
                    .backfill(from: from, upTo: upTo, models: nil, by: "test", at: Date())
                let run = try await harness.finished(try await harness.store.request(plan, by: "test"), node)
                #expect(run.run.state == .succeeded)
                let commands = harness.transformer.commands.filter { $0.run == run.run.run }
                #expect(commands.map(\.model) == ["a", "b"])
                #expect(commands.allSatisfy { $0.action == .backfill && $0.from == from && $0.upTo == upTo })
                #expect(try await harness.store.dag(harness.environment).cursorAt == dag.cursorAt)
            }
        }
    }

    @Test("an environment that is removed is no DAG any more; its runs end")
    func removal() async throws {
        try await Harness.with({ _ in .start }) { harness in
            try await harness.promote(["a": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let id = try await harness.trigger()
                try await harness.transformer.until { $0.count == 1 }
                try await harness.publish(EnvironmentRemoved(environment: harness.environment))
                #expect(try await harness.finished(id, node).run.state == .cancelled)
                await #expect(throws: RequestError.unknownDAG(harness.environment)) {
                    try await harness.store.dag(harness.environment)
                }
            }
        }
    }

    private func runMessages(_ run: String) async throws -> [String] {
        try await consumeTopic(ControlTopic.events.rawValue, OwnBroker.settings()).filter { $0.keyText == run }
            .compactMap { $0.headers.last { $0.name == "ce_type" }?.text }.filter { $0.hasPrefix("run.") }
    }
}

extension Harness {
    /// Makes the leader look.
    func wake() async throws {
        try await database.pool.execute("SELECT pg_notify('millrace_scheduler', \(#"{"dag":"x","is_request":true}"#))")
    }
}
