import ControlPlane
import Foundation
import ServiceRuntime
import Testing
import Timetable

@testable import Scheduler

@Suite("Limits", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct LimitTests {
    private func promote(_ harness: Harness, _ models: [(String, tags: [String])]) async throws {
        try await harness.publish(
            EnvironmentManifest(
                environment: harness.environment, promotedAt: Date(), plan: "p",
                models: models.map {
                    .init(
                        name: $0.0, kind: "FULL", relation: "x.\($0.0)", columns: [], dependsOn: [], sources: [],
                        cron: "0 0 1 1 *", tags: $0.tags)
                }))
    }

    @Test("a pool's places are shared by runs, handed on in the order of priorities, and kept over a change of leader")
    func pools() async throws {
        try await Harness.with({ _ in .start }) { harness in
            @Sendable func limit(_ settings: inout SchedulerSettings) {
                settings.pools = ["heavy": 1]
                settings.activeRunsMax = 2
            }
            try await promote(
                harness,
                [
                    ("low", tags: ["scheduler/pool=heavy"]), ("free", tags: []),
                    ("high", tags: ["scheduler/pool=heavy", "scheduler/priority=7"]),
                ])
            let commands = harness.transformer
            @Sendable func models() -> [String] { commands.commands.map(\.model) }
            let first = try harness.start("first", change: limit)
            _ = try await harness.learnt(by: first.node)
            let ids = [try await harness.trigger(), try await harness.trigger()]
            // In each run what needs no place goes, and over both one of those that need it.
            try await commands.until { $0.count >= 3 }
            #expect(models().sorted() == ["free", "free", "high"])
            first.task.cancel()
            try? await first.task.value
            try await harness.withNode("second", change: limit) { node in
                for _ in 0..<3 {
                    let count = commands.commands.count
                    let held = try #require(commands.commands.last { $0.model != "free" })
                    try await commands.answer(held, .succeed)
                    try await commands.until { $0.count > count }
                    #expect(commands.commands.count == count + 1)
                }
                #expect(models().filter { $0 != "free" } == ["high", "high", "low", "low"])
                let last = try #require(commands.commands.last)
                try await commands.answer(last, .succeed)
                for free in commands.commands where free.model == "free" { try await commands.answer(free, .succeed) }
                for id in ids { #expect(try await harness.finished(id, node).run.state == .succeeded) }
            }
        }
    }

    @Test("a place is free again when its task is cancelled")
    func cancelled() async throws {
        try await Harness.with({ $0.model == "a" ? .start : .succeed }) { harness in
            let tags = ["scheduler/pool=heavy"]
            try await promote(harness, [("a", tags: tags + ["scheduler/priority=1"]), ("b", tags: tags)])
            try await harness.withNode(change: { $0.pools = ["heavy": 1] }) { node in
                _ = try await harness.learnt(by: node)
                let id = try await harness.trigger()
                try await harness.transformer.until { $0.count == 1 }
                try await harness.act(.cancel, on: id, models: ["a"])
                let run = try await harness.finished(id, node)
                #expect(
                    Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.state) }) == [
                        "a": .cancelled, "b": .succeeded,
                    ])
            }
        }
    }

    @Test("a run that takes longer than runs may is cancelled, with the reason")
    func runTimeout() async throws {
        let clock = TestClock()
        @Sendable func limit(_ settings: inout SchedulerSettings) {
            settings.runTimeout = .seconds(30)
        }
        try await Harness.with({ _ in .start }) { harness in
            try await harness.promote(["a": []])
            let first = try harness.start("first", clock: clock, change: limit)
            _ = try await harness.learnt(by: first.node)
            let id = try await harness.trigger(at: clock.now)
            try await harness.transformer.until { $0.count == 1 }
            first.task.cancel()
            try? await first.task.value
            clock.set(clock.now.addingTimeInterval(31))
            try await harness.withNode("second", clock: clock, change: limit) { node in
                let run = try await harness.finished(id, node)
                #expect(run.run.state == .cancelled)
                #expect(run.run.cancelledBy?.contains("SCHEDULER_RUN_TIMEOUT") == true)
                #expect(harness.transformer.cancels.count == 1)
            }
        }
    }

    @Test("tags of a model say its pool, priority, retries and timeout; what cannot be followed is told")
    func hints() throws {
        let hints = ModelHints([
            "finance", "scheduler/pool=heavy", "scheduler/priority=-3", "scheduler/retries=0", "scheduler/timeout=10m",
        ])
        #expect(hints.pool == "heavy" && hints.priority == -3 && hints.retries == 0 && hints.timeout == .seconds(600))
        #expect(hints.problems.isEmpty)
        let bad = ModelHints([
            "scheduler/pool=a b", "scheduler/pool", "scheduler/priority=1001", "scheduler/retries=-1",
            "scheduler/timeout=soon", "scheduler/=", "scheduler/colour=red", "scheduler/",
        ])
        #expect(bad.problems.count == 8, "\(bad.problems)")
        #expect(
            bad
                == {
                    var none = ModelHints([]); none.problems = bad.problems; return none
                }())
        let manifest = EnvironmentManifest(
            environment: "prod", promotedAt: Date(), plan: "p",
            models: [
                .init(
                    name: "a", kind: "FULL", relation: "x.a", columns: [], dependsOn: [], sources: [], cron: "@daily",
                    tags: ["scheduler/pool=heavy", "scheduler/timeout=10m", "scheduler/retries=7"])
            ])
        let task = try RunPlanner(manifest, retry: .few(1)).manual(nil, by: "ada", at: Date()).tasks[0]
        let node = task.node(.few(1), pools: ["heavy"])
        #expect(node.pool == "heavy" && node.retry.retriesMax == 7 && node.retry.attemptTimeout == 600)
        #expect(task.node(.few(1), pools: ["other"]).pool == nil, "a pool without a limit needs no place")
    }

    @Test(
        "pools are names with places",
        arguments: [
            ("heavy=2, default=16", ["heavy": 2, "default": 16]), ("", [:]), ("a=1,a=2", nil), ("a", nil), ("a=0", nil),
            ("a=x", nil), ("=1", nil), ("a b=1", nil), ("a=10001", nil),
        ])
    func setting(text: String, pools: [String: Int]?) {
        let found = try? SchedulerSettings.poolsSetting.check(text) as? [String: Int]
        #expect(found == pools)
    }
}
