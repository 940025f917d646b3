import Pipeline
import Planning
import ServiceRuntime

/// `--start` and `--end` as people mean them: whole days, the last one included.
enum DayRange {
    /// Nil when neither is given; open at the end that is not.
    /// - Throws: ``ExitError`` for what is no date, and for an end before the start.
    static func interval(_ start: String?, _ end: String?) throws -> Interval? {
        guard start != nil || end != nil else { return nil }
        let from = try start.map { try CommandSupport.moment($0, named: "start") } ?? .beginning
        let to = try end.map { try CommandSupport.end($0) } ?? .distant
        guard let interval = Interval(from: from, to: to) else { throw ExitError(.usage, "--end is before --start.") }
        return interval
    }
}

extension DayRange {
    /// The days that a model is shown for: those given; one alone where one end is; else the last that is over.
    static func days(_ start: String?, _ end: String?, now: Moment) throws -> Interval {
        let today = IntervalGrid(.day).floor(now)
        let from = try start.map { try CommandSupport.moment($0, named: "start") }
        let to = try end.map { try CommandSupport.end($0) }
        let first = from ?? to?.adding(seconds: -86_400) ?? today.adding(seconds: -86_400)
        guard let interval = Interval(from: first, to: to ?? first.adding(seconds: 86_400)) else {
            throw ExitError(.usage, "--end is before --start.")
        }
        return interval
    }
}
