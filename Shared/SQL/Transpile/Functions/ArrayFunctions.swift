/// Functions of arrays. PostgreSQL reads an array that is null as an empty one where it puts arrays together.
enum ArrayFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("array_length", .written(length)),
        ("array_upper", .written(length)),
        ("cardinality", .bigQuery("ARRAY_LENGTH($1)")),
        ("array_cat", .written(concatenated)),
        ("array_append array_prepend", .written(concatenated)),
        (
            "array_remove",
            .bigQuery(
                "ARRAY(SELECT v FROM UNNEST($1) AS v WITH OFFSET AS place WHERE v IS DISTINCT FROM $2 ORDER BY place)")
        ),
        (
            "array_replace",
            .bigQuery(
                """
                ARRAY(SELECT IF(v IS NOT DISTINCT FROM $2, $3, v) FROM UNNEST($1) AS v WITH OFFSET AS place ORDER BY place)
                """)
        ),
        (
            "array_position",
            .bigQuery(
                "(SELECT MIN(place) + 1 FROM UNNEST($1) AS v WITH OFFSET AS place WHERE v IS NOT DISTINCT FROM $2)")
        ),
        (
            "array_positions",
            .bigQuery(
                """
                ARRAY(SELECT place + 1 FROM UNNEST($1) AS v WITH OFFSET AS place WHERE v IS NOT DISTINCT FROM $2
                ORDER BY place)
                """)
        ),
        ("array_to_string", .written(text)),
        ("array_reverse", .same),
        (
            "trim_array",
            .bigQuery(
                "ARRAY(SELECT v FROM UNNEST($1) AS v WITH OFFSET AS place WHERE place < ARRAY_LENGTH($1) - $2 ORDER BY place)"
            )
        ),
        (
            "array_ndims array_dims array_lower array_fill array_shuffle array_sample generate_subscripts",
            .refused("BigQuery's arrays have one dimension.")
        ),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("array_length", .renamed("cardinality")),
        ("array_concat", .written(concatenation)),
        (
            "array_reverse",
            .postgres(
                "ARRAY(SELECT v FROM unnest($1) WITH ORDINALITY AS t(v, place) ORDER BY place DESC)")
        ),
        ("array_to_string", .same),
        ("array_first", .postgres("$1[1]")),
        ("array_last", .postgres("$1[cardinality($1)]")),
        ("array_slice", .written(slice)),
        ("array_includes", .postgres("$2 = ANY ($1)")),
        ("array_max", .postgres("(SELECT max(v) FROM unnest($1) AS t(v))")),
        ("array_min", .postgres("(SELECT min(v) FROM unnest($1) AS t(v))")),
        ("array_sum", .postgres("(SELECT sum(v) FROM unnest($1) AS t(v))")),
        ("array_avg", .postgres("(SELECT avg(v) FROM unnest($1) AS t(v))")),
        (
            "generate_array",
            .postgres(
                "ARRAY(SELECT generate_series($1, $2))", "ARRAY(SELECT generate_series($1, $2, $3))")
        ),
        (
            "generate_date_array",
            .postgres(
                "ARRAY(SELECT v::date FROM generate_series($1::timestamp, $2::timestamp, INTERVAL '1 day') AS t(v))",
                "ARRAY(SELECT v::date FROM generate_series($1::timestamp, $2::timestamp, $3) AS t(v))")
        ),
        ("generate_timestamp_array", .postgres("ARRAY(SELECT generate_series($1, $2, $3))")),
        ("array_is_distinct", .postgres("(SELECT count(*) = count(DISTINCT v) FROM unnest($1) AS t(v))")),
        ("generate_range_array", .refused("")),
    ]

    // MARK: To GoogleSQL

    private static func concatenated(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        var values = call.values
        guard values.count == 2 else { return try transpiler.wrongArguments(call) }
        switch call.name.name.lowercased() {
        case "array_append": values[1] = .list([values[1]])
        case "array_prepend": values[0] = .list([values[0]])
        default: break
        }
        return joined(values)
    }

    /// One array behind the other. One that is null counts for nothing in PostgreSQL, and makes all null in GoogleSQL.
    static func joined(_ arrays: [Expression]) -> Expression {
        .call(
            "ARRAY_CONCAT",
            arrays.map { array in
                if case .array = array { return array }
                return .call("IFNULL", array, .list([]))
            })
    }

    /// Null for an empty array; of the first dimension, which is the only one.
    private static func length(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard call.arguments.count == 2, call.values[1].integerLiteral == 1 else {
            let advice = "BigQuery's arrays have one dimension."
            try transpiler.refuse("\(call.name.name.lowercased()) of this dimension", advice, at: call.info.range)
            return .function(call)
        }
        return try lengthForm.filled(with: [call.values[0]])
    }

    private static let lengthForm = FunctionForm("NULLIF(ARRAY_LENGTH($1), 0)", .bigQuery)

    /// GoogleSQL's takes strings only.
    private static func text(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let array = call.values.first, case .array(let element)? = transpiler.type(of: array),
            !element.kind.isText
        else { return .function(call) }
        guard element.kind.isWholeNumber || element.kind == .date else {
            let advice = "Make an array of text of it."
            try transpiler.refuse("array_to_string of \(element.sql(transpiler.source))[]", advice, at: call.info.range)
            return .function(call)
        }
        return .function(call.with([try texts.filled(with: [array])] + call.values.dropFirst()))
    }

    private static let texts = FunctionForm(
        "ARRAY(SELECT CAST(v AS STRING) FROM UNNEST($1) AS v WITH OFFSET AS place ORDER BY place)", .bigQuery)

    // MARK: To PostgreSQL

    private static func concatenation(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError)
        -> Expression
    {
        guard var result = call.values.first else { return try transpiler.wrongArguments(call) }
        for value in call.values.dropFirst() { result = .binary(result, .concatenate, value) }
        return result
    }

    /// `ARRAY_SLICE(array, from, to)`: places from 0, both ends included.
    private static func slice(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, let from = values[1].integerLiteral, let to = values[2].integerLiteral, from >= 0,
            to >= 0
        else {
            let advice = "Places have to be literals that count from the start."
            try transpiler.refuse("this ARRAY_SLICE", advice, at: call.info.range)
            return .function(call)
        }
        let places = SubscriptAccess.Position.slice(.integer(from + 1), .integer(to + 1))
        return .subscripted(SubscriptAccess(operand: values[0], position: places))
    }
}
