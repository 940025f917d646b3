import Pipeline

/// A half-open stretch of time: `start` belongs to it, `end` does not. Never empty.
public struct Interval: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let start: Moment
    public let end: Moment

    /// Nil when there is nothing between `start` and `end`.
    public init?(from start: Moment, to end: Moment) {
        guard start < end else { return nil }
        self.start = start
        self.end = end
    }

    /// From the beginning to after all that anybody asks for.
    public static let always = Interval(unchecked: .beginning, .distant)

    private init(unchecked start: Moment, _ end: Moment) {
        self.start = start
        self.end = end
    }

    public static func < (left: Interval, right: Interval) -> Bool {
        (left.start, left.end) < (right.start, right.end)
    }

    public func contains(_ moment: Moment) -> Bool { start <= moment && moment < end }

    public func overlaps(_ other: Interval) -> Bool { start < other.end && other.start < end }

    public var description: String { "[\(start), \(end))" }
}

extension Moment {
    /// After all that anybody asks for.
    public static let distant = Moment(year: 9999, month: 1, day: 1)
}
