/// Functions of strings, but for those that take patterns, hash or format.
enum StringFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("lower upper replace translate repeat starts_with lpad rpad reverse chr", .same),
        ("length", .byType((.text, .same), (.bytes, .renamed("BYTE_LENGTH")), (.unknown, .same))),
        ("char_length character_length", .same),
        ("octet_length", .renamed("BYTE_LENGTH")),
        ("bit_length", .bigQuery("BYTE_LENGTH($1) * 8")),
        ("ascii", .renamed("UNICODE")),
        ("initcap", .bigQuery(##"INITCAP($1, ' \t\n\r!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')"##)),
        ("concat", .written(Concatenation.ignoringNulls)),
        ("concat_ws", .written(Concatenation.withSeparator)),
        ("format", .written(Concatenation.format)),
        // Bare, PostgreSQL's remove spaces only, GoogleSQL's any white space.
        ("trim", .written(Trimming.toBigQuery)),
        ("btrim", .bigQuery("TRIM($1, ' ')", "TRIM($1, $2)")),
        ("ltrim", .bigQuery("LTRIM($1, ' ')", "LTRIM($1, $2)")),
        ("rtrim", .bigQuery("RTRIM($1, ' ')", "RTRIM($1, $2)")),
        ("substring substr", .written(Substrings.toBigQuery)),
        ("left", .written(Substrings.leftToBigQuery)),
        ("right", .written(Substrings.rightToBigQuery)),
        ("overlay", .written(Substrings.overlay)),
        ("strpos", .same),
        ("position", .bigQuery("STRPOS($2, $1)")),
        ("split_part", .written(Substrings.splitPart)),
        ("string_to_array", .bigQuery("IF($1 = '', ARRAY<STRING>[], SPLIT($1, $2))")),
        ("to_hex", .byType((.whole, .written(hexadecimal)))),
        ("normalize", .same),
        ("quote_ident quote_literal quote_nullable", .refused("BigQuery's names and literals are quoted otherwise.")),
        ("string_to_table", .refused("Write UNNEST(SPLIT(text, separator)) in FROM.")),
        ("parse_ident to_ascii unistr", .refused("")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("lower upper replace translate starts_with reverse normalize", .same),
        ("length", .same),
        ("char_length character_length", .same),
        ("byte_length octet_length", .renamed("octet_length")),
        ("ascii unicode", .renamed("ascii")),
        ("chr", .postgres("chr($1::integer)")),
        ("repeat", .postgres("repeat($1, $2::integer)")),
        ("lpad", .postgres("lpad($1, $2::integer)", "lpad($1, $2::integer, $3)")),
        ("rpad", .postgres("rpad($1, $2::integer)", "rpad($1, $2::integer, $3)")),
        ("initcap", .refused("PostgreSQL's initcap begins words after other characters: also after an apostrophe.")),
        ("concat", .written(Concatenation.toPostgres)),
        (Concatenation.nullsEmpty, .renamed("CONCAT")),
        ("format", .written(Concatenation.formatToPostgres)),
        ("trim", .written(Trimming.toPostgres)),
        ("ltrim", .written(Trimming.toPostgres)),
        ("rtrim", .written(Trimming.toPostgres)),
        ("substr substring", .written(Substrings.toPostgres)),
        ("left", .postgres("left($1, $2::integer)")),
        ("right", .postgres("right($1, $2::integer)")),
        ("strpos", .same),
        ("instr", .postgres("strpos($1, $2)")),
        ("ends_with", .postgres("right($1, length($2)) = $2")),
        ("split", .written(Substrings.split)),
        (
            "to_code_points",
            .postgres(
                "ARRAY(SELECT ascii(c) FROM unnest(string_to_array($1, NULL)) WITH ORDINALITY AS t(c, n) ORDER BY n)")
        ),
        (
            "code_points_to_string",
            .postgres(
                "(SELECT string_agg(chr(c::integer), '' ORDER BY n) FROM unnest($1) WITH ORDINALITY AS t(c, n))")
        ),
        ("contains_substr", .refused("Write strpos(lower(text), lower(part)) > 0.")),
        ("normalize_and_casefold", .refused("Write lower(normalize(text, NFKC)).")),
        ("soundex edit_distance", .refused("PostgreSQL has it in its extension fuzzystrmatch.")),
        ("collate", .refused("Write text COLLATE name.")),
        ("code_points_to_bytes safe_convert_bytes_to_string", .refused("")),
    ]

    /// Hexadecimal digits of a whole number of 32 bits, of negative ones those of their two's complement.
    private static func hexadecimal(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first, transpiler.type(of: value) != .int64 else {
            let advice = "Write FORMAT('%x', number), if it is never negative."
            try transpiler.refuse("to_hex of bigint", advice, at: call.info.range)
            return .function(call)
        }
        return .call("FORMAT", .string("%x"), .binary(value, .bitAnd, .integer(4_294_967_295)))
    }
}

/// TRIM in its several spellings.
enum Trimming {
    /// `TRIM(LEADING 'x' FROM s)`, `TRIM(s)`, `TRIM(s, 'x')`: GoogleSQL has a function a side.
    static func toBigQuery(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var name = "TRIM"
        switch call.arguments.first?.label {
        case .leading, .leadingFrom: name = "LTRIM"
        case .trailing, .trailingFrom: name = "RTRIM"
        default: break
        }
        let values = call.values
        guard values.count == 2 else { return .call(name, values + [.string(" ")]) }
        // Behind FROM stands the text, before it what is taken away.
        let isTextLast = call.arguments[1].label == .from
        return .call(name, isTextLast ? [values[1], values[0]] : values)
    }

    /// All white space of Unicode, which TRIM without characters takes away.
    private static let whiteSpace: String = {
        let codes: [UInt32] = [9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
        return String(String.UnicodeScalarView((codes + Array(0x2000...0x200A)).compactMap(Unicode.Scalar.init)))
    }()

    static func toPostgres(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let lower = call.name.name.lowercased()
        let name = lower == "trim" ? "btrim" : lower
        let values = call.values
        if values.count == 1, transpiler.type(of: values[0]) != .bytes {
            return .call(name, values + [.string(whiteSpace)])
        }
        return .call(name, values)
    }
}
