import Foundation
import TestValues
import Testing
import Timetable

@Suite("A run") struct RunMachineTests {
    private static let now = time("2026-11-23T10:00Z")
    private static let retry = RetryPolicy(retriesMax: 2, delay: 10, delayMax: 300, attemptTimeout: 3600)
    private static let transient = TaskFailure(code: "connection_lost", message: "gone", isRetriable: true)
    private static let fatal = TaskFailure(code: "sql_error", message: "no such column", isRetriable: false)

    /// `["a": [], "b": ["a"]]`: task ids are the models' names.
    private func machine(_ graph: KeyValuePairs<String, [String]>, begun: Bool = true) throws -> RunMachine {
        let tasks = graph.map { RunTask(id: $0.key, node: Node(id: $0.key, dependsOn: $0.value, retry: Self.retry)) }
        var machine = try RunMachine(id: "run", tasks: tasks)
        if begun { _ = machine.handle(.begin, at: Self.now) }
        return machine
    }

    private func dispatched(_ actions: [RunMachine.Action]) -> [String] {
        actions.compactMap { if case .dispatch(let task, let attempt, _) = $0 { "\(task)#\(attempt)" } else { nil } }
    }

    private func phases(_ machine: RunMachine) -> [String: TaskPhase] { machine.tasks.mapValues(\.phase) }

    @Test("goes in the order of dependencies, side by side where it may")
    func order() throws {
        var machine = try machine(["a": [], "b": ["a"], "c": ["a", "elsewhere"], "d": ["b", "c"]], begun: false)
        #expect(dispatched(machine.handle(.begin, at: Self.now)) == ["a#1"])
        #expect(dispatched(machine.handle(.begin, at: Self.now)) == [])
        #expect(dispatched(machine.handle(.succeeded(task: "a", attempt: 1), at: Self.now)) == ["b#1", "c#1"])
        #expect(dispatched(machine.handle(.succeeded(task: "c", attempt: 1), at: Self.now)) == [])
        #expect(dispatched(machine.handle(.succeeded(task: "b", attempt: 1), at: Self.now)) == ["d#1"])
        #expect(machine.handle(.succeeded(task: "d", attempt: 1), at: Self.now).last == .finished(.succeeded))
    }

    @Test("without tasks is over at once")
    func empty() throws {
        var machine = try machine([:], begun: false)
        #expect(machine.handle(.begin, at: Self.now) == [.finished(.succeeded)])
    }

    @Test("tries again after a growing wait, then gives up; what hangs on it fails with it, the rest goes on")
    func retries() throws {
        var machine = try machine(["a": [], "b": ["a"], "c": ["b"], "other": []])
        var now = Self.now
        var waits: [TimeInterval] = []
        for attempt in 1...2 {
            _ = machine.handle(.failed(task: "a", attempt: attempt, Self.transient), at: now)
            let due = try #require(machine.tasks["a"]?.retryAt)
            waits.append(due.timeIntervalSince(now))
            #expect(machine.nextTimer == due)
            #expect(dispatched(machine.handle(.clock, at: due.addingTimeInterval(-0.001))) == [])
            #expect(dispatched(machine.handle(.clock, at: due)) == ["a#\(attempt + 1)"])
            now = due
        }
        #expect((5...10).contains(waits[0]) && (10...20).contains(waits[1]))
        _ = machine.handle(.failed(task: "a", attempt: 3, Self.transient), at: now)
        #expect(phases(machine) == ["a": .failed, "b": .upstreamFailed, "c": .upstreamFailed, "other": .queued])
        #expect(machine.handle(.succeeded(task: "other", attempt: 1), at: now).last == .finished(.failed))
    }

    @Test("does not try again what cannot work")
    func fatal() throws {
        var machine = try machine(["a": []])
        #expect(machine.handle(.failed(task: "a", attempt: 1, Self.fatal), at: Self.now).last == .finished(.failed))
    }

    @Test("gives up an attempt that takes too long, and tries again")
    func deadline() throws {
        var machine = try machine(["a": []])
        let deadline = Self.now.addingTimeInterval(3600)
        #expect(machine.nextTimer == deadline)
        let actions = machine.handle(.clock, at: deadline)
        guard case .attemptEnded("a", 1, let failure?) = actions.first else {
            return #expect(Bool(false), "\(actions)")
        }
        #expect(failure.code == "deadline_exceeded" && failure.isRetriable)
        #expect(machine.tasks["a"]?.phase == .waiting)
    }

    @Test("takes the success of any attempt, and the failure of the latest only")
    func staleAnswers() throws {
        var machine = try machine(["a": [], "b": ["a"]])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now)
        let later = Self.now.addingTimeInterval(60)
        #expect(dispatched(machine.handle(.clock, at: later)) == ["a#2"])
        #expect(machine.handle(.failed(task: "a", attempt: 1, Self.fatal), at: later) == [])
        #expect(machine.handle(.started(task: "a", attempt: 1), at: later) == [])
        #expect(dispatched(machine.handle(.succeeded(task: "a", attempt: 1), at: later)) == ["b#1"])
        #expect(machine.handle(.succeeded(task: "a", attempt: 2), at: later) == [])
        #expect(machine.handle(.failed(task: "a", attempt: 2, Self.transient), at: later) == [])
    }

    @Test("a success between two attempts makes the next one needless")
    func successWhileWaiting() throws {
        var machine = try machine(["a": []])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now)
        #expect(machine.handle(.succeeded(task: "a", attempt: 1), at: Self.now).last == .finished(.succeeded))
    }

    @Test("a late success of a failed task brings back what hung on it")
    func revival() throws {
        var machine = try machine(["a": [], "x": [], "b": ["a"], "c": ["a", "x"], "slow": []])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.fatal), at: Self.now)
        _ = machine.handle(.failed(task: "x", attempt: 1, Self.fatal), at: Self.now)
        #expect(dispatched(machine.handle(.succeeded(task: "a", attempt: 1), at: Self.now)) == ["b#1"])
        #expect(phases(machine)["c"] == .upstreamFailed)
    }

    @Test("an answer to a task that it does not know, or that was never asked for, changes nothing")
    func strangers() throws {
        var machine = try machine(["a": [], "b": ["a"]])
        let before = machine
        for event: RunMachine.Event in [
            .succeeded(task: "zzz", attempt: 1), .succeeded(task: "b", attempt: 1), .succeeded(task: "a", attempt: 2),
            .succeeded(task: "a", attempt: 0), .succeeded(task: "a", attempt: -1), .started(task: "b", attempt: 0),
            .failed(task: "b", attempt: 0, Self.fatal), .failed(task: "a", attempt: 7, Self.fatal),
        ] {
            #expect(machine.handle(event, at: Self.now) == [], "\(event)")
            #expect(machine == before, "\(event)")
        }
    }

    @Test("can be cancelled; what is under way is told to end, and not waited for for ever")
    func cancel() throws {
        var machine = try machine(["a": [], "b": ["a"]])
        #expect(machine.handle(.cancel, at: Self.now).contains(.end(task: "a", attempt: 1)))
        #expect(phases(machine) == ["a": .cancelling, "b": .cancelled])
        let end = Self.now.addingTimeInterval(RunMachine.cancelGraceMax)
        #expect(machine.nextTimer == end)
        #expect(machine.handle(.cancel, at: Self.now) == [])
        #expect(machine.handle(.clock, at: end).last == .finished(.cancelled))
        #expect(phases(machine) == ["a": .cancelled, "b": .cancelled])
        #expect(machine.handle(.succeeded(task: "a", attempt: 1), at: Self.now) == [])
        #expect(machine.nextTimer == nil)
    }

    @Test("restored from what was written down, goes on in the same way")
    func restored() throws {
        var machine = try machine(["a": [], "b": ["a"]])
        _ = machine.handle(.failed(task: "a", attempt: 1, Self.transient), at: Self.now)
        var copy = try RunMachine(
            id: "run", tasks: ["a", "b"].compactMap { machine.tasks[$0] }, phase: machine.phase)
        let later = Self.now.addingTimeInterval(60)
        #expect(machine.handle(.clock, at: later) == copy.handle(.clock, at: later))
        #expect(machine == copy)
    }

    @Test("random events, in any order and number, never break the rules", arguments: 1...50)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var machine = try machine(["a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []])
        var now = Self.now
        var asked: Set<String> = ["a#1", "e#1"]
        for _ in 0..<400 where !machine.phase.isOver {
            now.addTimeInterval(Double(random.below(900)))
            let id = machine.order[random.below(5)]
            let attempt = random.below(4)
            let event: RunMachine.Event =
                switch random.below(8) {
                case 0: .succeeded(task: id, attempt: attempt)
                case 1: .failed(task: id, attempt: attempt, random.below(4) == 0 ? Self.fatal : Self.transient)
                case 2: .started(task: id, attempt: attempt)
                case 3: .begin
                default: .clock
                }
            for action in machine.handle(event, at: now) {
                guard case .dispatch(let task, let attempt, _) = action else { continue }
                #expect(asked.insert("\(task)#\(attempt)").inserted, "seed \(seed): \(task)#\(attempt) twice")
                let needed = machine.tasks[task]?.node.dependsOn ?? []
                #expect(needed.allSatisfy { machine.tasks[$0]?.phase == .succeeded }, "seed \(seed): \(task) too early")
            }
            #expect(machine.phase.isOver == machine.tasks.values.allSatisfy(\.phase.isOver), "seed \(seed)")
            #expect(machine.phase.isOver || machine.nextTimer != nil, "seed \(seed): nothing would ever wake it")
        }
        #expect(machine.phase.isOver, "seed \(seed)")
    }

    @Test("waits double up to the longest one and are the same in every process")
    func delays() {
        let policy = RetryPolicy(retriesMax: 9, delay: 5, delayMax: 60, attemptTimeout: 60)
        let delays = (1...8).map { policy.delay(afterAttempt: $0, of: "task") }
        for (delay, whole) in zip(delays, [5.0, 10, 20, 40, 60, 60, 60, 60]) {
            #expect((whole / 2...whole).contains(delay))
        }
        #expect(policy.delay(afterAttempt: 1, of: "x") != policy.delay(afterAttempt: 1, of: "y"))
        #expect(policy.delay(afterAttempt: .max, of: "x") <= 60)
        #expect(delays == (1...8).map { policy.delay(afterAttempt: $0, of: "task") })
    }
}

@Suite("A branch") struct BranchTests {
    private func machine() throws -> RunMachine {
        let retry = RetryPolicy(retriesMax: 0, delay: 1, delayMax: 1, attemptTimeout: 60)
        func task(_ name: String, _ after: [String], _ rule: TriggerRule = .allSuccess, _ kind: NodeKind = .sql)
            -> RunTask
        {
            RunTask(id: "t-\(name)", node: Node(id: name, kind: kind, dependsOn: after, rule: rule, retry: retry))
        }
        return try RunMachine(
            id: "r",
            tasks: [
                task("fork", [], .allSuccess, .branch), task("a", ["fork"]), task("b", ["fork"]), task("behind", ["b"]),
                task("join", ["a", "behind"], .noneFailedMinOneSuccess),
            ])
    }

    @Test(
        "lets go on what it chose, and skips the rest and what is behind it",
        arguments: [(["a"], ["a"]), (["a", "b"], ["a", "b"]), ([], []), (nil, ["a", "b"])] as [([String]?, [String])])
    func choosing(chosen: [String]?, begun: [String]) throws {
        var machine = try machine()
        let now = Date()
        _ = machine.handle(.begin, at: now)
        _ = machine.handle(.succeeded(task: "t-fork", attempt: 1, chosen: chosen.map(Set.init)), at: now)
        #expect(["a", "b"].filter { machine.tasks["t-\($0)"]?.phase == .queued } == begun)
        #expect(["a", "b"].filter { machine.tasks["t-\($0)"]?.phase == .skipped }.count == 2 - begun.count)
        // As it is when a leader takes over: the choice is written down.
        var restored = try RunMachine(id: "r", tasks: Array(machine.tasks.values), phase: machine.phase)
        for name in begun { _ = restored.handle(.succeeded(task: "t-\(name)", attempt: 1), at: now) }
        if begun.contains("b") { _ = restored.handle(.succeeded(task: "t-behind", attempt: 1), at: now) }
        #expect(restored.tasks["t-join"]?.phase == (begun.isEmpty ? .skipped : .queued))
    }
}
