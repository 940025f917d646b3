import Pipeline

/// `@GENERATE_SURROGATE_KEY(fields…, hash_function := 'MD5')`: one text that tells rows apart by some columns.
enum KeyMacros {
    /// What stands for NULL, so that it differs from an empty text.
    private static let null = "'_sqlmesh_surrogate_key_null_'"

    static func surrogateKey(_ arguments: MacroArguments, dialect: String) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        if let unknown = arguments.named.keys.sorted().first(where: { $0 != "hash_function" }) {
            throw call.error(
                "@GENERATE_SURROGATE_KEY has no argument \(unknown). Known: hash_function, and fields without a name.")
        }
        let fields = arguments.positional.compactMap(\.text)
        guard !fields.isEmpty else { throw call.error("@GENERATE_SURROGATE_KEY needs fields.") }
        let isBigQuery = dialect == "bigquery"
        let texts = fields.map { "COALESCE(CAST(\($0) AS \(isBigQuery ? "STRING" : "TEXT")), \(null))" }
        let key =
            isBigQuery
            ? "CONCAT(\(texts.joined(separator: ", '|', ")))" : texts.joined(separator: " || '|' || ")
        let function = arguments.named["hash_function"]?.embedded.uppercased() ?? "MD5"
        switch (function, isBigQuery) {
        case ("MD5", false): return .sql("MD5(\(key))")
        case ("SHA224", false), ("SHA256", false), ("SHA384", false), ("SHA512", false):
            // PostgreSQL's take bytes and give bytes.
            return .sql("ENCODE(\(function)(CONVERT_TO(\(key), 'UTF8')), 'hex')")
        case ("MD5", true), ("SHA1", true), ("SHA256", true), ("SHA512", true):
            return .sql("TO_HEX(\(function)(\(key)))")
        default:
            let known = isBigQuery ? "MD5, SHA1, SHA256, SHA512" : "MD5, SHA224, SHA256, SHA384, SHA512"
            throw call.error("The database has no hash function \(function). Known: \(known).")
        }
    }
}
