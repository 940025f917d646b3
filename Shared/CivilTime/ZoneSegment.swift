// ZoneSegment: a stretch of time during which a zone's clocks are not changed.
// Instants are seconds since 1970-01-01 00:00 UTC; a wall time is an instant plus the segment's offset.
import Foundation

struct ZoneSegment: Equatable {
    /// The change of clocks that it begins with; `nil` when none is known before.
    let start: Int?
    /// The change that ends it, not part of it; `nil` when none is known after.
    let end: Int?
    let offset: Int
    /// The offset before `start`, and from `end` on; the segment's own where there is no change.
    let offsetBefore: Int
    let offsetAfter: Int

    /// The segment around `instant`.
    init(of zone: TimeZone, at instant: Int) {
        offset = Self.offset(of: zone, at: instant)
        start = Self.lastChange(of: zone, to: instant)
        end = Self.nextChange(of: zone, after: instant)
        offsetBefore = start.map { Self.offset(of: zone, at: $0 - 1) } ?? offset
        offsetAfter = end.map { Self.offset(of: zone, at: $0) } ?? offset
    }

    private static func offset(of zone: TimeZone, at instant: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
    }

    private static func nextChange(of zone: TimeZone, after instant: Int) -> Int? {
        guard let next = zone.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: Double(instant)))
        else { return nil }
        let seconds = Int(next.timeIntervalSince1970)
        return seconds > instant ? seconds : nil
    }

    /// Foundation only looks forward: step back far enough that a change comes, then forward to the last one.
    private static func lastChange(of zone: TimeZone, to instant: Int) -> Int? {
        for days in [220, 2_200, 66_000] {
            var last: Int?
            var probe = instant - days * 86_400
            while let next = nextChange(of: zone, after: probe), next <= instant {
                last = next
                probe = next
            }
            if let last { return last }
        }
        return nil
    }
}
