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
