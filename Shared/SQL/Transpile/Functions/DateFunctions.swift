/// Functions that make dates and times, and count them. Sessions of PostgreSQL are taken to be in UTC, as BigQuery is.
enum DateFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("now transaction_timestamp statement_timestamp clock_timestamp", .bigQuery("CURRENT_TIMESTAMP()")),
        ("date_trunc", .written(DateTruncation.toBigQuery)),
        ("date_bin", .written(bin)),
        ("make_date", .bigQuery("DATE($1, $2, $3)")),
        ("make_time", .written(makeTime)),
        ("make_timestamp", .written(makeTimestamp)),
        ("make_timestamptz", .written(makeTimestamp)),
        ("date", .bigQuery("DATE($1)")),
        ("justify_days justify_hours justify_interval", .same),
        ("age", .refused("Subtract, or count units with extract.")),
        ("make_interval", .refused("Write INTERVAL '1 day' and its like.")),
        ("isfinite", .refused("BigQuery's dates are finite.")),
        ("timeofday", .refused("")),
        ("timezone", .refused("Write AT TIME ZONE.")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("date_trunc timestamp_trunc datetime_trunc time_trunc", .written(DateTruncation.toPostgres)),
        ("last_day", .written(DateTruncation.lastDay)),
        ("date_diff", .written(DateDifference.byType)),
        ("datetime_diff", .written(DateDifference.dateTime)),
        ("timestamp_diff", .written(DateDifference.timestamp)),
        ("time_diff", .written(DateDifference.time)),
        ("date", .written(date)),
        ("datetime", .written(dateTime)),
        ("timestamp", .written(timestamp)),
        ("time", .written(time)),
        (
            "string",
            .byType(
                (.timestampTZ, .postgres("$1::text")), (.date, .postgres("$1::text")),
                (.timestamp, .postgres("$1::text")),
                (.time, .postgres("$1::text")), (.json, .postgres("$1 #>> '{}'")))
        ),
        ("unix_seconds", .postgres("floor(extract(epoch FROM $1))::bigint")),
        ("unix_millis", .postgres("floor(extract(epoch FROM $1) * 1000)::bigint")),
        ("unix_micros", .postgres("floor(extract(epoch FROM $1) * 1000000)::bigint")),
        ("unix_date", .postgres("$1 - date '1970-01-01'")),
        ("date_from_unix_date", .postgres("date '1970-01-01' + $1::integer")),
        ("timestamp_seconds", .postgres("to_timestamp($1)")),
        ("timestamp_millis", .postgres("timestamptz '1970-01-01 00:00:00+00' + $1 * INTERVAL '1 millisecond'")),
        ("timestamp_micros", .postgres("timestamptz '1970-01-01 00:00:00+00' + $1 * INTERVAL '1 microsecond'")),
        (
            "date_bucket",
            .postgres(
                "date_bin($2, $1::timestamp, timestamp '1950-01-01 00:00:00')::date",
                "date_bin($2, $1::timestamp, $3::timestamp)::date")
        ),
        (
            "timestamp_bucket datetime_bucket",
            .postgres(
                "date_bin($2, $1, timestamp '1950-01-01 00:00:00')", "date_bin($2, $1, $3)")
        ),
        ("justify_days justify_hours justify_interval", .same),
        ("make_interval", .refused("Write INTERVAL '1 day' and its like.")),
    ]

    // MARK: To GoogleSQL

    /// `date_bin('15 minutes', moment, origin)`.
    private static func bin(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var values = call.values
        guard values.count == 3 else { return try transpiler.wrongArguments(call) }
        if values[0].stringLiteral != nil { values[0] = try transpiler.interval(IntervalLiteral(value: values[0])) }
        switch transpiler.type(of: values[1]) {
        case .timestamp: return .call("DATETIME_BUCKET", values[1], values[0], values[2])
        case .timestampTZ: break
        default: try transpiler.needType(of: values[1], for: "date_bin")
        }
        return .call("TIMESTAMP_BUCKET", values[1], values[0], values[2])
    }

    private static func makeTime(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard try hasWholeSeconds(&transpiler, call, at: 2) else { return .function(call) }
        return .function(call.renamed("TIME"))
    }

    private static func makeTimestamp(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard try hasWholeSeconds(&transpiler, call, at: 5) else { return .function(call) }
        let made = Expression.call("DATETIME", Array(call.values.prefix(6)))
        if call.name.name.lowercased() == "make_timestamp" { return made }
        return .call("TIMESTAMP", [made] + call.values.dropFirst(6))
    }

    private static func hasWholeSeconds(
        _ transpiler: inout Transpiler, _ call: FunctionCall, at index: Int
    ) throws(SQLError) -> Bool {
        let values = call.values
        if index < values.count,
            values[index].integerLiteral != nil || transpiler.type(of: values[index])?.isWholeNumber ?? false
        {
            return true
        }
        let name = call.name.name.lowercased()
        try transpiler.refuse("\(name) with parts of seconds", "Cast the seconds to bigint.", at: call.info.range)
        return false
    }

    // MARK: To PostgreSQL

    private static let makeDate = FunctionForm("make_date($1::integer, $2::integer, $3::integer)", .postgres)
    private static let makeTimeOfDay = FunctionForm("make_time($1::integer, $2::integer, $3)", .postgres)
    private static let makeDateTime = FunctionForm(
        "make_timestamp($1::integer, $2::integer, $3::integer, $4::integer, $5::integer, $6)", .postgres)
    private static let inZone = FunctionForm("$1 AT TIME ZONE $2", .postgres)
    private static let dateInZone = FunctionForm("($1 AT TIME ZONE $2)::date", .postgres)
    private static let timeInZone = FunctionForm("($1 AT TIME ZONE $2)::time", .postgres)
    private static let dateTimeInZone = FunctionForm("$1::timestamp AT TIME ZONE $2", .postgres)
    private static let dateAndTime = FunctionForm("$1 + $2", .postgres)

    /// The call as it is: it has a number of arguments that the function does not take.
    private static func refuseArity(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression
    {
        let name = call.name.name.uppercased()
        try transpiler.refuse("\(name) with \(call.arguments.count) arguments", at: call.info.range)
        return .function(call)
    }

    /// `DATE(moment)`, `DATE(moment, zone)`, `DATE(year, month, day)`.
    private static func date(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        switch call.arguments.count {
        case 1: return .cast(call.values[0], to: .date)
        case 2: return try dateInZone.filled(with: call.values)
        case 3: return try makeDate.filled(with: call.values)
        default: return try refuseArity(&transpiler, call)
        }
    }

    /// `DATETIME(date)`, `DATETIME(date, time)`, `DATETIME(moment, zone)`, `DATETIME(year, …, second)`.
    private static func dateTime(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        switch values.count {
        case 1: return .cast(values[0], to: .timestamp)
        case 2:
            let second = transpiler.type(of: values[1])
            return try (second == .time ? dateAndTime : inZone).filled(with: values)
        case 6: return try makeDateTime.filled(with: values)
        default: return try refuseArity(&transpiler, call)
        }
    }

    /// `TIMESTAMP(text or date or datetime)`, the same with a zone.
    private static func timestamp(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        switch call.arguments.count {
        case 1: return .cast(call.values[0], to: .timestampTZ)
        case 2: return try dateTimeInZone.filled(with: call.values)
        default: return try refuseArity(&transpiler, call)
        }
    }

    private static func time(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        switch call.arguments.count {
        case 1: return .cast(call.values[0], to: .time)
        case 2: return try timeInZone.filled(with: call.values)
        case 3: return try makeTimeOfDay.filled(with: call.values)
        default: return try refuseArity(&transpiler, call)
        }
    }
}
