/// Functions of numbers.
enum MathFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("abs sign ceil ceiling floor sqrt cbrt exp ln power pow mod", .same),
        ("sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot", .same),
        ("log", .bigQuery("LOG10($1)", "LOG($2, $1)")),
        ("log10", .same),
        ("round", .written(round)),
        ("trunc", .same),
        ("div", .renamed("DIV")),
        ("pi", .bigQuery("ACOS(-1)")),
        ("degrees", .bigQuery("$1 * 180 / ACOS(-1)")),
        ("radians", .bigQuery("$1 * ACOS(-1) / 180")),
        ("random", .renamed("RAND")),
        ("greatest", .written(Extremes.toBigQuery)),
        ("least", .written(Extremes.toBigQuery)),
        ("bit_count", .byType((.bytes, .same))),
        ("width_bucket", .written(bucket)),
        ("sind cosd tand asind acosd atand atan2d cotd", .refused("Write it with radians.")),
        ("gcd lcm factorial scale min_scale trim_scale random_normal setseed erf erfc", .refused("")),
        ("to_number", .refused("Write a cast.")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("abs sign ceil ceiling floor sqrt cbrt exp ln power pow", .same),
        ("sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot", .same),
        ("mod", .same),
        ("log", .postgres("ln($1)", "ln($1::double precision) / ln($2::double precision)")),
        ("log10", .renamed("log")),
        ("round", .written(roundToPostgres)),
        ("trunc", .postgres("trunc($1)", "trunc($1::numeric, $2::integer)")),
        ("div", .written(divisionToPostgres)),
        ("rand", .renamed("random")),
        ("greatest", .written(Extremes.toPostgres)),
        ("least", .written(Extremes.toPostgres)),
        (
            "safe_divide",
            .byType(
                (.exact, .postgres("$1 / NULLIF($2, 0)")),
                (.any, .postgres("$1::double precision / NULLIF($2, 0)")))
        ),
        (
            "ieee_divide",
            .postgres(
                """
                CASE WHEN $2 <> 0 THEN $1::double precision / $2
                WHEN $1 > 0 THEN double precision 'Infinity' WHEN $1 < 0 THEN double precision '-Infinity'
                WHEN $1 = 0 AND $2 = 0 THEN double precision 'NaN' END
                """)
        ),
        ("is_nan", .postgres("$1 = double precision 'NaN'")),
        ("is_inf", .postgres("abs($1) = double precision 'Infinity'")),
        ("bit_count", .byType((.bytes, .same), (.any, .postgres("bit_count($1::bit(64))")))),
        ("range_bucket", .renamed("width_bucket")),
        ("sec", .postgres("1 / cos($1)")),
        ("csc", .postgres("1 / sin($1)")),
        ("coth", .postgres("1 / tanh($1)")),
        ("sech", .postgres("1 / cosh($1)")),
        ("csch", .postgres("1 / sinh($1)")),
        (
            "safe_add safe_subtract safe_multiply safe_negate",
            .refused("PostgreSQL ends with an error where a number is too large.")
        ),
        ("cosine_distance euclidean_distance", .refused("")),
    ]

    /// Halves of a float go to the even neighbour in PostgreSQL, away from zero in GoogleSQL.
    private static func round(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard call.arguments.count == 1, let value = call.values.first else { return .function(call) }
        guard let kind = transpiler.type(of: value) else {
            try transpiler.needType(of: value, for: "round")
            return .function(call)
        }
        return kind.isFloat ? try roundToEven.filled(with: [value]) : .function(call)
    }

    private static let roundToEven = FunctionForm(
        "IF(ABS($1 - TRUNC($1)) = 0.5, 2 * ROUND($1 / 2), ROUND($1))", .bigQuery)

    /// PostgreSQL's `/` cuts off where both sides are integers there too: a sum of them, say, is a numeric.
    private static func divisionToPostgres(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else { return try transpiler.wrongArguments(call) }
        guard let kind = transpiler.type(of: values[0]) else {
            try transpiler.needType(of: values[0], for: "DIV")
            return .function(call)
        }
        guard kind.isWholeNumber else { return .call("div", values[0], values[1]) }
        if values.allSatisfy({ isInteger($0, transpiler) }) { return .binary(values[0], .divide, values[1]) }
        return .cast(.call("div", values[0], values[1]), to: .int64)
    }

    /// True for an expression that PostgreSQL, too, makes an integer of.
    private static func isInteger(_ value: Expression, _ transpiler: Transpiler) -> Bool {
        switch value {
        case .literal: return value.integerLiteral != nil
        case .column: return transpiler.type(of: value)?.isWholeNumber ?? false
        case .cast(let cast): return cast.type.kind.isWholeNumber
        case .unary(let node): return isInteger(node.operand, transpiler)
        case .binary(let node):
            switch node.operation {
            case .add, .subtract, .multiply, .divide, .modulo:
                return isInteger(node.left, transpiler) && isInteger(node.right, transpiler)
            default: return false
            }
        case .function(let call): return ["count", "length", "cardinality"].contains(call.name.name.lowercased())
        default: return false
        }
    }

    private static func roundToPostgres(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first, call.arguments.count < 3 else {
            try transpiler.refuse("ROUND with a mode", at: call.info.range)
            return .function(call)
        }
        let kind = transpiler.type(of: value)
        let isExact = kind?.isExactNumber ?? false
        if call.arguments.count == 1 {
            if isExact || kind?.isWholeNumber ?? false { return .function(call) }
            return try roundNumeric.filled(with: [value])
        }
        return try (isExact ? roundExact : roundPlaces).filled(with: call.values)
    }

    private static let roundNumeric = FunctionForm("round($1::numeric)::double precision", .postgres)
    private static let roundPlaces = FunctionForm("round($1::numeric, $2::integer)::double precision", .postgres)
    private static let roundExact = FunctionForm("round($1, $2::integer)", .postgres)

    /// `width_bucket(value, bounds)`; the form with a count of equal buckets has no equivalent.
    private static func bucket(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard call.arguments.count == 2 else {
            let advice = "Write CAST(FLOOR((value - low) / width) AS INT64) + 1."
            try transpiler.refuse("width_bucket with \(call.arguments.count) arguments", advice, at: call.info.range)
            return .function(call)
        }
        return .function(call.renamed("RANGE_BUCKET"))
    }
}

/// GREATEST and LEAST: nulls are passed over by PostgreSQL's, and make GoogleSQL's null.
enum Extremes {
    static func toBigQuery(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let unsure = call.values.filter { !isNeverNull($0) }
        guard !unsure.isEmpty, call.values.count > 1 else { return .function(call) }
        if call.values.count == 2 {
            // Where one is null, the other one is what is wanted.
            let others = call.values.count == unsure.count ? call.values : call.values.filter { isNeverNull($0) }
            return .call("COALESCE", [.function(call)] + others)
        }
        let isGreatest = call.name.name.lowercased() == "greatest"
        let array = Expression.list(call.values)
        return try (isGreatest ? largest : smallest).filled(with: [array])
    }

    private static let largest = FunctionForm("(SELECT MAX(v) FROM UNNEST($1) AS v)", .bigQuery)
    private static let smallest = FunctionForm("(SELECT MIN(v) FROM UNNEST($1) AS v)", .bigQuery)

    static func toPostgres(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let unsure = call.values.filter { !isNeverNull($0) }
        guard !unsure.isEmpty, call.values.count > 1 else { return .function(call) }
        let allThere = Expression.all(of: unsure.map { .isNotNull($0) })
        let branch = Conditional.Branch(condition: allThere, result: .function(call))
        return .conditional(Conditional(branches: [branch]))
    }

    private static func isNeverNull(_ value: Expression) -> Bool {
        switch value {
        case .literal: !value.isNullLiteral
        case .typedLiteral: true
        case .unary(let node): isNeverNull(node.operand)
        default: false
        }
    }
}
