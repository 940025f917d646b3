import Foundation
import TestValues
import Testing
import Timetable

@Suite("A DAG's clock") struct DAGClockTests {
    private static let start = time("2026-11-23T10:00Z")

    private func clock(_ crons: [String: String], catchUp: CatchUp = .latest) throws -> DAGClock {
        let schedules = try crons.mapValues { try Schedule($0, firstSeen: Self.start) }
        return DAGClock(schedules: schedules, cursor: Self.start, catchUp: catchUp)
    }

    @Test("waits for the next tick of any model, then hands out those that are due")
    func ticks() throws {
        var clock = try clock(["a": "*/5 * * * *", "b": "*/10 * * * *"])
        #expect(clock.look(at: Self.start, isBusy: false) == .wait(until: time("2026-11-23T10:05Z")))
        let five = time("2026-11-23T10:05Z"), ten = time("2026-11-23T10:10Z")
        #expect(clock.look(at: five, isBusy: false) == .start(.init(time: five, models: ["a": five])))
        #expect(clock.look(at: five, isBusy: false) == .wait(until: ten))
        #expect(clock.look(at: ten, isBusy: false) == .start(.init(time: ten, models: ["a": ten, "b": ten])))
    }

    @Test("lets ticks collapse while a run is going on")
    func overlap() throws {
        var clock = try clock(["a": "* * * * *", "b": "2 10 * * *"])
        #expect(clock.look(at: time("2026-11-23T10:04:30Z"), isBusy: true) == .idle)
        let four = time("2026-11-23T10:04Z"), two = time("2026-11-23T10:02Z")
        #expect(
            clock.look(at: time("2026-11-23T10:04:30Z"), isBusy: false)
                == .start(.init(time: four, models: ["a": four, "b": two])))
        #expect(clock.look(at: time("2026-11-23T10:04:31Z"), isBusy: false) == .wait(until: time("2026-11-23T10:05Z")))
    }

    @Test(
        "after an absence",
        arguments: [
            (CatchUp.none, []), (.latest, ["13:00"]), (.all, ["11:00", "12:00", "13:00"]),
        ])
    func catchUp(rule: CatchUp, expected: [String]) throws {
        var clock = try clock(["a": "@hourly"], catchUp: rule)
        var runs: [Date] = []
        var isFirst = true
        while case .start(let tick) = clock.look(at: time("2026-11-23T13:30Z"), isBusy: false, hasBeenAway: isFirst) {
            runs.append(tick.time)
            isFirst = false
        }
        #expect(runs == expected.map { time("2026-11-23T\($0)Z") })
        #expect(clock.nextTick == time("2026-11-23T14:00Z"))
    }

    @Test("hands out nothing while paused, and catches up afterwards")
    func pause() throws {
        var clock = try clock(["a": "@hourly"])
        clock.pause()
        #expect(clock.look(at: time("2026-11-23T12:30Z"), isBusy: false) == .idle)
        clock.unpause()
        let noon = time("2026-11-23T12:00Z")
        #expect(
            clock.look(at: time("2026-11-23T12:30Z"), isBusy: false) == .start(.init(time: noon, models: ["a": noon])))
    }

    @Test("a tick that is only late is not a missed one")
    func late() throws {
        var clock = try clock(["a": "@hourly"], catchUp: .none)
        let eleven = time("2026-11-23T11:00Z")
        #expect(
            clock.look(at: time("2026-11-23T11:00:20Z"), isBusy: false, hasBeenAway: true)
                == .start(.init(time: eleven, models: ["a": eleven])))
    }

    @Test("a new schedule makes nothing up for the past, and forgets nothing that waits")
    func replaced() throws {
        let hourly = ["a": try Schedule("@hourly", firstSeen: Self.start)]
        var idle = try clock(["a": "@daily"])
        idle.replace(hourly, at: time("2026-11-23T15:30Z"))
        #expect(idle.look(at: time("2026-11-23T15:30Z"), isBusy: false) == .wait(until: time("2026-11-23T16:00Z")))
        var late = try clock(["a": "@hourly"])
        late.replace(hourly, at: time("2026-11-23T11:30Z"))
        #expect(late.nextTick == time("2026-11-23T11:00Z"))
    }

    @Test("a clock without models has nothing to do")
    func empty() throws {
        var clock = try clock([:])
        #expect(clock.look(at: time("2027-01-01T00:00Z"), isBusy: false) == .idle)
    }

    @Test("knows the next tick as if it had worked it out anew, whatever happens", arguments: 1...100)
    func nextTick(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let crons = ["* * * * *", "*/7 * * * *", "@hourly", "30 9 * * 1", "0 0 1 1 *", "@once"]
        func some() throws -> [String: Schedule] {
            var schedules: [String: Schedule] = [:]
            for model in 0..<random.below(6) {
                let cron = crons[random.below(crons.count)]
                schedules["m\(model)"] = try Schedule(cron, firstSeen: Self.start.addingTimeInterval(1800))
            }
            return schedules
        }
        var schedules = try some()
        var clock = DAGClock(
            schedules: schedules, cursor: Self.start, catchUp: CatchUp.allCases[random.below(CatchUp.allCases.count)])
        var now = Self.start
        for _ in 0..<60 {
            now.addTimeInterval(Double(random.below(4000)))
            switch random.below(6) {
            case 0:
                schedules = try some()
                clock.replace(schedules, at: now)
            case 1: clock.pause()
            case 2: clock.unpause()
            default:
                let before = clock
                let action = clock.look(at: now, isBusy: random.below(3) == 0, hasBeenAway: random.below(5) == 0)
                if case .start(let tick) = action {
                    #expect(tick.time > before.cursor && tick.time <= now && clock.cursor == tick.time, "seed \(seed)")
                    for (model, time) in tick.models {
                        let end = clock.catchUp == .all ? tick.time : now
                        #expect(schedules[model]?.last(atOrBefore: end) == time, "seed \(seed)")
                    }
                }
            }
            let expected = schedules.values.compactMap { $0.next(after: clock.cursor) }.min()
            #expect(clock.nextTick == expected, "seed \(seed)")
        }
    }
}
