/// A schedule that cannot be read, or that names no time at all.
public enum CronError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither a preset nor five fields.
    case malformed(String)
    /// A part of a field that is no value, range, list or step of it.
    case field(name: String, part: String, expression: String, allowed: String)
    /// Well-formed, but no day of any year has it: `0 0 31 2 *`.
    case never(String)
    /// A zone that the zone database does not have.
    case zone(String)

    public var description: String {
        switch self {
        case .malformed(let text):
            "`\(text.prefix(80))` is no schedule. Write five fields (minute hour day month weekday), as `30 6 * * mon-fri`, or one"
                + " of \(CronPreset.names.joined(separator: ", "))."
        case .field(let name, let part, let expression, let allowed):
            "`\(part.prefix(40))` in the \(name) field of `\(expression.prefix(80))` is not \(allowed)."
        case .never(let text):
            "`\(text.prefix(80))` never comes: no month that it names has such a day. Change the day or the month."
        case .zone(let name):
            "`\(name.prefix(80))` is no time zone. Write an IANA name such as `Europe/Berlin`, or `UTC`."
        }
    }
}

/// Names for common schedules.
public enum CronPreset {
    static let expressions: [String: String] = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@quarterly": "0 0 1 1,4,7,10 *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// Every preset, `@once` included.
    public static let names: [String] = (expressions.keys + ["@once"]).sorted()
}
