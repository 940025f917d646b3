/// Dates and times as text by a pattern, and text as dates and times.
enum FormatFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("to_char", .written(toChar)),
        ("to_date", .written { (transpiler, call) throws(SQLError) in try parse(&transpiler, call, "PARSE_DATE") }),
        ("to_timestamp", .written(toTimestamp)),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("format_date format_datetime format_timestamp format_time", .written(format)),
        ("parse_date", .written { (transpiler, call) throws(SQLError) in try read(&transpiler, call, date) }),
        ("parse_datetime", .written { (transpiler, call) throws(SQLError) in try read(&transpiler, call, dateTime) }),
        ("parse_timestamp", .written { (transpiler, call) throws(SQLError) in try read(&transpiler, call, moment) }),
        ("parse_time", .written { (transpiler, call) throws(SQLError) in try read(&transpiler, call, time) }),
    ]

    /// The pattern in the target's codes; nil when it has been refused.
    private static func pattern(
        _ transpiler: inout Transpiler, _ value: Expression
    ) throws(SQLError) -> Expression? {
        guard let text = value.stringLiteral else {
            let advice = "The pattern has to be a literal."
            try transpiler.refuse("a pattern that is made by the query", advice, at: value.info.range)
            return nil
        }
        do throws(TimeFormat.Unsupported) {
            return .string(try TimeFormat(text, transpiler.direction).text)
        } catch {
            try transpiler.refuse("the code \(error.code) of a pattern", error.advice, at: value.info.range)
            return nil
        }
    }

    // MARK: To GoogleSQL

    private static func toChar(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else { return try transpiler.wrongArguments(call) }
        let function: String
        switch transpiler.type(of: values[0]) {
        case .date: function = "FORMAT_DATE"
        case .timestamp: function = "FORMAT_DATETIME"
        case .timestampTZ: function = "FORMAT_TIMESTAMP"
        case .time: function = "FORMAT_TIME"
        case nil:
            try transpiler.needType(of: values[0], for: "to_char")
            function = "FORMAT_TIMESTAMP"
        case let kind?:
            let advice = "Write FORMAT('%d', number) or a cast in its place."
            let type = DataType(kind: kind).sql(transpiler.source)
            try transpiler.refuse("to_char of \(type)", advice, at: call.info.range)
            return .function(call)
        }
        guard let pattern = try pattern(&transpiler, values[1]) else { return .function(call) }
        return .call(function, pattern, values[0])
    }

    private static func parse(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ function: String
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2, let pattern = try pattern(&transpiler, values[1]) else { return .function(call) }
        return .call(function, pattern, values[0])
    }

    /// With a pattern it reads text; alone it counts seconds since 1970.
    private static func toTimestamp(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard call.arguments.count == 1, let value = call.values.first else {
            return try parse(&transpiler, call, "PARSE_TIMESTAMP")
        }
        let isWhole = transpiler.type(of: value)?.isWholeNumber ?? false
        return try (isWhole ? seconds : microseconds).filled(with: [value])
    }

    private static let seconds = FunctionForm("TIMESTAMP_SECONDS($1)", .bigQuery)
    private static let microseconds = FunctionForm("TIMESTAMP_MICROS(CAST($1 * 1000000 AS INT64))", .bigQuery)

    // MARK: To PostgreSQL

    private static func format(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1, let pattern = try pattern(&transpiler, values[0]) else { return .function(call) }
        if values.count > 2 { return try formatInZone.filled(with: [values[1], pattern, values[2]]) }
        // PostgreSQL has no to_char of a time of day; one of an interval reads the same codes.
        if call.name.name.lowercased() == "format_time" { return try formatTime.filled(with: [values[1], pattern]) }
        return .call("to_char", values[1], pattern)
    }

    private static let formatInZone = FunctionForm("to_char($1 AT TIME ZONE $3, $2)", .postgres)
    private static let formatTime = FunctionForm("to_char(date '1970-01-01' + $1, $2)", .postgres)

    private static func read(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ form: FunctionForm
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1, let pattern = try pattern(&transpiler, values[0]) else { return .function(call) }
        guard values.count > 2 else { return try form.filled(with: [values[1], pattern]) }
        return try momentInZone.filled(with: [values[1], pattern, values[2]])
    }

    private static let date = FunctionForm("to_date($1, $2)", .postgres)
    private static let moment = FunctionForm("to_timestamp($1, $2)", .postgres)
    private static let momentInZone = FunctionForm("to_timestamp($1, $2)::timestamp AT TIME ZONE $3", .postgres)
    private static let dateTime = FunctionForm("to_timestamp($1, $2)::timestamp", .postgres)
    private static let time = FunctionForm("to_timestamp($1, $2)::time", .postgres)
}
