/// The grid that a model's intervals lie on, in UTC.
public enum IntervalUnit: String, Sendable, CaseIterable, Codable {
    case year, month, week, day, hour
    case halfHour = "half_hour"
    case quarterHour = "quarter_hour"
    case fiveMinute = "five_minute"
    case minute
}
