import ModelProject
import Pipeline

/// The condition that keeps a query's rows inside of an interval, written for the time column's type.
public enum TimeFilter {
    /// What kind of values a time column holds.
    public enum ColumnType: Sendable, Equatable {
        case date, timestamp, timestampWithZone, text, integer

        /// From PostgreSQL's name of a type; nil for types that hold no time.
        public init?(postgres type: String) {
            switch type.lowercased() {
            case "date": self = .date
            case "timestamp without time zone", "timestamp": self = .timestamp
            case "timestamp with time zone", "timestamptz": self = .timestampWithZone
            case "integer", "bigint", "smallint", "int4", "int8": self = .integer
            case let text where text.hasPrefix("text") || text.hasPrefix("character"): self = .text
            default: return nil
            }
        }
    }

    /// `column >= start AND column < end`.
    public static func condition(
        _ column: String, _ type: ColumnType, format: String?, in interval: Interval
    ) -> String {
        let name = SQLText.identifier(column)
        return
            "\(name) >= \(literal(interval.start, type, format)) AND \(name) < \(literal(interval.end, type, format))"
    }

    private static func literal(_ moment: Moment, _ type: ColumnType, _ format: String?) -> String {
        switch type {
        case .date: "DATE '\(moment.day)'"
        case .timestamp: "TIMESTAMP '\(moment.timestamp())'"
        case .timestampWithZone: "TIMESTAMPTZ '\(moment.timestamp())+00'"
        case .text: SQLText.literal(formatted(moment, format ?? "%Y-%m-%d"))
        case .integer: formatted(moment, format ?? "%Y%m%d")
        }
    }

    /// The strftime codes that sort as time does.
    static func formatted(_ moment: Moment, _ format: String) -> String {
        let timestamp = moment.timestamp(fraction: true)
        let parts = timestamp.split(whereSeparator: { "-: .".contains($0) }).map(String.init)
        guard parts.count == 7 else { return timestamp }
        let codes: [(String, String)] = [
            ("%Y", parts[0]), ("%m", parts[1]), ("%d", parts[2]), ("%H", parts[3]), ("%M", parts[4]), ("%S", parts[5]),
            ("%f", parts[6]),
        ]
        return codes.reduce(format) { $0.replacing($1.0, with: $1.1) }
    }
}
