/// Functions of one row of a window.
enum WindowFunctions {
    private static let ofBoth = "row_number rank dense_rank percent_rank cume_dist"

    static let toBigQuery: FunctionTable.Family = [
        (ofBoth, .same),
        ("first_value last_value nth_value ntile lag lead", .same),
    ]

    static let toPostgres: FunctionTable.Family = [
        (ofBoth, .same),
        (
            "first_value last_value",
            .written { (transpiler, call) throws(SQLError) in
                try withoutNulls(&transpiler, call, or: .same)
            }
        ),
        (
            "nth_value",
            .written { (transpiler, call) throws(SQLError) in
                try withoutNulls(&transpiler, call, or: .postgres("nth_value($1, $2::integer)"))
            }
        ),
        ("ntile", .postgres("ntile($1::integer)")),
        ("lag", .postgres("lag($1)", "lag($1, $2::integer)", "lag($1, $2::integer, $3)")),
        ("lead", .postgres("lead($1)", "lead($1, $2::integer)", "lead($1, $2::integer, $3)")),
    ]

    /// `LAST_VALUE(x IGNORE NULLS) OVER w`: an element of the array of those values of the window that are not null.
    private static func withoutNulls(
        _ transpiler: inout Transpiler, _ call: FunctionCall, or rule: FunctionRule
    ) throws(SQLError) -> Expression {
        guard call.modifiers?.nulls == .ignore, let over = call.modifiers?.over, let value = call.values.first else {
            return try transpiler.apply(rule, to: call)
        }
        let name = call.name.name.uppercased()
        let kind = transpiler.type(of: value)
        // PostgreSQL makes one array of several dimensions of arrays, of which no element is an array.
        if kind == nil { try transpiler.needType(of: value, for: "\(name) with IGNORE NULLS") }
        if kind?.isArray ?? false {
            try transpiler.refuse("\(name) with IGNORE NULLS of an array", at: call.info.range)
        }
        var array = call.with([value], name: "array_agg")
        array.modifiers = CallModifiers(filter: .isNotNull(value), over: over)
        var number = Expression.integer(1)
        if name == "LAST_VALUE" {
            var count = call.with([value], name: "count")
            count.modifiers = CallModifiers(over: over)
            number = .function(count)
        } else if name == "NTH_VALUE", call.arguments.count == 2 {
            number = call.values[1]
        }
        return .subscripted(SubscriptAccess(operand: .function(array), position: .index(number)))
    }
}
