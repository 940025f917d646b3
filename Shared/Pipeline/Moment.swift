import CivilTime
import Foundation

/// A point in time, counted in microseconds from 1970-01-01T00:00:00Z: exact, comparable, without a time zone.
public struct Moment: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z; negative before.
    public let microseconds: Int64

    /// The moment so many microseconds after 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) { self.microseconds = microseconds }
    /// The moment so many seconds after 1970-01-01T00:00:00Z.
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    /// Midnight UTC of a day of the civil (proleptic Gregorian) calendar. Months and days count from 1.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        let days = CivilDay(year: year, month: month, day: day).number
        self.init(seconds: Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + second))
    }

    /// The nearest microsecond to `date`.
    public init(_ date: Date) {
        self.init(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
    }

    /// 1970-01-01T00:00:00Z.
    public static let epoch = Moment(microseconds: 0)

    /// 0001-01-01T00:00:00Z: what models without a start have data from. Contracts take no earlier event.
    public static let beginning = Moment(year: 1, month: 1, day: 1)

    /// As Foundation has it, which is exact to less than a microsecond in our time.
    public var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }

    /// Whole seconds, rounded down.
    public var seconds: Int64 { microseconds.flooredDivision(by: 1_000_000).quotient }

    public static func < (left: Moment, right: Moment) -> Bool { left.microseconds < right.microseconds }

    /// The moment so many seconds later.
    public func adding(seconds: Int64) -> Moment { Moment(microseconds: microseconds + seconds * 1_000_000) }

    /// The day in UTC.
    public var civil: CivilDay { CivilDay(number: Int(seconds.flooredDivision(by: 86_400).quotient)) }

    /// Seconds since midnight UTC.
    public var secondOfDay: Int { Int(seconds.flooredDivision(by: 86_400).remainder) }

    /// `2026-11-23`
    public var day: String {
        let civil = civil
        return "\(Moment.padded(civil.year, 4))-\(Moment.padded(civil.month, 2))-\(Moment.padded(civil.day, 2))"
    }

    /// `2026-11-23 14:05:00`, with six more digits when there are any and `always` is not false.
    public func timestamp(fraction: Bool? = nil) -> String {
        let second = secondOfDay
        let micros = Int(microseconds - seconds * 1_000_000)
        var text = "\(day) \(Moment.padded(second / 3_600, 2)):\(Moment.padded(second / 60 % 60, 2))"
        text += ":\(Moment.padded(second % 60, 2))"
        if fraction ?? (micros != 0) { text += ".\(Moment.padded(micros, 6))" }
        return text
    }

    /// ISO 8601: `2026-11-23T14:05:00Z`.
    public var description: String {
        let text = timestamp()
        return "\(text.prefix { $0 != " " })T\(text.drop { $0 != " " }.dropFirst())Z"
    }

    /// Reads `2026-11-23`, `2026-11-23 14:05[:06[.789]]`, the same with a `T`, with `Z`, ` UTC` or an offset `+02:00`.
    /// Without an offset the time is UTC.
    public init?(_ text: String) {
        var scanner = MomentScanner(Array(text.utf8))
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2),
            (1...12).contains(month), day >= 1, day <= Moment.daysIn(month: month, year: year)
        else { return nil }
        var micros = Moment(year: year, month: month, day: day).microseconds
        if scanner.skip("T") || scanner.skip("t") || scanner.skip(" ") {
            guard let time = scanner.timeOfDay(), let offset = scanner.offsetSeconds() else { return nil }
            micros += time - Int64(offset) * 1_000_000
        }
        guard scanner.atEnd else { return nil }
        self.init(microseconds: micros)
    }

    static func daysIn(month: Int, year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// Reads the parts of a written time, left to right.
private struct MomentScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Character) -> Bool {
        guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard position + digits <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + digits] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        position += digits
        return value
    }

    /// Microseconds since midnight.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour < 24, skip(":"), let minute = number(digits: 2), minute < 60 else {
            return nil
        }
        var second = 0
        var micros: Int64 = 0
        if skip(":") {
            guard let read = number(digits: 2), read < 60 else { return nil }
            second = read
            if skip(".") {
                var scale: Int64 = 100_000
                let first = position
                while let digit = number(digits: 1) {
                    micros += Int64(digit) * scale
                    scale /= 10
                }
                if position == first { return nil }
            }
        }
        return Int64(hour * 3_600 + minute * 60 + second) * 1_000_000 + micros
    }

    mutating func offsetSeconds() -> Int? {
        _ = skip(" ")
        if atEnd || skip("Z") || skip("z") { return 0 }
        if skip("U") { return skip("T") && skip("C") ? 0 : nil }
        let negative = skip("-")
        guard negative || skip("+"), let hours = number(digits: 2) else { return nil }
        _ = skip(":")
        let minutes = atEnd ? 0 : number(digits: 2)
        guard let minutes, hours < 24, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (negative ? -1 : 1)
    }
}
