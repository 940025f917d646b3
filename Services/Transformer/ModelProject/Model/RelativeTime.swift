import CivilTime
import Pipeline

/// A time that people write from where they stand: `1 week ago`, `yesterday`, `3 months ago`.
public struct RelativeTime: Sendable, Equatable {
    private let count: Int
    private let unit: String

    /// Nil for anything else.
    public init?(_ text: String) {
        let words = text.lowercased().split(separator: " ").map(String.init)
        switch words.count {
        case 1 where ["now", "today", "yesterday"].contains(words[0]):
            count = words[0] == "yesterday" ? 1 : 0
            unit = words[0] == "now" ? "second" : "day"
        case 3 where words[2] == "ago":
            let singular = words[1].hasSuffix("s") ? String(words[1].dropLast()) : words[1]
            let number = ["a": 1, "an": 1, "one": 1][words[0]] ?? Int(words[0])
            guard let number, (0...100_000).contains(number), Self.units.contains(singular) else { return nil }
            count = number
            unit = singular
        default: return nil
        }
    }

    private static let units: Set = ["second", "minute", "hour", "day", "week", "month", "year"]

    /// Days and longer begin at midnight UTC, as in SQLMesh.
    public func before(_ now: Moment) -> Moment {
        switch unit {
        case "second": now.adding(seconds: Int64(-count))
        case "minute": now.adding(seconds: Int64(-count * 60))
        case "hour": now.adding(seconds: Int64(-count * 3_600))
        case "week": Self.midnight(now, days: count * 7)
        case "month": Self.midnight(now, months: count)
        case "year": Self.midnight(now, months: count * 12)
        default: Self.midnight(now, days: count)
        }
    }

    private static func midnight(_ now: Moment, days: Int) -> Moment {
        now.adding(seconds: Int64(-now.secondOfDay - days * 86_400)).floored
    }

    private static func midnight(_ now: Moment, months: Int) -> Moment {
        let today = now.civil
        let month = today.year * 12 + today.month - 1 - months
        let (year, index) = (month / 12, month % 12)
        let last = CivilDay(year: index == 11 ? year + 1 : year, month: (index + 1) % 12 + 1, day: 1).number - 1
        let first = CivilDay(year: year, month: index + 1, day: 1).number
        return Moment(seconds: Int64(min(first + today.day - 1, last)) * 86_400)
    }
}

extension Moment {
    /// Without the part of a second.
    fileprivate var floored: Moment { Moment(seconds: seconds) }
}
