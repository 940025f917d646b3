// CronSchedule: a cron expression in a zone, as instants.
//
// When clocks change, as Airflow's CronTriggerTimetable does it:
// - an expression that runs in every hour (`30 * * * *`) follows elapsed time: 23 runs on the short day, 25 on the long;
// - any other names wall times. Those that the clocks skip become one run, as long after the change as the first of them
//   was meant to be (02:30 becomes 03:30); those that come twice run the second time.
import Foundation

/// When something is due.
public struct CronSchedule: Sendable, Equatable {
    /// As it was written.
    public let text: String
    /// The IANA name of its zone.
    public let zoneName: String
    /// Its fields.
    public let pattern: CronPattern
    private let zone: TimeZone
    private let runsEveryHour: Bool

    /// Reads five fields or a preset. `@once` is no cron expression.
    /// - Throws: ``CronError``, also for an expression that no day ever has.
    public init(_ text: String, zone zoneName: String = "UTC") throws(CronError) {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        let expression = CronPreset.expressions[trimmed.lowercased()] ?? trimmed
        pattern = try CronPattern(expression, writtenAs: trimmed)
        zone = try Zones.zone(zoneName)
        self.text = trimmed
        self.zoneName = zoneName
        runsEveryHour = pattern.hours.isEverything
    }

    /// The first time after `moment`; `nil` only beyond the year 9998.
    public func next(after moment: Date) -> Date? {
        guard let after = Zones.seconds(moment, rounded: .down) else { return nil }
        return next(after: after).map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// The last time at or before `moment`; `nil` only before the year 1.
    public func last(atOrBefore moment: Date) -> Date? {
        guard let latest = Zones.seconds(moment, rounded: .down) else { return nil }
        return last(to: latest).map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// The last time before `moment`.
    public func last(before moment: Date) -> Date? {
        guard let end = Zones.seconds(moment, rounded: .up) else { return nil }
        return last(to: end - 1).map { Date(timeIntervalSince1970: Double($0)) }
    }

    private func next(after instant: Int) -> Int? {
        var segment = ZoneSegment(of: zone, at: instant + 1)
        while true {
            if let found = first(in: segment, from: instant + 1) { return found }
            guard let end = segment.end, end < instant + 10 * 366 * 86_400 else { return nil }
            segment = ZoneSegment(of: zone, at: end)
        }
    }

    /// The last time at or before `instant`, both in seconds since 1970-01-01 00:00 UTC; `nil` where none is in ten years.
    public func last(to instant: Int) -> Int? {
        var segment = ZoneSegment(of: zone, at: instant)
        while true {
            if let found = last(in: segment, to: instant) { return found }
            guard let start = segment.start, start > instant - 10 * 366 * 86_400 else { return nil }
            segment = ZoneSegment(of: zone, at: start - 1)
        }
    }

    private func first(in segment: ZoneSegment, from instant: Int) -> Int? {
        let from = max(instant, segment.start ?? instant) + segment.offset
        let regular = pattern.first(from: from, before: wallEnd(of: segment)).map { $0 - segment.offset }
        guard let moved = moved(into: segment), moved >= instant else { return regular }
        return min(moved, regular ?? moved)
    }

    private func last(in segment: ZoneSegment, to instant: Int) -> Int? {
        let to = min(instant + segment.offset, wallEnd(of: segment) - 1)
        let from = segment.start.map { $0 + segment.offset } ?? .min / 2
        let regular = pattern.last(to: to, from: from).map { $0 - segment.offset }
        guard let moved = moved(into: segment), moved <= instant else { return regular }
        return max(moved, regular ?? moved)
    }

    /// Where the segment's wall times end: without those that come again after it, unless every hour runs.
    private func wallEnd(of segment: ZoneSegment) -> Int {
        guard let end = segment.end else { return .max / 2 }
        return end + (runsEveryHour ? segment.offset : min(segment.offset, segment.offsetAfter))
    }

    /// The run that stands for the wall times skipped at the segment's start.
    private func moved(into segment: ZoneSegment) -> Int? {
        guard !runsEveryHour, let start = segment.start, segment.offset > segment.offsetBefore,
            let skipped = pattern.first(from: start + segment.offsetBefore, before: start + segment.offset)
        else { return nil }
        let instant = skipped - segment.offsetBefore
        return instant < segment.end ?? .max ? instant : nil
    }
}

/// Zones by name, and instants as whole seconds.
public enum Zones {
    /// The zone of that IANA name.
    /// - Throws: ``CronError/zone(_:)``.
    public static func zone(_ name: String) throws(CronError) -> TimeZone {
        // Foundation takes abbreviations and offsets too; a schedule names a place, or UTC.
        let full = links[name] ?? name
        guard full == "UTC" || full.contains("/") || TimeZone.knownTimeZoneIdentifiers.contains(full),
            name.utf8.count <= 64, let zone = TimeZone(identifier: full)
        else { throw .zone(name) }
        return zone
    }

    /// IANA's names without a place, as its links have them since 2024b. Foundation would take some for abbreviations: its EST has
    /// summers.
    private static let links = [
        "EST": "America/Panama", "MST": "America/Phoenix", "HST": "Pacific/Honolulu", "EST5EDT": "America/New_York",
        "CST6CDT": "America/Chicago", "MST7MDT": "America/Denver", "PST8PDT": "America/Los_Angeles",
        "WET": "Europe/Lisbon", "CET": "Europe/Brussels", "MET": "Europe/Brussels", "EET": "Europe/Athens",
        "GMT": "UTC", "GMT0": "UTC", "Greenwich": "UTC", "UCT": "UTC", "Universal": "UTC", "Zulu": "UTC",
    ]

    /// `nil` outside the years 1 to 9998, where calendars stop meaning anything.
    static func seconds(_ moment: Date, rounded rule: FloatingPointRoundingRule) -> Int? {
        let seconds = moment.timeIntervalSince1970
        guard seconds > -62_135_596_800, seconds < 253_370_764_800 else { return nil }
        return Int(seconds.rounded(rule))
    }
}
