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
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        var intervals: [Interval] = []
        for piece in bytes.dropFirst().dropLast().split(separator: UInt8(ascii: ")")) {
            let bounds = piece.drop { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "[") }.split(
                separator: UInt8(ascii: ","))
            guard bounds.count == 2, let start = moment(bounds[0]), let end = moment(bounds[1]),
                let interval = Interval(from: start, to: end)
            else { return nil }
            intervals.append(interval)
        }
        return IntervalSet(intervals)
    }

    /// A time with or without quotes around it.
    private static func moment(_ text: Substring.UTF8View) -> Moment? {
        let isQuoted = text.count >= 2 && text.first == UInt8(ascii: "\"") && text.last == UInt8(ascii: "\"")
        return Moment(String(Substring(isQuoted ? text.dropFirst().dropLast() : text)))
    }
}
