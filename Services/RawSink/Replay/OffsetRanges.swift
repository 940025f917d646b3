import Kafka

/// Offsets of a partition that are wanted.
/// Always: at least one range; none is empty; ascending, and no two touch.
struct OffsetRanges: Equatable {
    private(set) var ranges: [Range<Offset>]

    /// From the first one wanted to the last, what lies between included.
    var bounds: Range<Offset> { (ranges.first?.lowerBound ?? 0)..<(ranges.last?.upperBound ?? 0) }

    /// How many are wanted.
    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Those of `ranges`, which ascend, in stretches that are read in one go: at most `gapMax` offsets that are not
    /// wanted lie between two of a stretch.
    static func stretches(_ ranges: [Range<Offset>], gapMax: Offset) -> [OffsetRanges] {
        var stretches: [OffsetRanges] = []
        for range in ranges {
            if let last = stretches.last, range.lowerBound - last.bounds.upperBound <= gapMax {
                stretches[stretches.count - 1].ranges.append(range)
            } else {
                stretches.append(OffsetRanges(ranges: [range]))
            }
        }
        return stretches
    }

    /// Looks by halves.
    func contains(_ offset: Offset) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(offset)
    }

    /// Those of them that lie in `limits`.
    func within(_ limits: Range<Offset>) -> OffsetRanges {
        OffsetRanges(ranges: ranges.map { $0.clamped(to: limits) }.filter { !$0.isEmpty })
    }
}
