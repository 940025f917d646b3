import Pipeline

/// Stretches of time as people count them.
public enum IntervalText {
    /// `2026-11-20 to 2026-11-23, 2026-11-25`: the last day included; with the time of day where that is not midnight.
    public static func days(_ set: IntervalSet) -> String {
        set.intervals.map { interval in
            let last = Moment(microseconds: interval.end.microseconds - 1)
            let from = interval.start <= .beginning ? "the beginning" : text(interval.start)
            if from == text(last) { return from }
            return "\(from) to \(text(last))"
        }.joined(separator: ", ")
    }

    private static func text(_ moment: Moment) -> String {
        let isMidnight = moment.secondOfDay == 0 || moment.secondOfDay == 86_399
        return isMidnight ? moment.day : String(moment.timestamp(fraction: false).prefix(16))
    }
}
