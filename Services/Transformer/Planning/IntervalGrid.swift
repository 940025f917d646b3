import ModelProject
import Pipeline

/// The boundaries of an interval unit, in UTC. Weeks start on Monday.
public struct IntervalGrid: Sendable, Equatable {
    public let unit: IntervalUnit

    public init(_ unit: IntervalUnit) { self.unit = unit }

    /// The boundary at or before `moment`.
    public func floor(_ moment: Moment) -> Moment {
        switch unit {
        case .year: return Moment(year: moment.civil.year, month: 1, day: 1)
        case .month: return Moment(year: moment.civil.year, month: moment.civil.month, day: 1)
        case .week: return fixed(moment, seconds: 604_800, offset: 4 * 86_400)  // 1970-01-05 was a Monday
        default: return fixed(moment, seconds: fixedSeconds, offset: 0)
        }
    }

    /// The boundary at or after `moment`.
    public func ceiling(_ moment: Moment) -> Moment {
        let below = floor(moment)
        return below == moment ? moment : step(below, by: 1)
    }

    /// The boundary `count` units after (before, when negative) the boundary `moment`.
    public func step(_ moment: Moment, by count: Int) -> Moment {
        switch unit {
        case .year: return Moment(year: moment.civil.year + count, month: 1, day: 1)
        case .month:
            let months = moment.civil.year * 12 + moment.civil.month - 1 + count
            let year = months >= 0 ? months / 12 : (months - 11) / 12
            return Moment(year: year, month: months - year * 12 + 1, day: 1)
        case .week: return moment.adding(seconds: Int64(count) * 604_800)
        default: return moment.adding(seconds: Int64(count) * fixedSeconds)
        }
    }

    /// The smallest set of whole units that covers `set`.
    public func covering(_ set: IntervalSet) -> IntervalSet {
        IntervalSet(set.intervals.compactMap { Interval(from: floor($0.start), to: ceiling($0.end)) })
    }

    /// `set` with the `count` units before each of its stretches.
    public func extended(_ set: IntervalSet, back count: Int) -> IntervalSet {
        if count == 0 { return set }
        return IntervalSet(set.intervals.compactMap { Interval(from: step(floor($0.start), by: -count), to: $0.end) })
    }

    /// How many units lie in `interval`, whose bounds are boundaries.
    public func count(in interval: Interval) -> Int {
        switch unit {
        case .year: return interval.end.civil.year - interval.start.civil.year
        case .month:
            return (interval.end.civil.year - interval.start.civil.year) * 12
                + interval.end.civil.month - interval.start.civil.month
        case .week: return Int((interval.end.seconds - interval.start.seconds) / 604_800)
        default: return Int((interval.end.seconds - interval.start.seconds) / fixedSeconds)
        }
    }

    private var fixedSeconds: Int64 {
        switch unit {
        case .minute: 60
        case .fiveMinute: 300
        case .quarterHour: 900
        case .halfHour: 1_800
        case .hour: 3_600
        case .day, .week, .month, .year: 86_400
        }
    }

    private func fixed(_ moment: Moment, seconds: Int64, offset: Int64) -> Moment {
        let shifted = moment.seconds - offset
        let remainder = shifted % seconds
        return Moment(seconds: shifted - (remainder < 0 ? remainder + seconds : remainder) + offset)
    }
}
