import Foundation
import Pipeline
import SQL

/// A half-open stretch of time with the days that it covers in its zone.
public struct TimeRange: Sendable, Hashable {
    public let from: Date
    public let to: Date
    /// The first day, as `2026-11-10`.
    public let firstDay: String
    /// The first day after it.
    public let endDay: String

    /// What a written range means at `now` in a zone; nil for all of time. Units are whole: the last seven days end
    /// with the present day, so that the same question is the same query all day long.
    public init?(_ range: TimeRangeDefinition, now: Date, timeZone: TimeZone) {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = timeZone
        let from: Date?
        let to: Date?
        switch range {
        case .all: return nil
        case .last(let count, let grain):
            let present = Self.start(of: grain, at: now, calendar)
            from = Self.adding(1 - count, grain, to: present, calendar)
            to = Self.adding(1, grain, to: present, calendar)
        case .previous(let grain):
            to = Self.start(of: grain, at: now, calendar)
            from = Self.adding(-1, grain, to: to, calendar)
        case .days(let first, let last):
            from = Self.day(first, calendar)
            to = Self.day(last, calendar).flatMap { calendar.date(byAdding: .day, value: 1, to: $0) }
        }
        guard let from, let to, from < to else { return nil }
        self.from = from
        self.to = to
        firstDay = Self.text(ofDay: from, calendar)
        let lastMoment = to.addingTimeInterval(-1)
        endDay = Self.text(ofDay: calendar.date(byAdding: .day, value: 1, to: lastMoment) ?? to, calendar)
    }

    func conditions(on column: Expression, _ kind: DatasetDefinition.TimeColumn.Kind) -> [Expression] {
        let bounds: (lower: Expression, upper: Expression) =
            switch kind {
            case .date: (Self.literal(.date, firstDay), Self.literal(.date, endDay))
            case .timestamp:
                (Self.literal(.timestampTZ, Self.moment(from)), Self.literal(.timestampTZ, Self.moment(to)))
            }
        return [.binary(column, .greaterOrEqual, bounds.lower), .binary(column, .less, bounds.upper)]
    }

    /// The start of the present unit as answers write it: a day, below that a moment in UTC.
    static func presentStart(of grain: TimeGrain, now: Date, timeZone: TimeZone) -> (moment: Date, text: String)? {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = timeZone
        guard let start = start(of: grain, at: now, calendar) else { return nil }
        return (start, grain.isBelowDay ? moment(start) : text(ofDay: start, calendar))
    }

    private static func literal(_ kind: DataType.Kind, _ text: String) -> Expression {
        .typedLiteral(TypedLiteral(type: DataType(kind: kind), text: text))
    }

    private static func start(of grain: TimeGrain, at now: Date, _ calendar: Calendar) -> Date? {
        switch grain {
        case .minute: return calendar.dateInterval(of: .minute, for: now)?.start
        case .hour: return calendar.dateInterval(of: .hour, for: now)?.start
        case .day: return calendar.startOfDay(for: now)
        case .week: return calendar.dateInterval(of: .weekOfYear, for: now)?.start
        case .month: return calendar.dateInterval(of: .month, for: now)?.start
        case .year: return calendar.dateInterval(of: .year, for: now)?.start
        case .quarter:
            var parts = calendar.dateComponents([.year, .month], from: now)
            parts.month = parts.month.map { ($0 - 1) / 3 * 3 + 1 }
            return calendar.date(from: parts)
        }
    }

    private static func adding(_ count: Int, _ grain: TimeGrain, to date: Date?, _ calendar: Calendar) -> Date? {
        guard let date else { return nil }
        let component: (Calendar.Component, Int) =
            switch grain {
            case .minute: (.minute, count)
            case .hour: (.hour, count)
            case .day: (.day, count)
            case .week: (.day, 7 * count)
            case .month: (.month, count)
            case .quarter: (.month, 3 * count)
            case .year: (.year, count)
            }
        return calendar.date(byAdding: component.0, value: component.1, to: date)
    }

    private static func day(_ text: String, _ calendar: Calendar) -> Date? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        let components = DateComponents(year: parts[0], month: parts[1], day: parts[2])
        guard components.isValidDate(in: calendar) else { return nil }
        return calendar.date(from: components)
    }

    private static func text(ofDay date: Date, _ calendar: Calendar) -> String {
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        return digits(parts.year, 4) + "-" + digits(parts.month, 2) + "-" + digits(parts.day, 2)
    }

    /// In UTC, to the second: `2026-11-10 00:00:00+00`.
    private static func moment(_ date: Date) -> String {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.hour, .minute, .second], from: date)
        return
            "\(text(ofDay: date, calendar)) \(digits(parts.hour, 2)):\(digits(parts.minute, 2)):\(digits(parts.second, 2))+00"
    }

    private static func digits(_ number: Int?, _ width: Int) -> String {
        let text = String(number ?? 0)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension TimeGrain {
    /// Minutes and hours: their starts are moments, those of the others are days.
    var isBelowDay: Bool { self == .minute || self == .hour }
}
