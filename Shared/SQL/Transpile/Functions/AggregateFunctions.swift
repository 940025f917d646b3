/// Functions over the rows of a group or window.
enum AggregateFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("count sum min max any_value", .same),
        ("bool_and every", .renamed("LOGICAL_AND")),
        ("bool_or", .renamed("LOGICAL_OR")),
        ("row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value", .same),
        ("avg stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp grouping", .same),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("count sum min max any_value", .same),
        ("logical_and", .renamed("bool_and")),
        ("logical_or", .renamed("bool_or")),
        ("countif", .written(countIf)),
        ("row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value", .same),
        ("avg stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp grouping", .same),
    ]

    /// `COUNTIF(c)` is `COUNT(*) FILTER (WHERE c)`; with DISTINCT, a count of the one value TRUE.
    private static func countIf(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let condition = call.values.first else { return .function(call) }
        var modifiers = call.modifiers ?? CallModifiers()
        modifiers.filter = condition
        var count = call.with(modifiers.distinct ? [condition] : [.star], name: "COUNT")
        count.modifiers = modifiers
        return .function(count)
    }
}
