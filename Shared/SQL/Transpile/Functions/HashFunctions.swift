/// Hashes, and bytes as text.
enum HashFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("md5", .bigQuery("TO_HEX(MD5($1))")),
        ("sha256 sha512", .same),
        ("sha224 sha384", .refused("BigQuery has SHA256 and SHA512.")),
        ("encode", .written(encode)),
        ("decode", .written(decode)),
        ("convert_to", .written(convertTo)),
        ("convert_from", .written(convertFrom)),
        ("gen_random_uuid uuid_generate_v4", .bigQuery("GENERATE_UUID()")),
        ("hashtext hashtextextended digest hmac crypt", .refused("Write TO_HEX(SHA256(x)).")),
        ("crc32 crc32c get_byte set_byte get_bit set_bit", .refused("")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("md5", .byType((.bytes, .postgres("decode(md5($1), 'hex')")), (.any, .postgres("decode(md5($1), 'hex')")))),
        ("sha256", .byType((.bytes, .same), (.text, .postgres("sha256(convert_to($1, 'UTF8'))")))),
        ("sha512", .byType((.bytes, .same), (.text, .postgres("sha512(convert_to($1, 'UTF8'))")))),
        ("sha1", .refused("PostgreSQL has digest(x, 'sha1') in its extension pgcrypto.")),
        ("to_hex", .written(toHex)),
        ("from_hex", .postgres("decode($1, 'hex')")),
        ("to_base64", .postgres(#"replace(encode($1, 'base64'), E'\n', '')"#)),
        ("from_base64", .postgres("decode($1, 'base64')")),
        ("generate_uuid", .postgres("gen_random_uuid()::text")),
        ("farm_fingerprint", .refused("Write hashtextextended(text, 0), whose numbers are others.")),
        ("to_base32 from_base32", .refused("")),
    ]

    /// Nothing but an encoding's name as a literal tells what is meant.
    private static func encoding(
        _ transpiler: inout Transpiler, _ call: FunctionCall, among forms: [String: FunctionForm]
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2, let name = values[1].stringLiteral, let form = forms[name.lowercased()] else {
            let known = forms.keys.sorted().map { "'\($0)'" }.joined(separator: " and ")
            try transpiler.refuse("this \(call.name.name)", "The encodings \(known) are known.", at: call.info.range)
            return .function(call)
        }
        return try form.filled(with: values)
    }

    private static let encodings: [String: FunctionForm] = [
        "hex": FunctionForm("TO_HEX($1)", .bigQuery),
        // PostgreSQL breaks lines.
        "base64": FunctionForm(#"REGEXP_REPLACE(TO_BASE64($1), '(.{76})', '\\1\n')"#, .bigQuery),
    ]
    private static let decodings: [String: FunctionForm] = [
        "hex": FunctionForm("FROM_HEX($1)", .bigQuery), "base64": FunctionForm("FROM_BASE64($1)", .bigQuery),
    ]
    private static let toBytes = [
        "utf8": FunctionForm("CAST($1 AS BYTES)", .bigQuery), "utf-8": FunctionForm("CAST($1 AS BYTES)", .bigQuery),
    ]
    private static let fromBytes = [
        "utf8": FunctionForm("CAST($1 AS STRING)", .bigQuery), "utf-8": FunctionForm("CAST($1 AS STRING)", .bigQuery),
    ]

    private static func encode(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try encoding(&transpiler, call, among: encodings)
    }

    private static func decode(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try encoding(&transpiler, call, among: decodings)
    }

    private static func convertTo(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try encoding(&transpiler, call, among: toBytes)
    }

    private static func convertFrom(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        try encoding(&transpiler, call, among: fromBytes)
    }

    /// `TO_HEX(MD5(x))` is what PostgreSQL's md5 gives at once.
    private static func toHex(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let bytes = call.values.first else { return try transpiler.wrongArguments(call) }
        if case .function(let decode) = bytes, decode.name.name == "decode", decode.arguments.count == 2,
            decode.arguments[1].value.stringLiteral == "hex"
        {
            return decode.arguments[0].value
        }
        return .call("encode", bytes, .string("hex"))
    }
}
