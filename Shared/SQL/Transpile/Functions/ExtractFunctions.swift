/// EXTRACT and date_part: parts of dates, and how days of the week and weeks are counted.
///
/// PostgreSQL counts days of the week from Sunday = 0 (DOW) or Monday = 1 (ISODOW), GoogleSQL from Sunday = 1
/// (DAYOFWEEK). PostgreSQL's WEEK is that of ISO 8601, GoogleSQL's begins on Sunday unless it says otherwise.
enum ExtractFunctions {
    static let toBigQuery: FunctionTable.Family = [("extract date_part", .written(writeBigQuery))]
    static let toPostgres: FunctionTable.Family = [("extract", .written(writePostgres))]

    /// Parts that are the same under another name; DAYOFWEEK, like DOW and EPOCH below, only comes from an idiom.
    private static let names: [String: String] = [
        "YEAR": "YEAR", "YEARS": "YEAR", "QUARTER": "QUARTER", "MONTH": "MONTH", "MONTHS": "MONTH", "DAY": "DAY",
        "DAYS": "DAY", "HOUR": "HOUR", "HOURS": "HOUR", "MINUTE": "MINUTE", "MINUTES": "MINUTE", "DOY": "DAYOFYEAR",
        "WEEK": "ISOWEEK", "ISOYEAR": "ISOYEAR", "DAYOFWEEK": "DAYOFWEEK",
    ]

    private static func writeBigQuery(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard call.values.count == 2 else { return try transpiler.wrongArguments(call) }
        let value = call.values[1]
        guard let part = part(of: call.values[0]) else {
            try transpiler.refuse("a part of a date that is not constant", at: call.info.range)
            return .function(call)
        }
        func extract(_ name: String) -> Expression { .extract(name, from: value) }
        if part != "EPOCH", let microseconds = difference(value, transpiler) {
            return try partOfDifference(part, microseconds, &transpiler, call)
        }
        if let name = names[part] { return extract(name) }
        switch part {
        case "DOW": return .binary(extract("DAYOFWEEK"), .subtract, .integer(1))
        case "ISODOW":
            let days = Expression.call("MOD", .binary(extract("DAYOFWEEK"), .add, .integer(5)), .integer(7))
            return .binary(days, .add, .integer(1))
        // Parts of seconds are in PostgreSQL's second, and in GoogleSQL's are not.
        case "SECOND", "SECONDS":
            let fraction = Expression.binary(extract("MICROSECOND"), .divide, .integer(1_000_000))
            return .binary(extract("SECOND"), .add, fraction)
        case "MILLISECOND", "MILLISECONDS":
            let whole = Expression.binary(extract("SECOND"), .multiply, .integer(1_000))
            return .binary(whole, .add, .binary(extract("MICROSECOND"), .divide, .integer(1_000)))
        case "MICROSECOND", "MICROSECONDS":
            let whole = Expression.binary(extract("SECOND"), .multiply, .integer(1_000_000))
            return .binary(whole, .add, extract("MICROSECOND"))
        case "DECADE": return .call("DIV", extract("YEAR"), .integer(10))
        case "EPOCH": return try epoch(of: value, &transpiler, call)
        default:
            try transpiler.refuse("EXTRACT(\(part) …)", "Compute it from YEAR.", at: call.info.range)
            return .function(call)
        }
    }

    /// The microseconds between two moments, where `value` is their difference; nil where it is something else.
    private static func difference(_ value: Expression, _ transpiler: Transpiler) -> Expression? {
        guard case .binary(let node) = value, node.operation == .subtract,
            let kind = transpiler.type(of: node.left), kind == transpiler.type(of: node.right)
        else { return nil }
        let part = Expression.timePart(TimePart(name: "MICROSECOND"))
        switch kind {
        case .timestampTZ: return .call("TIMESTAMP_DIFF", node.left, node.right, part)
        case .timestamp: return .call("DATETIME_DIFF", node.left, node.right, part)
        default: return nil
        }
    }

    /// PostgreSQL's difference of moments has days and, beside them, hours below 24; GoogleSQL's has hours only.
    private static func partOfDifference(
        _ part: String, _ microseconds: Expression, _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        func units(_ size: Int, below limit: Int?) -> Expression {
            let count = Expression.call("DIV", microseconds, .integer(size))
            return limit.map { .call("MOD", count, .integer($0)) } ?? count
        }
        func rest(by divisor: Int) -> Expression {
            .binary(.call("MOD", microseconds, .integer(60_000_000)), .divide, .integer(divisor))
        }
        switch part {
        case "DAY", "DAYS": return units(86_400_000_000, below: nil)
        case "HOUR", "HOURS": return units(3_600_000_000, below: 24)
        case "MINUTE", "MINUTES": return units(60_000_000, below: 60)
        case "SECOND", "SECONDS": return rest(by: 1_000_000)
        case "MILLISECOND", "MILLISECONDS": return rest(by: 1_000)
        case "MICROSECOND", "MICROSECONDS": return .call("MOD", microseconds, .integer(60_000_000))
        default:
            try transpiler.refuse(
                "\(part) of a difference of moments", "It has days and smaller parts only.", at: call.info.range)
            return .function(call)
        }
    }

    private static func part(of value: Expression) -> String? {
        if case .timePart(let part) = value { return part.name }
        return value.stringLiteral?.uppercased()
    }

    /// Seconds since 1970, or of an interval.
    private static func epoch(
        of value: Expression, _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let million = Expression.integer(1_000_000)
        switch transpiler.type(of: value) {
        case .timestampTZ: return .binary(.call("UNIX_MICROS", value), .divide, million)
        case .timestamp: return .binary(.call("UNIX_MICROS", .call("TIMESTAMP", value)), .divide, million)
        case .date: return .binary(.call("UNIX_DATE", value), .multiply, .integer(86_400))
        case .interval:
            if let microseconds = difference(value, transpiler) { return .binary(microseconds, .divide, million) }
            // A year of PostgreSQL's has 365.25 days here, a month beside it 30.
            var sum: Expression?
            let sizes = [
                ("YEAR", 31_557_600), ("MONTH", 2_592_000), ("DAY", 86_400), ("HOUR", 3_600), ("MINUTE", 60),
                ("SECOND", 1),
            ]
            for (unit, size) in sizes {
                let part = Expression.extract(unit, from: value)
                let seconds = size == 1 ? part : .binary(part, .multiply, .integer(size))
                sum = sum.map { .binary($0, .add, seconds) } ?? seconds
            }
            let fraction = Expression.binary(.extract("MICROSECOND", from: value), .divide, million)
            return sum.map { .binary($0, .add, fraction) } ?? fraction
        default:
            try transpiler.needType(of: value, for: "EXTRACT(EPOCH …)")
            return .function(call)
        }
    }

    private static func writePostgres(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard call.values.count == 2, case .timePart(let part) = call.values[0] else {
            return try transpiler.wrongArguments(call)
        }
        let value = call.values[1]
        func extract(_ name: String) -> Expression { .extract(name, from: value) }
        if case .binary(let node) = value, node.operation == .subtract, part.name != "EPOCH",
            transpiler.type(of: value) == .interval
        {
            // GoogleSQL's has hours without days, PostgreSQL's has days.
            try transpiler.refuse(
                "a part of a difference of moments", "Write TIMESTAMP_DIFF or DATETIME_DIFF.", at: call.info.range)
        }
        switch part.name {
        case "YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "ISOYEAR", "DOW", "EPOCH": return extract(part.name)
        case "DAYOFYEAR": return extract("DOY")
        case "ISOWEEK": return extract("WEEK")
        case "DAYOFWEEK": return .binary(extract("DOW"), .add, .integer(1))
        case "SECOND": return .call("floor", extract("SECOND"))
        case "MILLISECOND": return .binary(.call("floor", extract("MILLISECONDS")), .modulo, .integer(1_000))
        case "MICROSECOND": return .binary(extract("MICROSECONDS"), .modulo, .integer(1_000_000))
        case "DATE": return .cast(value, to: .date)
        case "TIME": return .cast(value, to: .time)
        case "DATETIME": return .cast(value, to: .timestamp)
        case "WEEK": return week(of: value, startingOn: part.weekStart)
        default:
            try transpiler.refuse("EXTRACT(\(part.name) …)", at: call.info.range)
            return .function(call)
        }
    }

    private static let weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"]

    /// Weeks from the year's first such day on; the days before it are in week 0.
    private static func week(of value: Expression, startingOn start: String?) -> Expression {
        let first = weekdays.firstIndex(of: start ?? "SUNDAY") ?? 0
        var weekday = Expression.extract("DOW", from: value)
        if first > 0 { weekday = .binary(.binary(weekday, .add, .integer(7 - first)), .modulo, .integer(7)) }
        let day = Expression.binary(.extract("DOY", from: value), .add, .integer(6))
        return .call("floor", .binary(.binary(day, .subtract, weekday), .divide, .integer(7)))
    }
}

extension Expression {
    /// `EXTRACT(part FROM value)`.
    static func extract(_ part: String, from value: Expression) -> Expression {
        var source = Argument(value)
        source.label = .from
        let arguments = [Argument(.timePart(TimePart(name: part))), source]
        return .function(FunctionCall(name: Identifier("EXTRACT"), arguments: arguments))
    }
}
