import CivilTime
import Foundation
import TestValues
import Testing

/// Europe/Oslo as Airflow's CronTriggerTimetable has it: 02:00 to 03:00 does not exist on 2026-03-29 and comes twice on
/// 2026-10-25.
@Suite("When clocks change") struct ClockChangeTests {
    @Test(
        "the table of the day that is an hour short",
        arguments: [
            ("30 2 * * *", ["03:30+02"]),
            ("0 3 * * *", ["03:00+02"]),
            ("0 2,3 * * *", ["03:00+02"]),
            ("*/15 2 * * *", ["03:00+02"]),
            ("0 0 * * *", ["00:00+01"]),
            (
                "0 */2 * * *",
                [
                    "00:00+01", "03:00+02", "04:00+02", "06:00+02", "08:00+02", "10:00+02", "12:00+02", "14:00+02",
                    "16:00+02",
                    "18:00+02", "20:00+02", "22:00+02",
                ]
            ),
        ])
    func spring(cron: String, runs: [String]) throws {
        try expect(cron, on: "2026-03-29", from: "00:00+01", to: "2026-03-30T00:00+02", runs)
    }

    @Test(
        "the table of the day that is an hour long",
        arguments: [
            ("30 2 * * *", ["02:30+01"]),
            ("0 3 * * *", ["03:00+01"]),
            ("0 2,3 * * *", ["02:00+01", "03:00+01"]),
            ("*/15 2 * * *", ["02:00+01", "02:15+01", "02:30+01", "02:45+01"]),
            ("0 0 * * *", ["00:00+02"]),
            (
                "0 */2 * * *",
                [
                    "00:00+02", "02:00+01", "04:00+01", "06:00+01", "08:00+01", "10:00+01", "12:00+01", "14:00+01",
                    "16:00+01",
                    "18:00+01", "20:00+01", "22:00+01",
                ]
            ),
        ])
    func autumn(cron: String, runs: [String]) throws {
        try expect(cron, on: "2026-10-25", from: "00:00+02", to: "2026-10-26T00:00+01", runs)
    }

    @Test("every hour is every hour that passes: 23 on the short day, 25 on the long one")
    func everyHour() throws {
        let cron = try CronSchedule("30 * * * *", zone: "Europe/Oslo")
        let short = runs(of: cron, from: time("2026-03-29T00:00+01"), to: time("2026-03-30T00:00+02"))
        let long = runs(of: cron, from: time("2026-10-25T00:00+02"), to: time("2026-10-26T00:00+01"))
        #expect(short.count == 23)
        #expect(long.count == 25)
        #expect(long.contains(time("2026-10-25T02:30+02")) && long.contains(time("2026-10-25T02:30+01")))
    }

    @Test(
        "odd zones",
        arguments: [
            (
                "0 0 * * *", "Pacific/Apia", "2011-12-29T00:00-10", "2012-01-01T00:00Z",
                ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"]
            ),  // 30 December did not happen: one run less
            (
                "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00Z", "2026-10-04T12:00Z",
                ["2026-10-03T15:45Z"]
            ),  // half an hour is skipped: 02:15 becomes 02:45 +11
            (
                "30 2 * * *", "Antarctica/Troll", "2026-03-28T12:00Z", "2026-03-29T12:00Z",
                ["2026-03-29T02:30Z"]
            ),  // two hours are skipped: 02:30 becomes 04:30 +02
            (
                "30 2 * * *", "Asia/Tokyo", "2026-03-28T12:00Z", "2026-03-29T20:00Z",
                ["2026-03-28T17:30Z", "2026-03-29T17:30Z"]
            ),
        ])
    func odd(cron: String, zone: String, from: String, to: String, expected: [String]) throws {
        let schedule = try CronSchedule(cron, zone: zone)
        #expect(runs(of: schedule, from: time(from), to: time(to)) == expected.map(time))
    }

    private func expect(_ cron: String, on day: String, from start: String, to end: String, _ times: [String]) throws {
        let schedule = try CronSchedule(cron, zone: "Europe/Oslo")
        let expected = times.map { time("\(day)T\($0)") }
        #expect(runs(of: schedule, from: time("\(day)T\(start)"), to: time(end)) == expected)
        // The same backwards, and from each instant of the day.
        #expect(Array(runsBackwards(of: schedule, from: time("\(day)T\(start)"), to: time(end)).reversed()) == expected)
    }
}

/// Everything in `from` (included) to `to` (not included).
func runs(of schedule: CronSchedule, from: Date, to: Date) -> [Date] {
    var found: [Date] = []
    var latest = from.addingTimeInterval(-1)
    while let next = schedule.next(after: latest), next < to {
        found.append(next)
        latest = next
    }
    return found
}

func runsBackwards(of schedule: CronSchedule, from: Date, to: Date) -> [Date] {
    var found: [Date] = []
    var latest = to
    while let last = schedule.last(before: latest), last >= from {
        found.append(last)
        latest = last
    }
    return found
}
