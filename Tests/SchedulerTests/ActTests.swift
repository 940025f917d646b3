import ControlPlane
import Foundation
import Kafka
import TestKit
import Testing
import Timetable

@testable import Scheduler

@Suite("What people do to runs", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct ActTests {
    private func states(_ run: StoredRun) -> [String: TaskPhase] {
        Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.state) })
    }

    @Test("a run that is cancelled has its tasks ended, the person noted, and the run behind it goes on")
    func cancel() async throws {
        try await Harness.with({ $0.model == "a" && $0.attempt == 1 ? .start : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"]])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let (id, next) = (try await harness.trigger(), try await harness.trigger())
                try await harness.transformer.until { $0.count == 1 }
                try await harness.act(.cancel, on: id)
                let run = try await harness.finished(id, node)
                #expect(run.run.state == .cancelled && run.run.cancelledBy == "olga" && run.run.cancelledAt != nil)
                #expect(states(run) == ["a": .cancelled, "b": .cancelled])
                #expect(run.attempts.map(\.state) == [.cancelled])
                #expect(harness.transformer.cancels.map(\.task) == [harness.transformer.commands[0].task])
                #expect(harness.transformer.cancels.map(\.reason) == ["olga"])
                #expect(run.audit?.map(\.who) == ["test", "olga"] && run.audit?.last?.action == "cancel")
                #expect(try await harness.store.acts().values.isEmpty)
                try await harness.transformer.until { $0.count == 2 }
                try await harness.act(.cancel, on: next, models: ["a"])
                let second = try await harness.finished(next, node)
                #expect(second.run.state == .failed && second.run.failure?.code == "cancelled")
                #expect(states(second) == ["a": .cancelled, "b": .upstreamFailed])
            }
        }
    }

    @Test("a leader that takes over goes on cancelling; a transformer that says nothing is not waited for for ever")
    func cancelSilent() async throws {
        let clock = TestClock()
        try await Harness.with({ _ in .start }) { harness in
            harness.transformer.ignoreCancels()
            try await harness.promote(["a": []])
            let first = try harness.start("first", clock: clock)
            _ = try await harness.learnt(by: first.node)
            let id = try await harness.trigger(at: clock.now)
            try await harness.transformer.until { $0.count == 1 }
            try await harness.act(.cancel, on: id)
            let asked = try await harness.eventually(first.node) {
                let run = try await harness.store.run(id)
                return run.tasks[0].state == .cancelling ? run : nil
            }
            #expect(asked.run.state == .running && asked.run.cancelledBy == "olga")
            first.task.cancel()
            try? await first.task.value
            clock.set(clock.now.addingTimeInterval(RunMachine.cancelGraceMax + 1))
            try await harness.withNode("second", clock: clock) { second in
                let run = try await harness.finished(id, second)
                #expect(run.run.state == .cancelled && run.attempts[0].failure?.code == "cancelled")
            }
        }
    }

    @Test("what ends a command comes behind it, also when both were left by a leader that was killed")
    func order() async throws {
        try await Harness.with({ _ in .silence }) { harness in
            try await harness.promote(["a": []])
            let (task, run) = (UUIDv7.make().text, UUIDv7.make().text)
            let cancel = TransformCancelRequested(
                task: task, run: run, attempt: 1, environment: harness.environment, model: "a")
            let request = TransformRequested(
                task: task, run: run, attempt: 1, action: .run, environment: harness.environment, model: "a", from: nil,
                upTo: Date(), deadline: Date().addingTimeInterval(60))
            for (type, payload) in [
                (TransformCancelRequested.type, try StateJSON.text(cancel)),
                (TransformRequested.type, try StateJSON.text(request)),
            ] {
                try await harness.database.pool.execute(
                    """
                    INSERT INTO scheduler.outbox (message_id, type, payload)
                    VALUES (\(UUIDv7.make().text)::uuid, \(type), \(payload))
                    """)
            }
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                while try await !harness.store.outbox().isEmpty { await Task.yield() }
                let types = try await consumeTopic(ControlTopic.commands.rawValue, OwnBroker.settings())
                    .filter { $0.keyText == harness.environment }
                    .compactMap { $0.headers.last { $0.name == "ce_type" }?.text }
                #expect(types == [TransformRequested.type, TransformCancelRequested.type])
            }
        }
    }

    @Test("a failed task of a run that is over is cleared while nobody leads; it runs again, and what hung on it")
    func clear() async throws {
        try await Harness.with({ $0.model == "b" && $0.attempt == 1 ? .fail(retriable: false) : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"], "c": ["b"]])
            var id = ""
            try await harness.withNode { [harness] node in
                _ = try await harness.learnt(by: node)
                let failed = try await harness.finished(try await harness.trigger(), node)
                #expect(failed.run.state == .failed && failed.run.failedModel == "b")
            }
            id = try #require(try await harness.store.runs(of: harness.environment, limit: 1).first).run.run
            try await harness.act(.clear, on: id, models: ["b"])
            // The same again: when its turn comes there is nothing to clear.
            try await harness.act(.clear, on: id, models: ["b"])
            try await harness.withNode("again") { [id] node in
                let run = try await harness.eventually(node) {
                    let run = try await harness.store.run(id)
                    return run.run.state == .succeeded ? run : nil
                }
                #expect(run.run.failure == nil && run.run.failedModel == nil)
                #expect(
                    harness.transformer.commands.map { "\($0.model)#\($0.attempt)" } == ["a#1", "b#1", "b#2", "c#1"])
                #expect(run.attempts.filter { $0.state == .failed }.count == 1, "what happened stays to be read")
                let audit = run.audit ?? []
                #expect(audit.map(\.action) == ["manual", "clear b", "clear b"])
                #expect(audit.dropFirst().first?.detail == "b: failed → waiting, c: upstream_failed → waiting")
                #expect(audit.last?.detail?.hasPrefix("refused: Not over yet: `b`") == true)
                #expect(try await harness.setAsideHere().isEmpty)
            }
        }
    }

    @Test("a run that is cleared waits for the one that goes on, and both end")
    func clearTakesTurn() async throws {
        try await Harness.with({ $0.attempt == 1 ? .start : .succeed }) { harness in
            try await harness.promote(["a": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let first = try await harness.trigger()
                try await harness.transformer.until { $0.count == 1 }
                try await harness.transformer.answer(harness.transformer.commands[0], .fail(retriable: false))
                _ = try await harness.finished(first, node)
                let second = try await harness.trigger()
                try await harness.transformer.until { $0.count == 2 }
                try await harness.act(.clear, on: first)
                _ = try await harness.eventually(node) {
                    try await harness.store.run(first).run.state == .queued ? true : nil
                }
                #expect(harness.transformer.commands.count == 2)
                try await harness.transformer.answer(harness.transformer.commands[1], .succeed)
                #expect(try await harness.finished(second, node).run.state == .succeeded)
                #expect(try await harness.finished(first, node).run.state == .succeeded)
                #expect(harness.transformer.commands.map(\.attempt) == [1, 1, 2])
            }
        }
    }

    @Test("a task that is marked as succeeded lets the others go on; marked as failed, the run has failed by a person")
    func mark() async throws {
        try await Harness.with({ $0.model == "a" ? .fail(retriable: false) : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"]])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let id = try await harness.trigger()
                _ = try await harness.finished(id, node)
                try await harness.act(.markSucceeded, on: id, models: ["a"])
                let run = try await harness.eventually(node) {
                    let run = try await harness.store.run(id)
                    return run.run.state == .succeeded ? run : nil
                }
                #expect(states(run) == ["a": .succeeded, "b": .succeeded] && run.tasks[0].markedBy == "olga")
                try await harness.act(.markFailed, on: id, models: ["b"])
                let failed = try await harness.eventually(node) {
                    let run = try await harness.store.run(id)
                    return run.run.state == .failed ? run : nil
                }
                #expect(failed.run.failure?.code == "marked_failed" && failed.run.failedModel == "b")
                #expect(failed.run.failure?.message.contains("olga") == true)
                #expect(failed.run.finishedAt == run.run.finishedAt, "it has not run any longer for that")
                while try await !harness.store.outbox().isEmpty { await Task.yield() }
            }
        }
    }

    @Test("an act that the state refuses, or of a newer version, is set aside, and others are done")
    func badAct() async throws {
        try await Harness.with({ $0.attempt == 1 ? .fail(retriable: false) : .succeed }) { harness in
            try await harness.promote(["a": []])
            try await harness.withNode { node in
                _ = try await harness.learnt(by: node)
                let id = try await harness.trigger()
                _ = try await harness.finished(id, node)
                let strange = UUIDv7.make().text
                try await harness.database.pool.execute(
                    """
                    INSERT INTO scheduler.acts (id, run, dag, act, downstream, who, at)
                    VALUES (\(strange)::uuid, \(id)::uuid, 'x', 'dreamt', false, 'x', now())
                    """)
                try await harness.act(.clear, on: id)
                let run = try await harness.eventually(node) {
                    let run = try await harness.store.run(id)
                    return run.run.state == .succeeded ? run : nil
                }
                #expect(run.attempts.count == 2)
                #expect(try await harness.setAsideHere().map(\.id) == ["act/\(strange)"])
                #expect(try await harness.store.acts().unreadable.isEmpty)
            }
        }
    }
}

extension Harness {
    /// Wants something done to a run, as the API and the command do.
    func act(_ act: RunAct, on run: String, models: [String]? = nil) async throws {
        let stored = try await store.run(run)
        try await store.request(
            ActRecord(
                id: UUIDv7.make().text, run: run, dag: stored.run.dag, act: act, models: models, downstream: false,
                who: "olga", at: Date()))
    }
}
