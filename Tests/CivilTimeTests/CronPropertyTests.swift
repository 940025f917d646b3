import CivilTime
import Foundation
import TestValues
import Testing

/// Held against a second implementation that goes through every minute of the calendar, in random zones and years.
@Suite("Properties over zones and years") struct CronPropertyTests {
    private static let crons = [
        "30 2 * * *", "0 2,3 * * *", "*/15 2 * * *", "0 */2 * * *", "30 * * * *", "*/10 * * * *", "0 0 * * *",
        "15,45 0-4 * * *", "0 1 * * sun", "59 23 * * *", "0 0 1 * *", "20 1,2 25-31 3,10 *", "5 0-23 * * *",
    ]

    @Test("next is the least, last the greatest, both agree with the slow way", arguments: 1...12)
    func agrees(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let names = TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") }
        for _ in 0..<25 {
            let name = names[random.below(names.count)]
            let cron = Self.crons[random.below(Self.crons.count)]
            let zone = TimeZone(identifier: name)!
            // Half of the windows lie around a change of clocks, where the mistakes live.
            var centre = Date(timeIntervalSince1970: Double(315_532_800 + random.below(1_900_000_000)))
            if random.below(2) == 0, let change = zone.nextDaylightSavingTimeTransition(after: centre) {
                centre = change
            }
            let from = Date(timeIntervalSince1970: (centre.timeIntervalSince1970 / 60).rounded(.down) * 60 - 40 * 3600)
            let to = from.addingTimeInterval(80 * 3600)
            let schedule = try CronSchedule(cron, zone: name)
            let expected = SlowCron(cron, zone).runs(from: from, to: to)
            let context: Comment = "seed \(seed): `\(cron)` \(name) around \(centre)"
            #expect(runs(of: schedule, from: from, to: to) == expected, context)
            #expect(Array(runsBackwards(of: schedule, from: from, to: to).reversed()) == expected, context)
            let probe = from.addingTimeInterval(Double(random.below(80 * 3600)))
            #expect(schedule.last(atOrBefore: probe).map { $0 <= probe } == true, context)
            #expect(schedule.next(after: probe).map { $0 > probe } == true, context)
            if let next = schedule.next(after: probe) { #expect(schedule.last(atOrBefore: next) == next, context) }
        }
    }
}

/// The rules again, told over wall minutes instead of fields and segments.
private struct SlowCron {
    let fields: [Set<Int>]
    let zone: TimeZone

    init(_ cron: String, _ zone: TimeZone) {
        let ranges = [0...59, 0...23, 1...31, 1...12, 0...6]
        fields = zip(cron.split(separator: " "), ranges).map { text, range in
            Set(
                text.replacing("sun", with: "0").split(separator: ",").flatMap { part -> [Int] in
                    let pieces = part.split(separator: "/")
                    let ends =
                        pieces[0] == "*"
                        ? [range.lowerBound, range.upperBound] : pieces[0].split(separator: "-").map { Int($0)! }
                    return Array(
                        stride(from: ends[0], through: ends[ends.count - 1], by: pieces.count > 1 ? Int(pieces[1])! : 1)
                    )
                })
        }
        self.zone = zone
    }

    func runs(from: Date, to: Date) -> [Date] {
        if fields[1].count == 24 {
            return stride(from: from.timeIntervalSince1970, to: to.timeIntervalSince1970, by: 1)
                .filter { Int($0) % 60 == 0 || zone.secondsFromGMT(for: Date(timeIntervalSince1970: $0)) % 60 != 0 }
                .filter { matches(Int($0) + offset(Int($0))) }.map { Date(timeIntervalSince1970: $0) }
        }
        // Every wall minute around the window, its instants looked up.
        var found: Set<Int> = []
        var skippedAt: Set<Int> = []
        let (low, high) = (Int(from.timeIntervalSince1970), Int(to.timeIntervalSince1970))
        for wall in stride(from: (low - 2 * 86_400) / 60 * 60, through: high + 2 * 86_400, by: 60) where matches(wall) {
            let offsets = Set([offset(wall - 30 * 3600), offset(wall + 30 * 3600), offset(wall)])
            let instants = Set(offsets.map { wall - $0 }).filter { $0 + offset($0) == wall }
            if let latest = instants.max() {
                found.insert(latest)
            } else if let before = change(around: wall), skippedAt.insert(before).inserted {
                found.insert(wall - offset(before - 1))
            }
        }
        return found.filter { $0 >= low && $0 < high }.sorted().map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// The instant of the change of clocks that skips `wall`.
    private func change(around wall: Int) -> Int? {
        stride(from: wall - 30 * 3600, through: wall + 30 * 3600, by: 60).first {
            $0 - 60 + offset($0 - 60) < wall && $0 + offset($0) > wall
        }
    }

    private func offset(_ instant: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
    }

    private func matches(_ wall: Int) -> Bool {
        guard wall % 60 == 0 else { return false }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        guard fields[0].contains(wall / 60 % 60), fields[1].contains(wall / 3600 % 24) else { return false }
        let parts = calendar.dateComponents([.month, .day, .weekday], from: Date(timeIntervalSince1970: Double(wall)))
        guard fields[3].contains(parts.month!) else { return false }
        let (day, weekday) = (fields[2].contains(parts.day!), fields[4].contains(parts.weekday! - 1))
        return fields[2].count == 31 || fields[4].count == 7 ? day && weekday : day || weekday
    }
}
