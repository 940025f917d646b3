/// Functions about nulls and conditions.
enum NullFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("coalesce nullif", .same),
        ("num_nulls", .written { (_, call) throws(SQLError) in counted(call) { .isNull($0) } }),
        ("num_nonnulls", .written { (_, call) throws(SQLError) in counted(call) { .isNotNull($0) } }),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("coalesce nullif", .same),
        ("ifnull", .renamed("COALESCE")),
        ("if", .written(conditional)),
        ("nullifzero", .postgres("NULLIF($1, 0)")),
        ("zeroifnull", .postgres("COALESCE($1, 0)")),
        ("error", .refused("PostgreSQL has no function that ends a query.")),
        ("iferror iserror nulliferror", .refused("An error ends a query in PostgreSQL.")),
    ]

    /// `IF(c, a, b)` is `CASE WHEN c THEN a ELSE b END`.
    private static func conditional(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression
    {
        let values = call.values
        guard values.count == 3 else { return try transpiler.wrongArguments(call) }
        let branch = Conditional.Branch(condition: values[0], result: values[1])
        return .conditional(Conditional(branches: [branch], otherwise: values[2].isNullLiteral ? nil : values[2]))
    }

    /// How many arguments a condition holds for.
    private static func counted(_ call: FunctionCall, _ condition: (Expression) -> Expression) -> Expression {
        let counts = call.values.map { Expression.cast(condition($0), to: .int64) }
        guard var sum = counts.first else { return .function(call) }
        for count in counts.dropFirst() { sum = .binary(sum, .add, count) }
        return sum
    }
}
