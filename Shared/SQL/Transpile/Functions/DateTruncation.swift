/// The start of the unit that a date or time lies in: DATE_TRUNC and its like, and LAST_DAY.
enum DateTruncation {
    /// PostgreSQL's names of units, as GoogleSQL's parts. PostgreSQL's weeks are ISO's.
    private static let parts: [String: String] = [
        "microseconds": "MICROSECOND", "microsecond": "MICROSECOND", "milliseconds": "MILLISECOND",
        "millisecond": "MILLISECOND", "second": "SECOND", "minute": "MINUTE", "hour": "HOUR", "day": "DAY",
        "week": "WEEK", "month": "MONTH", "quarter": "QUARTER", "year": "YEAR",
    ]

    static func toBigQuery(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1 else { return try transpiler.wrongArguments(call) }
        guard let unit = values[0].stringLiteral, let name = parts[unit.lowercased()] else {
            let known = "The units from microsecond to year are known, as literals."
            try transpiler.refuse("date_trunc with this unit", known, at: call.info.range)
            return .function(call)
        }
        let part = Expression.timePart(TimePart(name: name, weekStart: name == "WEEK" ? "MONDAY" : nil))
        switch transpiler.type(of: values[1]) {
        case .timestamp: return .call("DATETIME_TRUNC", values[1], part)
        // What PostgreSQL truncates of a date is a moment.
        case .date: return .call("TIMESTAMP_TRUNC", [.call("TIMESTAMP", values[1]), part] + values.dropFirst(2))
        case .interval:
            try transpiler.refuse("date_trunc of an interval", at: call.info.range)
            return .function(call)
        // GoogleSQL's takes a timestamp or a datetime and gives back the same.
        default: return .call("TIMESTAMP_TRUNC", [values[1], part] + values.dropFirst(2))
        }
    }

    /// What a cast to a date makes of a truncated date: `DATE_TRUNC(day, MONTH)`. Nil for anything else.
    static func asDate(_ expression: Expression) -> Expression? {
        guard case .function(let truncation) = expression, truncation.name.name == "TIMESTAMP_TRUNC",
            truncation.arguments.count == 2, case .function(let moment) = truncation.arguments[0].value,
            moment.name.name == "TIMESTAMP", moment.arguments.count == 1
        else { return nil }
        return .call("DATE_TRUNC", moment.arguments[0].value, truncation.arguments[1].value)
    }

    // MARK: To PostgreSQL

    /// How many days a week that begins on this day begins before ISO's.
    static func daysBeforeMonday(_ part: TimePart) -> Int? {
        guard part.name == "WEEK" else { return part.name == "ISOWEEK" ? 0 : nil }
        let days = ["MONDAY", "SUNDAY", "SATURDAY", "FRIDAY", "THURSDAY", "WEDNESDAY", "TUESDAY"]
        return days.firstIndex(of: part.weekStart ?? "SUNDAY")
    }

    static func toPostgres(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1, case .timePart(let part) = values[1] else { return try transpiler.wrongArguments(call) }
        var kind = transpiler.type(of: values[0])
        let name = call.name.name.lowercased()
        if kind == nil, name == "timestamp_trunc" { kind = .timestampTZ }
        if kind == nil, name == "datetime_trunc" { kind = .timestamp }
        if kind == nil, name == "time_trunc" { kind = .time }
        if kind == nil { try transpiler.needType(of: values[0], for: name.uppercased()) }
        if kind == .time { return try timeOfDay.filled(with: [.string(part.name.lowercased()), values[0]]) }
        if values.count == 3 {
            // What the clocks of the zone show is truncated.
            let local = try inZone.filled(with: [values[0], values[2]])
            let truncated = try truncated(&transpiler, local, part, call)
            return try inZone.filled(with: [truncated, values[2]])
        }
        let truncated = try truncated(&transpiler, values[0], part, call)
        return kind == .date || kind == nil ? .cast(truncated, to: .date) : truncated
    }

    private static func truncated(
        _ transpiler: inout Transpiler, _ value: Expression, _ part: TimePart, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        if let days = daysBeforeMonday(part) {
            if days == 0 { return .call("date_trunc", .string("week"), value) }
            return try weeks.filled(with: [value, interval("\(days) day")])
        }
        switch part.name {
        case "ISOYEAR": return try isoYear.filled(with: [value])
        case "DAY", "MONTH", "QUARTER", "YEAR", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND":
            return .call("date_trunc", .string(part.name.lowercased()), value)
        default:
            try transpiler.refuse("\(call.name.name.uppercased()) to \(part.name)", at: call.info.range)
            return .function(call)
        }
    }

    static func interval(_ text: String) -> Expression { .interval(IntervalLiteral(value: .string(text))) }

    private static let weeks = FunctionForm("date_trunc('week', $1 + $2) - $2", .postgres)
    // The fourth of January lies in the first week.
    private static let isoYear = FunctionForm(
        "date_trunc('week', make_date(extract(isoyear FROM $1)::integer, 1, 4)::timestamp)", .postgres)
    private static let inZone = FunctionForm("$1 AT TIME ZONE $2", .postgres)
    private static let timeOfDay = FunctionForm("date_trunc($1, $2)::time", .postgres)

    /// `LAST_DAY(day, part)`: the day before the next one begins.
    static func lastDay(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var part = TimePart(name: "MONTH")
        if call.arguments.count > 1, case .timePart(let given) = call.values[1] { part = given }
        let lengths = [
            "MONTH": "1 month", "QUARTER": "3 months", "YEAR": "1 year", "WEEK": "7 days", "ISOWEEK": "7 days",
        ]
        guard let value = call.values.first, let length = lengths[part.name] else {
            try transpiler.refuse("LAST_DAY of \(part.name)", at: call.info.range)
            return .function(call)
        }
        let start = try truncated(&transpiler, value, part, call)
        return try dayBeforeEnd.filled(with: [start, interval("\(length) -1 day")])
    }

    private static let dayBeforeEnd = FunctionForm("($1 + $2)::date", .postgres)
}
