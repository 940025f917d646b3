// What a model's schedule says of its intervals.
import CivilTime
import ModelProject
import Pipeline

extension CronSchedule {
    /// The last time at or before `moment` that the expression names. The epoch when there is none in ten years.
    public func floor(_ moment: Moment) -> Moment {
        last(to: Int(moment.seconds)).map { Moment(seconds: Int64($0)) } ?? .epoch
    }

    /// The next time after `moment` that the expression names; nil when there is none in ten years.
    public func next(after moment: Moment) -> Moment? { next(after: moment.date).map { Moment($0) } }

    /// The unit that models of this schedule have unless they say another: the longest not longer than the time
    /// between two ticks. Weeks are taken as days, as in SQLMesh: they begin on another weekday for each expression.
    public var intervalUnit: IntervalUnit {
        let minutes = pattern.minutes.values
        if minutes.count > 1 {
            let gap = zip(minutes.dropFirst(), minutes).map { $0 - $1 }.min() ?? 60
            let shortest = min(gap, 60 - (minutes[minutes.count - 1] - minutes[0]))
            return shortest >= 30 ? .halfHour : shortest >= 15 ? .quarterHour : shortest >= 5 ? .fiveMinute : .minute
        }
        if pattern.hours.values.count > 1 { return .hour }
        if !pattern.weekdays.isEverything || pattern.days.values.count > 1 { return .day }
        return pattern.months.values.count == 1 ? .year : .month
    }
}
