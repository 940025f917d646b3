import Foundation
import TestValues
import Testing
import Timetable

@Suite("What people do to a run") struct RunActTests {
    private static let now = time("2026-11-23T10:00Z")
    private static let retry = RetryPolicy(retriesMax: 1, delay: 10, delayMax: 300, attemptTimeout: 3600)
    private static let fatal = TaskFailure(code: "sql_error", message: "no such column", isRetriable: false)
    private static let transient = TaskFailure(code: "gone", message: "gone", isRetriable: true)
    private static let ended = TaskFailure(code: TaskFailure.cancelled, message: "ended", isRetriable: false)

    private func machine(_ graph: KeyValuePairs<String, [String]>, rules: [String: TriggerRule] = [:]) throws
        -> RunMachine
    {
        let tasks = graph.map { name, before in
            RunTask(
                id: name,
                node: Node(id: name, dependsOn: before, rule: rules[name] ?? .allSuccess, retry: Self.retry))
        }
        var machine = try RunMachine(id: "run", tasks: tasks)
        _ = machine.handle(.begin, at: Self.now)
        return machine
    }

    private func dispatched(_ actions: [RunMachine.Action]) -> [String] {
        actions.compactMap { if case .dispatch(let task, let attempt, _) = $0 { "\(task)#\(attempt)" } else { nil } }
    }

    private func phases(_ machine: RunMachine) -> [String: TaskPhase] { machine.tasks.mapValues(\.phase) }

    @Test("a task that is cancelled ends with its worker's word; what hangs on it fails, the rest goes on")
    func cancelTask() throws {
        var machine = try machine(["a": [], "b": ["a"], "other": []])
        #expect(try machine.act(.cancel, on: ["a"], at: Self.now).contains(.end(task: "a", attempt: 1)))
        #expect(phases(machine) == ["a": .cancelling, "b": .waiting, "other": .queued])
        #expect(throws: ActRefusal.nothing) { try machine.act(.cancel, on: ["a"], at: Self.now) }
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.ended), at: Self.now)
        #expect(phases(machine) == ["a": .cancelled, "b": .upstreamFailed, "other": .queued])
        #expect(machine.handle(.succeeded(task: "other", attempt: 1), at: Self.now).last == .finished(.failed))
        #expect(throws: ActRefusal.isOver(["a"])) { try machine.act(.cancel, on: ["a"], at: Self.now) }
        #expect(throws: ActRefusal.isOver([])) { try machine.act(.cancel, on: nil, at: Self.now) }
    }

    @Test("a task that succeeds before it hears of its end has succeeded; one that fails by itself has failed")
    func cancelTooLate() throws {
        var first = try machine(["a": [], "b": ["a"]])
        _ = try first.act(.cancel, on: ["a"], at: Self.now)
        #expect(dispatched(first.handle(.succeeded(task: "a", attempt: 1), at: Self.now)) == ["b#1"])
        var second = try machine(["a": []])
        _ = try second.act(.cancel, on: nil, at: Self.now)
        #expect(
            second.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now).last == .finished(.cancelled))
        #expect(phases(second) == ["a": .failed], "and is not tried again")
        var third = try machine(["a": []])
        _ = try third.act(.cancel, on: nil, at: Self.now)
        #expect(third.handle(.succeeded(task: "a", attempt: 1), at: Self.now).last == .finished(.succeeded))
    }

    @Test("a run that waits is cancelled at once, and one without tasks")
    func cancelQueued() throws {
        for names in [["a"], []] {
            let tasks = names.map { RunTask(id: $0, node: Node(id: $0, retry: Self.retry)) }
            var machine = try RunMachine(id: "run", tasks: tasks)
            #expect(machine.handle(.cancel, at: Self.now).last == .finished(.cancelled))
            #expect(machine.handle(.begin, at: Self.now) == [])
        }
    }

    @Test("a failed task that is cleared has its attempts before it again, and what hung on it goes on")
    func clear() throws {
        var machine = try machine(["a": [], "b": ["a"], "c": ["b"], "x": []])
        _ = machine.handle(.succeeded(task: "x", attempt: 1), at: Self.now)
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now)
        let later = Self.now.addingTimeInterval(60)
        _ = machine.handle(.clock, at: later)
        #expect(machine.handle(.failed(task: "a", attempt: 2, Self.transient), at: later).last == .finished(.failed))
        #expect(throws: ActRefusal.follows(["b"])) { try machine.act(.clear, on: ["b"], at: later) }
        #expect(throws: ActRefusal.hasSucceeded(["x"])) { try machine.act(.clear, on: ["x"], at: later) }
        #expect(throws: ActRefusal.unknownTasks(["zzz"])) { try machine.act(.clear, on: ["zzz", "a"], at: later) }

        #expect(dispatched(try machine.act(.clear, on: ["a"], at: later)) == [], "another run may be going on")
        #expect(machine.phase == .queued)
        #expect(phases(machine) == ["a": .waiting, "b": .waiting, "c": .waiting, "x": .succeeded])
        #expect(throws: ActRefusal.notOver(["a"])) { try machine.act(.clear, on: ["a"], at: later) }
        #expect(dispatched(machine.handle(.begin, at: later)) == ["a#3"])
        #expect(throws: ActRefusal.underWay(["a"])) { try machine.act(.clear, on: ["a"], at: later) }
        // One retry again.
        _ = machine.handle(.failed(task: "a", attempt: 3, Self.transient), at: later)
        #expect(machine.tasks["a"]?.phase == .waiting)
        let last = later.addingTimeInterval(60)
        #expect(dispatched(machine.handle(.clock, at: last)) == ["a#4"])
        #expect(dispatched(machine.handle(.succeeded(task: "a", attempt: 4), at: last)) == ["b#1"])
        _ = machine.handle(.succeeded(task: "b", attempt: 1), at: last)
        #expect(machine.handle(.succeeded(task: "c", attempt: 1), at: last).last == .finished(.succeeded))
    }

    @Test("a run that is cleared has all tried again that ended badly, also one that was cancelled")
    func rerun() throws {
        var machine = try machine(["a": [], "b": ["a"], "x": [], "y": []])
        _ = machine.handle(.succeeded(task: "x", attempt: 1), at: Self.now)
        _ = machine.handle(.failed(task: "y", attempt: 1, Self.fatal), at: Self.now)
        _ = machine.handle(.cancel, at: Self.now)
        #expect(throws: ActRefusal.isCancelling) { try machine.act(.clear, on: nil, at: Self.now) }
        #expect(
            machine.handle(.failed(task: "a", attempt: 1, Self.ended), at: Self.now).last == .finished(.cancelled))
        _ = try machine.act(.clear, on: nil, at: Self.now)
        #expect(machine.phase == .queued && !machine.isCancelling)
        #expect(phases(machine) == ["a": .waiting, "b": .waiting, "x": .succeeded, "y": .waiting])
        #expect(dispatched(machine.handle(.begin, at: Self.now)) == ["a#2", "y#2"])
        var good = try self.machine(["a": []])
        _ = good.handle(.succeeded(task: "a", attempt: 1), at: Self.now)
        #expect(throws: ActRefusal.nothing) { try good.act(.clear, on: nil, at: Self.now) }
    }

    @Test("a part of a cancelled run that is cleared leaves the other parts cancelled")
    func clearPart() throws {
        var machine = try machine(["a": [], "b": ["a"], "x": [], "y": ["x"]])
        _ = machine.handle(.cancel, at: Self.now)
        for id in ["a", "x"] { _ = machine.handle(.failed(task: id, attempt: 1, Self.ended), at: Self.now) }
        _ = try machine.act(.clear, on: ["a"], downstream: true, at: Self.now)
        #expect(phases(machine) == ["a": .waiting, "b": .waiting, "x": .cancelled, "y": .cancelled])
    }

    @Test("a failed task that is marked as succeeded lets what hung on it go on")
    func markSucceeded() throws {
        var machine = try machine(["a": [], "b": ["a"]])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.fatal), at: Self.now)
        _ = try machine.act(.markSucceeded, on: ["a"], at: Self.now)
        #expect(machine.phase == .queued && phases(machine) == ["a": .succeeded, "b": .waiting])
        #expect(throws: ActRefusal.nothing) { try machine.act(.markSucceeded, on: ["a"], at: Self.now) }
        #expect(dispatched(machine.handle(.begin, at: Self.now)) == ["b#1"])
        #expect(machine.handle(.succeeded(task: "b", attempt: 1), at: Self.now).last == .finished(.succeeded))
        // Where nothing hangs on it, the run is over at once.
        var last = try self.machine(["a": []])
        _ = last.handle(.failed(task: "a", attempt: 1, Self.fatal), at: Self.now)
        #expect(try last.act(.markSucceeded, on: ["a"], at: Self.now).last == .finished(.succeeded))
        #expect(try last.act(.clear, on: ["a"], at: Self.now).contains(.changed(task: "a")), "a mark can be taken back")
        #expect(last.phase == .queued && !(last.tasks["a"]?.isMarked ?? true))
    }

    @Test("a task that is marked as failed stays so, whatever is heard of it; what waits for it fails with it")
    func markFailed() throws {
        var machine = try machine(["a": [], "b": ["a"], "x": []])
        #expect(throws: ActRefusal.underWay(["a"])) { try machine.act(.markFailed, on: ["a"], at: Self.now) }
        #expect(throws: ActRefusal.noTasks) { try machine.act(.markFailed, on: nil, at: Self.now) }
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now)
        _ = try machine.act(.markFailed, on: ["a"], at: Self.now)
        #expect(phases(machine) == ["a": .failed, "b": .upstreamFailed, "x": .queued])
        #expect(machine.handle(.succeeded(task: "a", attempt: 1), at: Self.now) == [])
        #expect(machine.handle(.succeeded(task: "x", attempt: 1), at: Self.now).last == .finished(.failed))
    }

    @Test("a retry that waits for a task which was cleared rings no alarm")
    func noAlarm() throws {
        var machine = try machine(["a": [], "b": ["a"], "slow": []], rules: ["b": .allDone])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.fatal), at: Self.now)
        _ = machine.handle(.failed(task: "b", attempt: 1, Self.transient), at: Self.now)
        _ = machine.handle(.succeeded(task: "slow", attempt: 1), at: Self.now)
        #expect(machine.nextTimer == machine.tasks["b"]?.retryAt)
        #expect(dispatched(try machine.act(.clear, on: ["a"], at: Self.now)) == ["a#2"])
        #expect(machine.nextTimer == Self.now.addingTimeInterval(3600), "that of a, which is under way")
        #expect(dispatched(machine.handle(.succeeded(task: "a", attempt: 2), at: Self.now)) == ["b#2"])
    }

    @Test("trigger rules decide what runs after a failure, and how the run ends", arguments: [true, false])
    func rules(fails: Bool) throws {
        var machine = try machine(
            ["load": [], "mend": ["load"], "tell": ["load", "mend"]], rules: ["mend": .oneFailed, "tell": .allDone])
        if fails {
            #expect(
                dispatched(machine.handle(.failed(task: "load", attempt: 1, Self.fatal), at: Self.now)) == ["mend#1"])
            #expect(dispatched(machine.handle(.succeeded(task: "mend", attempt: 1), at: Self.now)) == ["tell#1"])
        } else {
            #expect(dispatched(machine.handle(.succeeded(task: "load", attempt: 1), at: Self.now)) == ["tell#1"])
            #expect(machine.tasks["mend"]?.phase == .skipped)
        }
        #expect(machine.handle(.succeeded(task: "tell", attempt: 1), at: Self.now).last == .finished(.succeeded))
    }

    @Test("random rules, events and acts never break what always holds", arguments: 1...300)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let names = ["a", "b", "c", "d", "e", "f"]
        let tasks = names.enumerated().map { place, name in
            RunTask(
                id: name,
                node: Node(
                    id: name, dependsOn: names[..<place].filter { _ in random.below(3) == 0 },
                    rule: TriggerRule.allCases[random.below(TriggerRule.allCases.count)], retry: Self.retry))
        }
        var machine = try RunMachine(id: "run", tasks: tasks)
        var now = Self.now
        var asked: Set<String> = []
        func check(_ actions: [RunMachine.Action]) {
            for action in actions {
                guard case .dispatch(let id, let attempt, _) = action, let task = machine.tasks[id] else { continue }
                #expect(asked.insert("\(id)#\(attempt)").inserted, "seed \(seed): \(id)#\(attempt) twice")
                let before = task.node.dependsOn.compactMap { machine.tasks[$0]?.phase }
                #expect(task.node.rule.verdict(upstream: before) == .run, "seed \(seed): \(id)")
                #expect(machine.phase == .running && !machine.isCancelling, "seed \(seed)")
            }
            #expect(machine.phase.isOver == machine.tasks.values.allSatisfy(\.phase.isOver) || machine.phase == .queued)
            #expect(actions.filter { if case .finished = $0 { true } else { false } }.count <= 1, "seed \(seed)")
            if machine.phase == .running {
                #expect(machine.nextTimer != nil, "seed \(seed): nothing would ever wake it")
            }
            let stored = names.compactMap { machine.tasks[$0] }
            let restored = try? RunMachine(
                id: "run", tasks: stored, phase: machine.phase, isCancelling: machine.isCancelling)
            #expect(restored == machine, "seed \(seed)")
        }
        for _ in 0..<300 {
            now.addTimeInterval(Double(random.below(900)))
            let id = names[random.below(names.count)]
            let attempt = random.below(5)
            switch random.below(14) {
            case 0...3: check(machine.handle(.succeeded(task: id, attempt: attempt), at: now))
            case 4, 5: check(machine.handle(.failed(task: id, attempt: attempt, Self.transient), at: now))
            case 6: check(machine.handle(.failed(task: id, attempt: attempt, Self.ended), at: now))
            case 7: check(machine.handle(.started(task: id, attempt: attempt), at: now))
            case 8, 9: check(machine.handle(.begin, at: now))
            case 10: check(machine.handle(.clock, at: now))
            default:
                let act = RunAct.allCases[random.below(RunAct.allCases.count)]
                let chosen: Set<String>? = random.below(4) == 0 ? nil : [id, names[random.below(names.count)]]
                let before = machine
                do throws(ActRefusal) {
                    check(try machine.act(act, on: chosen, downstream: random.below(2) == 0, at: now))
                } catch {
                    #expect(machine == before, "seed \(seed): \(act) refused with \(error), and something changed")
                }
            }
        }
        // Left alone, it comes to its end.
        for _ in 0..<200 where !machine.phase.isOver {
            check(machine.handle(.begin, at: now))
            now = machine.nextTimer ?? now
            check(machine.handle(.clock, at: now))
        }
        #expect(machine.phase.isOver, "seed \(seed)")
    }
}
