import Pipeline
import Planning

/// Interval sets as PostgreSQL writes `tstzmultirange`.
enum MultirangeText {
    /// `{[2026-11-22 00:00:00+00,2026-11-23 00:00:00+00)}`
    static func write(_ set: IntervalSet) -> String {
        let ranges = set.intervals.map { "[\"\($0.start.timestamp())+00\",\"\($0.end.timestamp())+00\")" }
        return "{\(ranges.joined(separator: ","))}"
    }

    /// Reads what PostgreSQL writes in ISO style and UTC. Nil for anything else.
    static func read(_ text: String) -> IntervalSet? {
        guard text.first == "{", text.last == "}" else { return nil }
        var intervals: [Interval] = []
        for piece in text.dropFirst().dropLast().split(separator: ")") {
            let bounds = piece.drop { $0 == "," || $0 == "[" }.split(separator: ",")
            guard bounds.count == 2, let start = moment(bounds[0]), let end = moment(bounds[1]),
                let interval = Interval(from: start, to: end)
            else { return nil }
            intervals.append(interval)
        }
        return IntervalSet(intervals)
    }

    private static func moment(_ text: Substring) -> Moment? {
        Moment(text.filter { $0 != "\"" })
    }
}
