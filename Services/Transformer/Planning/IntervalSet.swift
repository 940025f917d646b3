// IntervalSet: stretches of time, such as those a model has been computed for.
// Always: sorted by start; no two touch or overlap. Its size is the number of gaps, never the number of days or minutes.
import Pipeline

/// A set of moments, kept as ranges.
public struct IntervalSet: Sendable, Hashable, CustomStringConvertible {
    public private(set) var intervals: [Interval] = []

    public init() {}

    /// The union of `intervals`, in any order, overlapping or not.
    public init(_ intervals: some Sequence<Interval>) {
        for interval in intervals.sorted() {
            if let last = self.intervals.last, interval.start <= last.end {
                if interval.end > last.end, let joined = Interval(from: last.start, to: interval.end) {
                    self.intervals[self.intervals.count - 1] = joined
                }
            } else {
                self.intervals.append(interval)
            }
        }
    }

    public init(from start: Moment, to end: Moment) {
        if let interval = Interval(from: start, to: end) { intervals = [interval] }
    }

    public var isEmpty: Bool { intervals.isEmpty }
    public var start: Moment? { intervals.first?.start }
    public var end: Moment? { intervals.last?.end }

    public func contains(_ moment: Moment) -> Bool { intervals.contains { $0.contains(moment) } }

    public func union(_ other: IntervalSet) -> IntervalSet { IntervalSet(intervals + other.intervals) }

    /// What is in both.
    public func intersection(_ other: IntervalSet) -> IntervalSet {
        var found: [Interval] = []
        var left = intervals[...]
        var right = other.intervals[...]
        while let a = left.first, let b = right.first {
            if let both = Interval(from: max(a.start, b.start), to: min(a.end, b.end)) { found.append(both) }
            if a.end < b.end { left = left.dropFirst() } else { right = right.dropFirst() }
        }
        return IntervalSet(found)
    }

    /// What is here and not in `other`.
    public func subtracting(_ other: IntervalSet) -> IntervalSet {
        var rest: [Interval] = []
        var holes = other.intervals[...]
        for interval in intervals {
            var start = interval.start
            while let hole = holes.first, hole.end <= start { holes = holes.dropFirst() }
            for hole in holes {
                if hole.start >= interval.end { break }
                if let piece = Interval(from: start, to: hole.start) { rest.append(piece) }
                start = max(start, hole.end)
            }
            if let piece = Interval(from: start, to: interval.end) { rest.append(piece) }
        }
        return IntervalSet(rest)
    }

    public func intersects(_ other: IntervalSet) -> Bool { !intersection(other).isEmpty }

    public var description: String {
        isEmpty ? "nothing" : intervals.map(\.description).joined(separator: ", ")
    }
}
