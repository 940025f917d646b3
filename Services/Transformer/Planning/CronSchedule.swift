import Foundation
import Pipeline

/// A cron expression and the zone it is read in: when a model is due.
public struct CronSchedule: Sendable, Equatable {
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>  // 0 is Sunday
    private let daysAreRestricted: Bool
    private let weekdaysAreRestricted: Bool
    private let zone: TimeZone

    /// Reads `@daily` and its kin, or five fields.
    /// - Throws: ``CronError`` that says which field is wrong.
    public init(_ text: String, timeZone: String = "UTC") throws(CronError) {
        guard let zone = TimeZone(identifier: timeZone) else {
            throw CronError(message: "`\(timeZone)` is not a time zone. Write an IANA name such as Europe/Berlin.")
        }
        self.zone = zone
        let expression = Self.presets[text.lowercased()] ?? text
        let fields = expression.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            throw CronError(
                message: "`\(text)` is not a cron expression: expected five fields or one of "
                    + "\(Self.presets.keys.sorted().joined(separator: ", ")).")
        }
        minutes = try Self.field(fields[0], 0...59, names: [], of: text)
        hours = try Self.field(fields[1], 0...23, names: [], of: text)
        days = try Self.field(fields[2], 1...31, names: [], of: text)
        months = try Self.field(fields[3], 1...12, names: Self.monthNames, of: text)
        weekdays = Set(try Self.field(fields[4], 0...7, names: Self.weekdayNames, of: text).map { $0 % 7 })
        daysAreRestricted = !fields[2].hasPrefix("*")
        weekdaysAreRestricted = !fields[4].hasPrefix("*")
    }

    private static let presets = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// The last time at or before `moment` that the expression names. The epoch when there is none in nine years.
    public func floor(_ moment: Moment) -> Moment {
        // Wall-clock time in the zone; the offset is taken at the moment itself and corrected where it changes.
        var wall = moment.seconds + offset(at: moment.seconds)
        wall -= ((wall % 60) + 60) % 60
        let limit = wall - 9 * 366 * 86_400
        while wall > limit {
            let civil = Moment(seconds: wall)
            let midnight = wall - Int64(civil.secondOfDay)
            guard months.contains(civil.civil.month), isDue(day: civil.civil.day, at: midnight) else {
                wall = midnight - 60
                continue
            }
            let hour = civil.secondOfDay / 3_600
            guard hours.contains(hour) else {
                wall = midnight + Int64(hour) * 3_600 - 60
                continue
            }
            if minutes.contains(civil.secondOfDay / 60 % 60) {
                let tick = seconds(ofWall: wall)
                if tick <= moment.seconds { return Moment(seconds: tick) }
            }
            wall -= 60
        }
        return .epoch
    }

    /// The unit that models of this schedule have unless they say another: the longest not longer than the time
    /// between two ticks.
    public var intervalUnit: IntervalUnit {
        if minutes.count > 1 {
            let sorted = minutes.sorted()
            let gap = zip(sorted.dropFirst(), sorted).map { $0 - $1 }.min() ?? 60
            let shortest = min(gap, 60 - (sorted[sorted.count - 1] - sorted[0]))
            return shortest >= 30 ? .halfHour : shortest >= 15 ? .quarterHour : shortest >= 5 ? .fiveMinute : .minute
        }
        if hours.count > 1 { return .hour }
        if weekdaysAreRestricted { return weekdays.count == 1 && !daysAreRestricted ? .week : .day }
        if !daysAreRestricted { return .day }
        if days.count > 1 { return .day }
        return months.count == 1 ? .year : .month
    }

    private func isDue(day: Int, at midnight: Int64) -> Bool {
        let weekday = Int(((midnight / 86_400 + (midnight < 0 && midnight % 86_400 != 0 ? -1 : 0)) % 7 + 11) % 7)
        switch (daysAreRestricted, weekdaysAreRestricted) {
        case (true, true): return days.contains(day) || weekdays.contains(weekday)  // cron's rule: either one
        default: return days.contains(day) && weekdays.contains(weekday)
        }
    }

    private func offset(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }

    private func seconds(ofWall wall: Int64) -> Int64 {
        let guess = wall - offset(at: wall)
        return wall - offset(at: guess)
    }

    private static func field(
        _ text: String, _ range: ClosedRange<Int>, names: [String], of expression: String
    ) throws(CronError) -> Set<Int> {
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            let bounds = pieces[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            let step = pieces.count == 2 ? Int(pieces[1]) : 1
            func number(_ text: String) -> Int? {
                if let index = names.firstIndex(of: text.lowercased()) { return index + range.lowerBound }
                return Int(text)
            }
            let low = bounds[0] == "*" ? range.lowerBound : number(bounds[0])
            let high =
                bounds[0] == "*" || (bounds.count == 1 && pieces.count == 2)
                ? range.upperBound : number(bounds[bounds.count - 1])
            guard pieces.count <= 2, bounds.count <= 2, let step, step > 0, let low, let high, low <= high,
                range.contains(low), range.contains(high)
            else {
                throw CronError(
                    message: "`\(part)` in the cron expression `\(expression)` is not from "
                        + "\(range.lowerBound) to \(range.upperBound).")
            }
            values.formUnion(stride(from: low, through: high, by: step))
        }
        return values
    }
}

/// A cron expression or its zone cannot be read.
public struct CronError: Error, Equatable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
}
