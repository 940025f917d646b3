import CivilTime
import ModelProject
import Pipeline
import Planning
import Testing

private func at(_ text: String) -> Moment {
    guard let moment = Moment(text) else { fatalError("\(text) is no time") }
    return moment
}

@Suite("Cron expressions name times") struct ScheduleTests {
    @Test(
        "the last tick before a moment",
        arguments: [
            ("@daily", "UTC", "2026-11-23 14:05:06", "2026-11-23 00:00"),
            ("@daily", "UTC", "2026-11-23 00:00:00", "2026-11-23 00:00"),
            ("@hourly", "UTC", "2026-11-23 14:05:06", "2026-11-23 14:00"),
            ("@weekly", "UTC", "2026-11-25 01:00:00", "2026-11-22 00:00"),
            ("@monthly", "UTC", "2026-11-25 01:00:00", "2026-11-01 00:00"),
            ("@yearly", "UTC", "2026-11-25 01:00:00", "2026-01-01 00:00"),
            ("* * * * *", "UTC", "2026-11-23 14:05:06", "2026-11-23 14:05"),
            ("*/15 * * * *", "UTC", "2026-11-23 14:14:59", "2026-11-23 14:00"),
            ("30 5 * * 1-5", "UTC", "2026-11-22 12:00:00", "2026-11-20 05:30"),  // a Sunday: back to Friday
            ("0 0 29 2 *", "UTC", "2027-06-01 00:00:00", "2024-02-29 00:00"),
            ("0 12 1,15 * *", "UTC", "2026-11-14 00:00:00", "2026-11-01 12:00"),
            ("0 6 * * mon", "UTC", "2026-11-24 00:00:00", "2026-11-23 06:00"),
            ("0 0 * * *", "Europe/Berlin", "2026-07-01 12:00:00", "2026-06-30 22:00"),  // summer: two hours ahead
            ("0 0 * * *", "Europe/Berlin", "2026-12-01 12:00:00", "2026-11-30 23:00"),
        ])
    func floor(cron: String, zone: String, moment: String, tick: String) throws {
        #expect(try CronSchedule(cron, zone: zone).floor(at(moment)) == at(tick))
    }

    @Test(
        "and the unit that models of it have",
        arguments: [
            ("@daily", IntervalUnit.day), ("@hourly", .hour), ("@weekly", .day), ("@monthly", .month),
            ("@yearly", .year),
            ("* * * * *", .minute), ("*/5 * * * *", .fiveMinute), ("*/15 * * * *", .quarterHour),
            ("0,30 * * * *", .halfHour),
            ("0 */6 * * *", .hour), ("30 5 * * 1-5", .day),
        ])
    func unit(cron: String, unit: IntervalUnit) throws {
        #expect(try CronSchedule(cron).intervalUnit == unit)
    }

    @Test(
        "mistakes are told",
        arguments: ["", "daily", "* * * *", "61 * * * *", "5-1 * * * *", "*/0 * * * *", "a b c d e"])
    func mistakes(cron: String) {
        #expect(throws: CronError.self) { try CronSchedule(cron) }
    }

    @Test(
        "grids",
        arguments: [
            (IntervalUnit.day, "2026-11-23 14:05:06", "2026-11-23", "2026-11-24"),
            (.week, "2026-11-25 14:05:06", "2026-11-23", "2026-11-30"),
            (.month, "2026-12-25 14:05:06", "2026-12-01", "2027-01-01"),
            (.year, "2026-12-25 14:05:06", "2026-01-01", "2027-01-01"),
            (.hour, "2026-12-25 14:05:06", "2026-12-25 14:00", "2026-12-25 15:00"),
            (.fiveMinute, "2026-12-25 14:09:59", "2026-12-25 14:05", "2026-12-25 14:10"),
        ])
    func grid(unit: IntervalUnit, moment: String, floor: String, ceiling: String) {
        let grid = IntervalGrid(unit)
        #expect(grid.floor(at(moment)) == at(floor))
        #expect(grid.ceiling(at(moment)) == at(ceiling))
        #expect(grid.ceiling(at(floor)) == at(floor))
        #expect(grid.step(at(ceiling), by: -1) == at(floor))
    }
}
