import Foundation
import TestValues
import Testing
import Timetable

@Suite("Pools") struct PoolBookTests {
    private func request(_ task: String, run: String = "r1", pool: String = "heavy", priority: Int = 0) -> PlaceRequest
    {
        PlaceRequest(run: run, task: task, pool: pool, priority: priority)
    }

    @Test("give places by priority, then to the older run, then in order; other pools are left alone")
    func turn() {
        let book = PoolBook(places: ["heavy": 3, "light": 1])
        let waiting = [
            request("d", run: "r2"), request("a"), request("b"), request("c", run: "r9", priority: 5),
            request("x", pool: "light"), request("y", pool: "unknown"),
        ]
        #expect(book.grants(used: [:], to: waiting).map(\.task) == ["c", "a", "b", "x"])
        #expect(book.grants(used: ["heavy": 2], to: waiting).map(\.task) == ["c", "x"])
        #expect(book.grants(used: ["heavy": 7, "light": 1], to: waiting).isEmpty, "places were taken away")
    }

    @Test("never have more tasks than places, leave none free that is wanted, and pass nobody over", arguments: 1...200)
    func random(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let places = ["a": 1 + random.below(4), "b": 1 + random.below(4)]
        let used = ["a": random.below(6), "b": random.below(3)]
        let waiting = (0..<random.below(20)).map { index in
            request(
                "t\(index)", run: "r\(random.below(4))", pool: ["a", "b", "c"][random.below(3)],
                priority: random.below(3))
        }
        let grants = PoolBook(places: places).grants(used: used, to: waiting)
        let granted = Set(grants.map(\.task))
        #expect(granted.count == grants.count, "seed \(seed)")
        for (pool, count) in places {
            let given = grants.filter { $0.pool == pool }.count
            let wanted = waiting.filter { $0.pool == pool }
            #expect(given == min(wanted.count, max(0, count - (used[pool] ?? 0))), "seed \(seed)")
            let least = grants.filter { $0.pool == pool }.map(\.priority).min() ?? .max
            #expect(wanted.allSatisfy { granted.contains($0.task) || $0.priority <= least }, "seed \(seed)")
        }
        #expect(grants.allSatisfy { $0.pool != "c" }, "seed \(seed)")
    }

    private static let now = time("2026-11-23T10:00Z")

    @Test("hold a task of a run back until it has a place, also its retry, and over a restart")
    func machine() throws {
        let retry = RetryPolicy(retriesMax: 1, delay: 10, delayMax: 10, attemptTimeout: 60)
        let tasks = [("a", "heavy"), ("b", "heavy"), ("c", nil)].map { name, pool in
            RunTask(id: name, node: Node(id: name, retry: retry, pool: pool))
        }
        var machine = try RunMachine(id: "run", tasks: tasks)
        _ = machine.handle(.begin, at: Self.now)
        #expect(machine.waitingForPlace == ["a", "b"] && machine.tasks["c"]?.phase == .queued)
        #expect(machine.placesUsed.isEmpty)
        _ = machine.handle(.place(task: "b"), at: Self.now)
        #expect(machine.tasks["b"]?.phase == .queued && machine.waitingForPlace == ["a"])
        #expect(machine.placesUsed == ["heavy": 1])
        #expect(machine.handle(.place(task: "b"), at: Self.now) == [])
        #expect(machine.handle(.place(task: "c"), at: Self.now) == [])
        let failure = TaskFailure(code: "gone", message: "gone", isRetriable: true)
        _ = machine.handle(.failed(task: "b", attempt: 1, failure), at: Self.now)
        #expect(machine.placesUsed.isEmpty && machine.waitingForPlace == ["a"])
        let later = try #require(machine.tasks["b"]?.retryAt)
        _ = machine.handle(.clock, at: later)
        #expect(machine.waitingForPlace == ["a", "b"])
        #expect(machine.nextTimer.map { $0 > later } == true, "no alarm rings for what waits for a place")
        let restored = try RunMachine(
            id: "run", tasks: ["a", "b", "c"].compactMap { machine.tasks[$0] }, phase: machine.phase)
        #expect(restored == machine)
        _ = machine.handle(.cancel, at: later)
        #expect(machine.waitingForPlace.isEmpty && machine.tasks["a"]?.phase == .cancelled)
    }
}
