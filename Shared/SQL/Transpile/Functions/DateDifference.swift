/// DATE_DIFF and its like in PostgreSQL, which has nothing but subtraction. Differences of dates, datetimes and times
/// count the borders of units between them, those of timestamps the whole units.
enum DateDifference {
    static func byType(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let first = call.values.first else { return try transpiler.wrongArguments(call) }
        switch transpiler.type(of: first) {
        case .timestampTZ: return try timestamp(&transpiler, call)
        case .timestamp: return try dateTime(&transpiler, call)
        case .time: return try time(&transpiler, call)
        default: return try borders(&transpiler, call, ofDates: true)
        }
    }

    static func dateTime(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try borders(&transpiler, call, ofDates: false)
    }

    // MARK: Borders

    private static let days = FunctionForm("$1 - $2", .postgres)
    private static let daysOfTimes = FunctionForm("$1::date - $2::date", .postgres)
    private static let weeks = FunctionForm(
        "(date_trunc('week', $1 + $3)::date - date_trunc('week', $2 + $3)::date) / 7", .postgres)
    private static let isoWeeks = FunctionForm(
        "(date_trunc('week', $1)::date - date_trunc('week', $2)::date) / 7", .postgres)
    private static let months = FunctionForm(
        """
        ((extract(year FROM $1) - extract(year FROM $2)) * 12
        + extract(month FROM $1) - extract(month FROM $2))::bigint
        """, .postgres)
    private static let quarters = FunctionForm(
        """
        ((extract(year FROM $1) - extract(year FROM $2)) * 4
        + extract(quarter FROM $1) - extract(quarter FROM $2))::bigint
        """, .postgres)
    private static let years = FunctionForm("(extract(year FROM $1) - extract(year FROM $2))::bigint", .postgres)
    private static let isoYears = FunctionForm(
        "(extract(isoyear FROM $1) - extract(isoyear FROM $2))::bigint", .postgres)
    private static let shorter = FunctionForm(
        "(extract(epoch FROM date_trunc($3, $1) - date_trunc($3, $2)) / $4)::bigint", .postgres)
    private static let parts = FunctionForm(
        "(extract(epoch FROM date_trunc($3, $1) - date_trunc($3, $2)) * $4)::bigint", .postgres)

    private static func borders(
        _ transpiler: inout Transpiler, _ call: FunctionCall, ofDates: Bool
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, case .timePart(let part) = values[2] else {
            return try transpiler.wrongArguments(call)
        }
        if let shift = DateTruncation.daysBeforeMonday(part) {
            if shift == 0 { return try isoWeeks.filled(with: values) }
            let interval = DateTruncation.interval("\(shift) day")
            return try weeks.filled(with: [values[0], values[1], interval])
        }
        let unit = Expression.string(part.name.lowercased())
        switch part.name {
        case "DAY": return try (ofDates ? days : daysOfTimes).filled(with: values)
        case "MONTH": return try months.filled(with: values)
        case "QUARTER": return try quarters.filled(with: values)
        case "YEAR": return try years.filled(with: values)
        case "ISOYEAR": return try isoYears.filled(with: values)
        case "HOUR": return try shorter.filled(with: [values[0], values[1], unit, .integer(3600)])
        case "MINUTE": return try shorter.filled(with: [values[0], values[1], unit, .integer(60)])
        case "SECOND": return try shorter.filled(with: [values[0], values[1], unit, .integer(1)])
        case "MILLISECOND": return try parts.filled(with: [values[0], values[1], unit, .integer(1000)])
        case "MICROSECOND": return try parts.filled(with: [values[0], values[1], unit, .integer(1_000_000)])
        default: return try refuse(&transpiler, call, part)
        }
    }

    private static func refuse(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ part: TimePart
    ) throws(SQLError) -> Expression {
        try transpiler.refuse("\(call.name.name.uppercased()) by \(part.name)", at: call.info.range)
        return .function(call)
    }

    // MARK: Whole units

    private static let whole = FunctionForm("trunc(extract(epoch FROM $1 - $2) / $3)::bigint", .postgres)
    private static let wholeParts = FunctionForm("trunc(extract(epoch FROM $1 - $2) * $3)::bigint", .postgres)

    static func timestamp(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, case .timePart(let part) = values[2] else {
            return try transpiler.wrongArguments(call)
        }
        let seconds = ["SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400]
        let fractions = ["MILLISECOND": 1000, "MICROSECOND": 1_000_000]
        if let length = seconds[part.name] {
            return try whole.filled(with: [values[0], values[1], .integer(length)])
        }
        if let count = fractions[part.name] {
            return try wholeParts.filled(with: [values[0], values[1], .integer(count)])
        }
        return try refuse(&transpiler, call, part)
    }

    private static let timeOfDay = FunctionForm(
        "(floor(extract(epoch FROM $1) * $3) - floor(extract(epoch FROM $2) * $3))::bigint", .postgres)
    private static let longTimeOfDay = FunctionForm(
        "(floor(extract(epoch FROM $1) / $3) - floor(extract(epoch FROM $2) / $3))::bigint", .postgres)

    static func time(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, case .timePart(let part) = values[2] else {
            return try transpiler.wrongArguments(call)
        }
        switch part.name {
        case "HOUR": return try longTimeOfDay.filled(with: [values[0], values[1], .integer(3600)])
        case "MINUTE": return try longTimeOfDay.filled(with: [values[0], values[1], .integer(60)])
        case "SECOND": return try timeOfDay.filled(with: [values[0], values[1], .integer(1)])
        case "MILLISECOND": return try timeOfDay.filled(with: [values[0], values[1], .integer(1000)])
        case "MICROSECOND": return try timeOfDay.filled(with: [values[0], values[1], .integer(1_000_000)])
        default: return try refuse(&transpiler, call, part)
        }
    }
}
