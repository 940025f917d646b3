import CivilTime
import Foundation

/// When a model is due: again and again, or once.
public enum Schedule: Sendable, Hashable {
    case cron(CronSchedule)
    /// `@once`: due at this time and never again.
    case once(at: Date)
    /// Of a schedule only the times from `from` on, and before `upTo`.
    indirect case within(Schedule, from: Date?, upTo: Date?)

    /// Less than lies between two times of any schedule, in seconds.
    private static let moment: TimeInterval = 0.001

    /// Reads a model's cron.
    /// - Parameter firstSeen: When the model became known: the time of an `@once`.
    public init(_ text: String, zone: String = "UTC", firstSeen: Date) throws(CronError) {
        if text.trimmingCharacters(in: .whitespaces).lowercased() == "@once" {
            _ = try Zones.zone(zone)
            self = .once(at: firstSeen)
        } else {
            self = .cron(try CronSchedule(text, zone: zone))
        }
    }

    // Two that are written alike are alike.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .cron(let cron):
            hasher.combine(cron.text)
            hasher.combine(cron.zoneName)
        case .once(let date): hasher.combine(date)
        case .within(let schedule, let from, let upTo):
            hasher.combine(schedule)
            hasher.combine(from)
            hasher.combine(upTo)
        }
    }

    /// The first time after `moment`.
    public func next(after moment: Date) -> Date? {
        switch self {
        case .cron(let cron): cron.next(after: moment)
        case .once(let date): date > moment ? date : nil
        case .within(let schedule, let from, let upTo):
            // One at the very start counts.
            schedule.next(after: max(moment, from?.addingTimeInterval(-Self.moment) ?? moment)).flatMap { next in
                upTo.map { next < $0 } ?? true ? next : nil
            }
        }
    }

    /// The last time at or before `moment`.
    public func last(atOrBefore moment: Date) -> Date? {
        switch self {
        case .cron(let cron): cron.last(atOrBefore: moment)
        case .once(let date): date <= moment ? date : nil
        case .within(let schedule, let from, let upTo):
            schedule.last(atOrBefore: min(moment, upTo?.addingTimeInterval(-Self.moment) ?? moment)).flatMap { last in
                from.map { last >= $0 } ?? true ? last : nil
            }
        }
    }

    /// The next times after `moment`, `count` at most.
    public func upcoming(after moment: Date, count: Int) -> [Date] {
        var times: [Date] = []
        var latest = moment
        while times.count < count, let next = next(after: latest) {
            times.append(next)
            latest = next
        }
        return times
    }
}
