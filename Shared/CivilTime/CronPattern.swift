// CronPattern: the five fields, on a clock that never changes. Knows nothing of zones.
// Always: at least one day of some year has it, so that a search ends within nine years.

/// What each field of a cron expression allows.
public struct CronPattern: Sendable, Equatable {
    public let minutes: CronField
    public let hours: CronField
    public let days: CronField
    public let months: CronField
    /// 0 is Sunday.
    public let weekdays: CronField

    /// Feb 29 may be eight years away (1896 to 1904, 2096 to 2104).
    private static let daysMax = 9 * 366

    init(_ expression: String, writtenAs text: String) throws(CronError) {
        let fields = expression.split { $0 == " " || $0 == "\t" }
        guard fields.count == 5, expression.utf8.count <= 1000 else { throw .malformed(text) }
        minutes = try CronField(fields[0], .minute, of: text)
        hours = try CronField(fields[1], .hour, of: text)
        days = try CronField(fields[2], .day, of: text)
        months = try CronField(fields[3], .month, of: text)
        weekdays = try CronField(fields[4], .weekday, of: text)
        if weekdays.isEverything {
            let (first, months) = (days.first(from: 1) ?? 31, months.values)
            guard months.contains(where: { CivilDay.daysInMonth($0, 2000) >= first }) else { throw .never(text) }
        }
    }

    /// The first wall time at or after `wall` and before `limit` (seconds on the wall's clock), to the minute.
    func first(from wall: Int, before limit: Int) -> Int? {
        let start = (wall + 59).flooredDivision(by: 60).quotient * 60  // up to a whole minute
        var number = start.flooredDivision(by: 86_400).quotient
        let lastDay = min((limit - 1).flooredDivision(by: 86_400).quotient, number + Self.daysMax)
        var secondOfDay = start - number * 86_400
        while number <= lastDay {
            let day = CivilDay(number: number)
            guard months.contains(day.month) else {
                number += CivilDay.daysInMonth(day.month, day.year) - day.day + 1
                secondOfDay = 0
                continue
            }
            if isDue(day, number), let second = firstSecond(from: secondOfDay) {
                let found = number * 86_400 + second
                return found < limit ? found : nil
            }
            number += 1
            secondOfDay = 0
        }
        return nil
    }

    /// The last wall time at or before `wall` and at or after `limit`.
    func last(to wall: Int, from limit: Int) -> Int? {
        var number = wall.flooredDivision(by: 86_400).quotient
        let firstDay = max(limit.flooredDivision(by: 86_400).quotient, number - Self.daysMax)
        var secondOfDay = wall - number * 86_400
        while number >= firstDay {
            let day = CivilDay(number: number)
            guard months.contains(day.month) else {
                number -= day.day
                secondOfDay = 86_399
                continue
            }
            if isDue(day, number), let second = lastSecond(to: secondOfDay) {
                let found = number * 86_400 + second
                return found >= limit ? found : nil
            }
            number -= 1
            secondOfDay = 86_399
        }
        return nil
    }

    /// Cron's rule: when day and weekday are both restricted, either one will do.
    private func isDue(_ day: CivilDay, _ number: Int) -> Bool {
        let byDay = days.contains(day.day)
        let byWeekday = weekdays.contains(CivilDay.weekday(ofDay: number))
        return days.isEverything || weekdays.isEverything ? byDay && byWeekday : byDay || byWeekday
    }

    private func firstSecond(from secondOfDay: Int) -> Int? {
        guard let hour = hours.first(from: secondOfDay / 3600) else { return nil }
        let minute = hour == secondOfDay / 3600 ? minutes.first(from: secondOfDay % 3600 / 60) : minutes.first(from: 0)
        if let minute { return hour * 3600 + minute * 60 }
        guard let later = hours.first(from: hour + 1), let minute = minutes.first(from: 0) else { return nil }
        return later * 3600 + minute * 60
    }

    private func lastSecond(to secondOfDay: Int) -> Int? {
        guard let hour = hours.last(to: secondOfDay / 3600) else { return nil }
        let minute = hour == secondOfDay / 3600 ? minutes.last(to: secondOfDay % 3600 / 60) : minutes.last(to: 59)
        if let minute { return hour * 3600 + minute * 60 }
        guard let earlier = hours.last(to: hour - 1), let minute = minutes.last(to: 59) else { return nil }
        return earlier * 3600 + minute * 60
    }
}
