// Functions that give something else at each call. What a rule makes of a call may hold an argument twice; one with such
// a function in it would then have two values where it had one.

extension Transpiler {
    private static let volatile: Set<String> = [
        "random", "rand", "gen_random_uuid", "uuid_generate_v4", "generate_uuid", "clock_timestamp", "timeofday",
        "nextval",
    ]

    /// Notes that the statement has such a function, so that others need not be looked through.
    mutating func noteVolatile(_ call: FunctionCall) {
        if Self.volatile.contains(call.name.name.lowercased()) { hasVolatileFunctions = true }
    }

    /// Refuses `result` where it calls such a function more often than the arguments of `call` do.
    mutating func checkVolatile(_ result: Expression, of call: FunctionCall) throws(SQLError) {
        guard hasVolatileFunctions else { return }
        var before = CallCount(names: Self.volatile)
        for var value in call.values { try before.rewrite(&value) }
        guard before.count > 0 else { return }
        var after = CallCount(names: Self.volatile)
        var result = result
        try after.rewrite(&result)
        guard after.count > before.count else { return }
        let name = call.name.name.uppercased()
        try refuse(
            "\(name) of a value that changes with each call", "Compute that value in a subquery.", at: call.info.range)
    }

    /// Counts calls by name.
    private struct CallCount: TreeRewriter {
        let names: Set<String>
        var count = 0

        mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
            if case .function(let call) = expression, names.contains(call.name.name.lowercased()) { count += 1 }
            try descend(&expression)
        }
    }
}
