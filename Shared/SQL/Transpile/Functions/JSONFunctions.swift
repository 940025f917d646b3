/// Functions of JSON documents.
enum JSONFunctions {
    static let toBigQuery: FunctionTable.Family = [
        (
            "json_extract_path_text jsonb_extract_path_text",
            .written { (transpiler, call) throws(SQLError) in
                try extractPath(&transpiler, call, "JSON_VALUE")
            }
        ),
        (
            "json_extract_path jsonb_extract_path",
            .written { (transpiler, call) throws(SQLError) in
                try extractPath(&transpiler, call, "JSON_QUERY")
            }
        ),
        ("json_array_length jsonb_array_length", .bigQuery("ARRAY_LENGTH(JSON_QUERY_ARRAY($1))")),
        ("json_typeof jsonb_typeof", .renamed("JSON_TYPE")),
        ("to_json to_jsonb row_to_json array_to_json", .bigQuery("TO_JSON($1)")),
        ("json_build_object jsonb_build_object", .renamed("JSON_OBJECT")),
        ("json_build_array jsonb_build_array", .renamed("JSON_ARRAY")),
        ("json_strip_nulls jsonb_strip_nulls", .bigQuery("JSON_STRIP_NULLS($1, include_arrays => FALSE)")),
        ("jsonb_set", .written(set)),
        ("json_object_keys jsonb_object_keys", .refused("Write UNNEST(JSON_KEYS(document, 1)) in FROM.")),
        (
            "json_array_elements jsonb_array_elements",
            .refused("Write UNNEST(JSON_QUERY_ARRAY(document)) in FROM.")
        ),
        (
            "json_array_elements_text jsonb_array_elements_text",
            .refused("Write UNNEST(JSON_VALUE_ARRAY(document)) in FROM.")
        ),
        (
            "json_each jsonb_each json_each_text jsonb_each_text",
            .refused("Write UNNEST(JSON_KEYS(document, 1)) in FROM.")
        ),
        (
            "jsonb_path_query jsonb_path_query_first jsonb_path_query_array jsonb_path_exists jsonb_path_match jsonb_path_*",
            .refused("Write JSON_QUERY or JSON_VALUE with a path.")
        ),
        (
            "jsonb_insert jsonb_pretty jsonb_set_lax json_object jsonb_object json_to_tsvector jsonb_to_tsvector",
            .refused("")
        ),
        (
            "json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset json_populate_record jsonb_populate_record",
            .refused("Write JSON_VALUE for each column.")
        ),
    ]

    static let toPostgres: FunctionTable.Family = [
        (
            "json_value json_extract_scalar",
            .written { (transpiler, call) throws(SQLError) in
                try extract(&transpiler, call, .text)
            }
        ),
        (
            "json_query json_extract",
            .written { (transpiler, call) throws(SQLError) in
                try extract(&transpiler, call, .document)
            }
        ),
        (
            "json_value_array json_extract_string_array",
            .written { (transpiler, call) throws(SQLError) in
                try elements(&transpiler, call, texts)
            }
        ),
        (
            "json_query_array json_extract_array",
            .written { (transpiler, call) throws(SQLError) in
                try elements(&transpiler, call, documents)
            }
        ),
        ("parse_json", .postgres("$1::jsonb")),
        ("to_json", .postgres("to_jsonb($1)")),
        ("to_json_string", .written(jsonText)),
        ("json_type", .renamed("jsonb_typeof")),
        ("json_object", .renamed("jsonb_build_object")),
        ("json_array", .renamed("jsonb_build_array")),
        ("json_set", .written(setToPostgres)),
        ("json_remove", .written(remove)),
        ("int64 lax_int64", .postgres("($1 #>> '{}')::bigint")),
        ("float64 lax_float64", .postgres("($1 #>> '{}')::double precision")),
        ("bool lax_bool", .postgres("($1 #>> '{}')::boolean")),
        ("lax_string", .postgres("$1 #>> '{}'")),
        ("json_strip_nulls json_array_append json_array_insert json_keys json_flatten lax_*", .refused("")),
    ]

    // MARK: To GoogleSQL

    private static func extractPath(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ function: String
    ) throws(SQLError) -> Expression {
        var steps: [JSONPath.Step] = []
        for value in call.values.dropFirst() {
            guard let text = value.stringLiteral else {
                let advice = "Paths have to be literals."
                try transpiler.refuse("a path that is made by the query", advice, at: value.info.range)
                return .function(call)
            }
            steps.append(JSONPath.step(text))
        }
        guard let document = call.values.first else { return try transpiler.wrongArguments(call) }
        return .call(function, document, .string(JSONPath(steps: steps).googleSQL))
    }

    private static func set(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, let text = values[1].stringLiteral, let path = JSONPath(postgres: text) else {
            try transpiler.refuse("this jsonb_set", "Paths have to be literals.", at: call.info.range)
            return .function(call)
        }
        return .call("JSON_SET", values[0], .string(path.googleSQL), values[2])
    }

    // MARK: To PostgreSQL

    /// A document, which may be given as text, as one that operators take.
    private static func document(_ transpiler: inout Transpiler, _ value: Expression) -> (Expression, isText: Bool) {
        let kind = transpiler.type(of: value)
        if kind == .json || kind == .jsonb { return (value, false) }
        return (.cast(value, to: .jsonb), kind?.isText ?? false)
    }

    private static func path(
        _ transpiler: inout Transpiler, _ call: FunctionCall, at index: Int = 1
    ) throws(SQLError) -> JSONPath? {
        guard index < call.arguments.count else { return JSONPath(steps: []) }
        if let text = call.values[index].stringLiteral, let path = JSONPath(googleSQL: text) { return path }
        let advice = "Write a literal of names and places, such as '$.a[0]'."
        try transpiler.refuse("this path", advice, at: call.info.range)
        return nil
    }

    private enum Extract { case text, document }

    private static func extract(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ what: Extract
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first, let path = try path(&transpiler, call) else { return .function(call) }
        let (document, isText) = document(&transpiler, value)
        let found: Expression
        if path.steps.count == 1, case .key(let key) = path.steps[0] {
            found = .binary(document, what == .text ? .jsonText : .jsonField, .string(key))
        } else {
            found = .binary(document, what == .text ? .jsonPathText : .jsonPath, .string(path.postgres))
        }
        return what == .document && isText ? .cast(found, to: .text) : found
    }

    private static let texts = FunctionForm("ARRAY(SELECT jsonb_array_elements_text($1))", .postgres)
    private static let documents = FunctionForm("ARRAY(SELECT jsonb_array_elements($1))", .postgres)

    private static func elements(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ form: FunctionForm
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first, let path = try path(&transpiler, call) else { return .function(call) }
        let (document, _) = document(&transpiler, value)
        if path.steps.isEmpty { return try form.filled(with: [document]) }
        return try form.filled(with: [.binary(document, .jsonPath, .string(path.postgres))])
    }

    /// PostgreSQL writes jsonb with blanks, everything else without, as BigQuery does.
    private static func jsonText(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let value = call.values.first else { return try transpiler.wrongArguments(call) }
        let kind = transpiler.type(of: value)
        if kind == .json || kind == .jsonb {
            let advice = "Cast the document to text; PostgreSQL writes blanks into it."
            try transpiler.refuse("TO_JSON_STRING of JSON", advice, at: call.info.range)
        }
        return try jsonTextForm.filled(with: [value])
    }

    private static let jsonTextForm = FunctionForm("to_json($1)::text", .postgres)

    private static func setToPostgres(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard call.arguments.count == 3, let path = try path(&transpiler, call) else { return .function(call) }
        return .call(
            "jsonb_set", call.values[0], .string(path.postgres), .call("to_jsonb", call.values[2]))
    }

    private static func remove(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard var result = call.values.first else { return try transpiler.wrongArguments(call) }
        for index in call.values.indices.dropFirst() {
            guard let path = try path(&transpiler, call, at: index) else { return .function(call) }
            result = .binary(result, .deletePath, .string(path.postgres))
        }
        return result
    }
}
