import CivilTime
import Foundation
import TestValues
import Testing

@Suite("A cron expression") struct CronExpressionTests {
    @Test(
        "names times",
        arguments: [
            ("* * * * *", "2026-11-23T10:00:30Z", "2026-11-23T10:01Z"),
            ("*/15 * * * *", "2026-11-23T10:00Z", "2026-11-23T10:15Z"),
            ("5/20 * * * *", "2026-11-23T10:26Z", "2026-11-23T10:45Z"),
            ("0 9-17/4 * * *", "2026-11-23T09:00Z", "2026-11-23T13:00Z"),
            ("30 6 * * mon-fri", "2026-11-27T06:30Z", "2026-11-30T06:30Z"),
            ("0 0 * * 7", "2026-11-23T00:00Z", "2026-11-29T00:00Z"),
            ("0 0 * * FRI-MON", "2026-11-23T00:00Z", "2026-11-27T00:00Z"),
            ("0 0 * * 5-7", "2026-11-28T00:00Z", "2026-11-29T00:00Z"),
            ("0 0 1,15 jan,JUL *", "2026-11-23T00:00Z", "2027-01-01T00:00Z"),
            ("0 0 13 * fri", "2026-11-10T00:00Z", "2026-11-13T00:00Z"),  // day or weekday
            ("0 0 13 * fri", "2026-11-13T00:00Z", "2026-11-20T00:00Z"),
            ("0 0 */1 * fri", "2026-11-23T00:00Z", "2026-11-27T00:00Z"),  // */1 restricts nothing
            ("0 0 31 * *", "2026-11-01T00:00Z", "2026-12-31T00:00Z"),
            ("0 0 29 2 *", "2096-03-01T00:00Z", "2104-02-29T00:00Z"),
            ("0 0 29 2 *", "1896-03-01T00:00Z", "1904-02-29T00:00Z"),
            ("0 0 31 2 fri", "2026-11-23T00:00Z", "2027-02-05T00:00Z"),  // the weekday saves it
            ("  0   12 * * * ", "2026-11-23T10:00Z", "2026-11-23T12:00Z"),
            ("@hourly", "2026-11-23T10:00Z", "2026-11-23T11:00Z"),
            ("@daily", "2026-11-23T10:00Z", "2026-11-24T00:00Z"),
            ("@Weekly", "2026-11-23T10:00Z", "2026-11-29T00:00Z"),
            ("@monthly", "2026-11-23T10:00Z", "2026-12-01T00:00Z"),
            ("@quarterly", "2026-11-23T10:00Z", "2027-01-01T00:00Z"),
            ("@yearly", "2026-11-23T10:00Z", "2027-01-01T00:00Z"),
        ])
    func next(cron: String, after: String, expected: String) throws {
        let schedule = try CronSchedule(cron)
        #expect(schedule.next(after: time(after)) == time(expected))
        #expect(schedule.last(before: time(expected).addingTimeInterval(1)) == time(expected))
    }

    @Test(
        "that is none is refused with the reason",
        arguments: [
            ("", "is no schedule"), ("* * * *", "is no schedule"), ("* * * * * *", "is no schedule"),
            ("@never", "is no schedule"),
            ("60 * * * *", "`60` in the minute field"), ("* 24 * * *", "hour field"), ("* * 0 * *", "day field"),
            ("* * * 13 *", "month field"), ("* * * foo *", "`foo` in the month field"), ("* * * * 8", "weekday field"),
            ("*/0 * * * *", "minute field"), ("5-1 * * * *", "minute field"), ("1,,2 * * * *", "minute field"),
            ("1-2-3 * * * *", "minute field"), ("*/5/5 * * * *", "minute field"), ("-5 * * * *", "minute field"),
            ("+5 * * * *", "minute field"), ("* * L * *", "day field"), ("* * * * 1#2", "weekday field"),
            ("٥ * * * *", "minute field"), ("1e3 * * * *", "minute field"),
            ("0 0 31 2 *", "never comes"), ("0 0 30 feb *", "never comes"), ("0 0 31 4,6,9,11 *", "never comes"),
        ])
    func refused(cron: String, reason: String) {
        let error = #expect(throws: CronError.self) { try CronSchedule(cron) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("long input costs nothing and is not repeated in full")
    func longInput() {
        let error = #expect(throws: CronError.self) {
            try CronSchedule(String(repeating: "1,", count: 1_000_000) + " * * * *")
        }
        #expect((error?.description.count ?? .max) < 400)
    }

    @Test(
        "needs a zone of the database",
        arguments: ["Europe/Nowhere", "", "CEST+2", "GMT+2", "../etc/passwd", "Europe/Oslo\n"])
    func zones(zone: String) {
        #expect(throws: CronError.zone(zone)) { try CronSchedule("@daily", zone: zone) }
    }

    @Test("ends at the edges of the calendar instead of searching on")
    func edges() throws {
        let daily = try CronSchedule("@daily", zone: "Europe/Oslo")
        #expect(daily.next(after: .distantFuture) != nil)
        #expect(daily.next(after: Date(timeIntervalSince1970: 1e15)) == nil)
        #expect(daily.last(atOrBefore: Date(timeIntervalSince1970: -1e15)) == nil)
        #expect(daily.next(after: Date(timeIntervalSince1970: .nan)) == nil)
    }
}
