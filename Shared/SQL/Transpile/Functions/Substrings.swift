/// Functions that take parts of strings by place. PostgreSQL counts places before the first one too; GoogleSQL counts
/// negative places from the end. Where a place is a literal, the simple form is right.
enum Substrings {
    // MARK: To GoogleSQL

    static func toBigQuery(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var values = call.values
        guard values.count > 1 else { return try transpiler.wrongArguments(call) }
        let labels = call.arguments.map(\.label)
        // SUBSTRING(s FROM 'pattern'), SUBSTRING(s FOR n FROM m).
        let mayBePattern = labels[1] == .from || labels[1] == nil
        if mayBePattern, values.count == 2, transpiler.type(of: values[1])?.isText ?? (values[1].stringLiteral != nil) {
            return try RegexFunctions.substring(&transpiler, call)
        }
        if labels[1] == .for {
            values = values.count == 3 ? [values[0], values[2], values[1]] : [values[0], .integer(1), values[1]]
        }
        let name = call.name.name
        if let start = values[1].integerLiteral {
            guard start < 1 else { return .call(name, values) }
            guard values.count == 3 else { return values[0] }
            guard let length = values[2].integerLiteral else {
                return .call(
                    name, values[0], .integer(1), atLeastZero(.binary(values[2], .subtract, .integer(1 - start))))
            }
            return .call(name, values[0], .integer(1), .integer(max(0, length - 1 + start)))
        }
        let start = Expression.call("GREATEST", values[1], .integer(1))
        guard values.count == 3 else { return .call(name, values[0], start) }
        let end = Expression.binary(values[1], .add, values[2])
        return .call(name, values[0], start, atLeastZero(.binary(end, .subtract, start)))
    }

    private static func atLeastZero(_ value: Expression) -> Expression { .call("GREATEST", value, .integer(0)) }

    /// `left(s, -n)` leaves the last `n` out.
    static func leftToBigQuery(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try sideToBigQuery(call)
    }

    static func rightToBigQuery(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try sideToBigQuery(call)
    }

    private static func sideToBigQuery(_ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else { return .function(call) }
        let length = Expression.call("LENGTH", values[0])
        if let count = values[1].integerLiteral {
            guard count < 0 else { return .function(call) }
            return .function(call.with([values[0], atLeastZero(.binary(length, .subtract, .integer(-count)))]))
        }
        let fromEnd = atLeastZero(.binary(length, .add, values[1]))
        let isNegative = Expression.binary(values[1], .less, .integer(0))
        return .function(call.with([values[0], .call("IF", isNegative, fromEnd, values[1])]))
    }

    /// `overlay(s PLACING new FROM start FOR count)`.
    static func overlay(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 2 else { return try transpiler.wrongArguments(call) }
        let count = values.count > 3 ? values[3] : .call("LENGTH", values[1])
        let before = Expression.call("SUBSTR", values[0], .integer(1), .binary(values[2], .subtract, .integer(1)))
        let after = Expression.call("SUBSTR", values[0], .binary(values[2], .add, count))
        return .call("CONCAT", before, values[1], after)
    }

    /// Empty where there is no such part; a negative number counts from the end.
    static func splitPart(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3 else { return try transpiler.wrongArguments(call) }
        let form: FunctionForm
        if let number = values[2].integerLiteral, number < 0 {
            form = splitPartFromEnd
            return try form.filled(with: [values[0], values[1], .integer(-number)])
        }
        form = splitPartFromStart
        return try form.filled(with: values)
    }

    private static let splitPartFromStart = FunctionForm(
        "IF($1 IS NULL, NULL, IFNULL(SPLIT($1, $2)[SAFE_ORDINAL($3)], ''))", .bigQuery)
    private static let splitPartFromEnd = FunctionForm(
        "IF($1 IS NULL, NULL, IFNULL(ARRAY_REVERSE(SPLIT($1, $2))[SAFE_ORDINAL($3)], ''))", .bigQuery)

    // MARK: To PostgreSQL

    static func toPostgres(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1 else { return try transpiler.wrongArguments(call) }
        let name = call.name.name.lowercased()
        let rest = try values.dropFirst(2).map { (length) throws(SQLError) in try integer.filled(with: [length]) }
        guard let start = values[1].integerLiteral else {
            return .call(name, [values[0], try anyStart.filled(with: values)] + rest)
        }
        if start > 0 { return .call(name, [values[0], values[1]] + rest) }
        if start == 0 { return .call(name, [values[0], .integer(1)] + rest) }
        let end = Expression.call("right", values[0], .integer(-start))
        return rest.isEmpty ? end : .call("left", [end] + rest)
    }

    private static let integer = FunctionForm("$1::integer", .postgres)
    private static let anyStart = FunctionForm(
        "CASE WHEN $2 > 0 THEN $2 WHEN $2 = 0 THEN 1 ELSE greatest(length($1) + $2 + 1, 1) END::integer", .postgres)

    /// SPLIT gives one empty part for an empty text, string_to_array none.
    static func split(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard let text = values.first else { return try transpiler.wrongArguments(call) }
        let separator = values.count > 1 ? values[1] : .string(",")
        return try splitForm.filled(with: [text, separator.stringLiteral == "" ? .null : separator])
    }

    private static let splitForm = FunctionForm(
        "CASE WHEN $1 = '' THEN ARRAY[''] ELSE string_to_array($1, $2) END", .postgres)
}
