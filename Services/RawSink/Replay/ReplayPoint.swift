import Foundation

/// Where a replay begins or ends: `1042`, `3:1042,4:77`, `2026-11-23`, `2026-11-23T05:00:00Z`.
enum ReplayPoint: Equatable {
    /// The same offset in every partition.
    case offset(Int64)
    /// An offset of each partition named; others are left out.
    case offsets([Int32: Int64])
    /// The first message stamped then or later; microseconds since 1970.
    case time(Int64)

    /// Nil when it is none of the forms.
    init?(_ text: String) {
        if let offset = Int64(text) {
            guard offset >= 0 else { return nil }
            self = .offset(offset)
            return
        }
        if let time = PointInTime.read(text) {
            self = .time(time)
            return
        }
        var offsets: [Int32: Int64] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: ":", omittingEmptySubsequences: false)
            guard sides.count == 2, let partition = Int32(sides[0]), let offset = Int64(sides[1]), partition >= 0,
                offset >= 0, offsets[partition] == nil
            else { return nil }
            offsets[partition] = offset
        }
        self = .offsets(offsets)
    }
}
