/// Functions about nulls and conditions.
enum NullFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("coalesce nullif", .same)
    ]

    static let toPostgres: FunctionTable.Family = [
        ("coalesce nullif", .same),
        ("ifnull", .renamed("COALESCE")),
        ("if", .written(conditional)),
        ("nullifzero", .written(nullIfZero)),
        ("zeroifnull", .written(zeroIfNull)),
    ]

    /// `IF(c, a, b)` is `CASE WHEN c THEN a ELSE b END`.
    private static func conditional(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3 else { return .function(call) }
        let branch = Conditional.Branch(condition: values[0], result: values[1])
        return .conditional(Conditional(branches: [branch], otherwise: values[2].isNullLiteral ? nil : values[2]))
    }

    private static func nullIfZero(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        .function(call.with(call.values + [.integer(0)], name: "NULLIF"))
    }

    private static func zeroIfNull(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        .function(call.with(call.values + [.integer(0)], name: "COALESCE"))
    }
}
