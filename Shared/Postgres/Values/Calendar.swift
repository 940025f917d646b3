// Timestamps and dates, exact to the microsecond.
import CivilTime
import Foundation

/// A point in time, to the microsecond. Reads `timestamptz`, and `timestamp` as if it were in UTC.
public struct PostgresTimestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01 00:00 UTC. `Int64.max` and `.min` stand for `infinity` and `-infinity`.
    public let microseconds: Int64

    /// Later than every other timestamp.
    public static let infinity = PostgresTimestamp(microseconds: .max)
    /// Earlier than every other timestamp.
    public static let minusInfinity = PostgresTimestamp(microseconds: .min)

    /// Counts from 1970-01-01 00:00 UTC.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The nearest microsecond.
    public init(_ date: Date) {
        microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
    }

    /// The same point as Foundation's type, which holds microseconds exactly until about the year 2250.
    public var date: Date {
        switch self {
        case .infinity: .distantFuture
        case .minusInfinity: .distantPast
        default: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// ISO 8601 in UTC, as PostgreSQL reads it: `2026-11-23T02:09:40.123456Z`.
    public var description: String {
        switch self {
        case .infinity: return "infinity"
        case .minusInfinity: return "-infinity"
        default: break
        }
        let (days, rest) = microseconds.flooredDivision(by: 86_400_000_000)
        let (seconds, fraction) = rest.flooredDivision(by: 1_000_000)
        var text = PostgresDate(daysSinceEpoch: Int32(clamping: days)).isoText
        text += "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if fraction != 0 { text += ".\(padded(fraction, 6))" }
        return text + "Z" + (days < PostgresDate.firstDayOfYearOne ? " BC" : "")
    }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { description }

    /// Reads `timestamptz`, `timestamp` (as UTC) and `date` (its midnight in UTC).
    public static func decode(_ cell: PostgresCell) -> PostgresTimestamp? {
        switch cell.type {
        case .timestamptz, .timestamp, .date: TimestampText.parse(cell.bytes)
        default: nil
        }
    }
}

extension Date: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { PostgresTimestamp(self).postgresText }

    /// Reads what `PostgresTimestamp` reads.
    public static func decode(_ cell: PostgresCell) -> Date? { PostgresTimestamp.decode(cell)?.date }
}

/// A day of the calendar, without a time zone.
public struct PostgresDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let daysSinceEpoch: Int32

    /// Counts from 1970-01-01.
    public init(daysSinceEpoch: Int32) { self.daysSinceEpoch = daysSinceEpoch }

    /// A day of the Gregorian calendar, extended to all times; `month` from 1, year 0 being 1 BC.
    public init(year: Int, month: Int, day: Int) {
        daysSinceEpoch = Int32(clamping: CivilDay(year: year, month: month, day: day).number)
    }

    /// Year (0 is 1 BC), month and day, both from 1.
    public var components: CivilDay { CivilDay(number: Int(daysSinceEpoch)) }

    /// Midnight in UTC.
    public var date: Date { Date(timeIntervalSince1970: Double(daysSinceEpoch) * 86_400) }

    public static func < (left: Self, right: Self) -> Bool { left.daysSinceEpoch < right.daysSinceEpoch }

    /// `2026-11-23`
    public var description: String { isoText + (Int64(daysSinceEpoch) < Self.firstDayOfYearOne ? " BC" : "") }

    static let firstDayOfYearOne: Int64 = -719_162

    /// Without the era.
    var isoText: String {
        let day = components
        return "\(padded(day.year > 0 ? day.year : 1 - day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
    }
}

extension PostgresDate: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { description }

    /// Reads `date` alone; `infinity` is no day.
    public static func decode(_ cell: PostgresCell) -> PostgresDate? {
        guard cell.type == .date, let moment = TimestampText.parse(cell.bytes),
            moment != .infinity, moment != .minusInfinity
        else { return nil }
        return PostgresDate(
            daysSinceEpoch: Int32(clamping: moment.microseconds.flooredDivision(by: 86_400_000_000).quotient))
    }
}

private func padded<Number: BinaryInteger>(_ number: Number, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
