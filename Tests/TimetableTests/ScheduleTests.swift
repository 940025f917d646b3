import Foundation
import TestValues
import Testing
import Timetable

@Suite("A schedule") struct ScheduleTests {
    @Test("@once is due once")
    func once() throws {
        let schedule = try Schedule("@once", firstSeen: time("2026-11-23T10:00Z"))
        #expect(schedule.upcoming(after: time("2026-11-23T09:00Z"), count: 5) == [time("2026-11-23T10:00Z")])
        #expect(schedule.next(after: time("2026-11-23T10:00Z")) == nil)
        #expect(schedule.last(atOrBefore: time("2027-01-01T00:00Z")) == time("2026-11-23T10:00Z"))
    }
}

@Suite("A schedule with a start and an end") struct BoundedScheduleTests {
    private static func date(_ text: String) throws -> Date { try Date("\(text)T00:00:00Z", strategy: .iso8601) }

    @Test("has the time at its start, and none at its end")
    func bounds() throws {
        let daily = try Schedule("@daily", firstSeen: Date())
        let (from, upTo) = (try Self.date("2026-11-02"), try Self.date("2026-11-04"))
        let bounded = Schedule.within(daily, from: from, upTo: upTo)
        #expect(bounded.upcoming(after: try Self.date("2026-10-01"), count: 9) == [from, try Self.date("2026-11-03")])
        #expect(bounded.last(atOrBefore: try Self.date("2026-11-01")) == nil)
        #expect(bounded.last(atOrBefore: from) == from)
        #expect(bounded.last(atOrBefore: try Self.date("2027-01-01")) == (try Self.date("2026-11-03")))
        #expect(Schedule.within(daily, from: nil, upTo: nil).next(after: from) == daily.next(after: from))
    }
}

@Suite("A zone without a place in its name") struct LinkedZoneTests {
    @Test(
        "is IANA's: the first of January and of July at three in the morning there",
        arguments: [
            ("EST", "2026-01-01T08:00Z", "2026-07-01T08:00Z"), ("CET", "2026-01-01T02:00Z", "2026-07-01T01:00Z"),
            ("Zulu", "2026-01-01T03:00Z", "2026-07-01T03:00Z"), ("PST8PDT", "2026-01-01T11:00Z", "2026-07-01T10:00Z"),
        ])
    func links(zone: String, winter: String, summer: String) throws {
        let schedule = try Schedule("0 3 1 1,7 *", zone: zone, firstSeen: Date())
        #expect(schedule.upcoming(after: time("2025-12-01T00:00Z"), count: 2) == [time(winter), time(summer)])
        #expect(throws: (any Error).self) { try Schedule("@daily", zone: "PST", firstSeen: Date()) }
    }
}
