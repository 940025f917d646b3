/// GoogleSQL's functions for sums of dates and intervals, and the functions that tell what time it is.
enum DateArithmetic {
    static let toBigQuery: FunctionTable.Family = [
        ("current_date current_timestamp", .same),
        ("localtimestamp", .renamed("CURRENT_DATETIME")),
        ("localtime", .renamed("CURRENT_TIME")),
        ("current_time", .refused("Write LOCALTIME.")),
        ("current_user session_user user", .renamed("SESSION_USER")),
        ("current_schema current_catalog current_role", .refused("")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("date_add datetime_add timestamp_add time_add", .written(add)),
        ("date_sub datetime_sub timestamp_sub time_sub", .written(subtract)),
        ("current_date current_timestamp current_datetime current_time", .written(now)),
        ("session_user", .written(user)),
    ]

    private static func add(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try transpiler.dateArithmetic(call, sign: .add)
    }

    private static func subtract(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try transpiler.dateArithmetic(call, sign: .subtract)
    }

    private static func user(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        .function(FunctionCall(name: Identifier("SESSION_USER"), hasParentheses: false))
    }

    /// PostgreSQL's have no parentheses; a zone is asked for with AT TIME ZONE.
    private static func now(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let name = call.name.name.uppercased()
        guard let zone = call.values.first else {
            let names = ["CURRENT_DATETIME": "LOCALTIMESTAMP", "CURRENT_TIME": "LOCALTIME"]
            return .function(FunctionCall(name: Identifier(names[name] ?? name), hasParentheses: false))
        }
        let moment = Expression.function(FunctionCall(name: Identifier("CURRENT_TIMESTAMP"), hasParentheses: false))
        let local = Expression.atTimeZone(AtTimeZone(operand: moment, zone: zone))
        switch name {
        case "CURRENT_DATE": return .cast(local, to: .date)
        case "CURRENT_TIME": return .cast(local, to: .time)
        case "CURRENT_DATETIME": return local
        default: return moment
        }
    }
}
