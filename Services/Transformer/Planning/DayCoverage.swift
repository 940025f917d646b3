import Pipeline

/// How much of each day a set of times covers: what a calendar shows, whatever the grid is.
public enum DayCoverage {
    /// The seconds of each of `days` days, from the one that begins at `first` on, that lie in `set`.
    public static func seconds(of set: IntervalSet, from first: Moment, days: Int) -> [Int] {
        guard days > 0 else { return [] }
        var covered = Array(repeating: 0, count: days)
        let span = IntervalSet(from: first, to: first.adding(seconds: Int64(days) * 86_400))
        for interval in set.intersection(span).intervals {
            var start = interval.start
            while start < interval.end {
                let index = Int((start.seconds - first.seconds) / 86_400)
                let end = min(first.adding(seconds: Int64(index + 1) * 86_400), interval.end)
                covered[index] += Int(end.seconds - start.seconds)
                start = end
            }
        }
        return covered
    }
}
