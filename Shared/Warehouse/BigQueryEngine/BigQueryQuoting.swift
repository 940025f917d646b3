// BigQueryQuoting: the one place where names and values become SQL text. Scripts take no parameters everywhere.

enum BigQueryQuoting {
    /// `` `raw`.`events` ``
    static func identifier(_ parts: String...) -> String {
        parts.map { "`\(escaped($0, end: "`"))`" }.joined(separator: ".")
    }

    /// `'it\'s'`; `NULL` for nil.
    static func string(_ text: String?) -> String {
        text.map { "'\(escaped($0, end: "'"))'" } ?? "CAST(NULL AS STRING)"
    }

    /// `5`; `NULL` for nil.
    static func int64(_ number: Int64?) -> String {
        // The least number has no literal of its own: it is one more than the greatest, negated.
        number.map { $0 == .min ? "(-9223372036854775807 - 1)" : "\($0)" } ?? "CAST(NULL AS INT64)"
    }

    /// Of microseconds since 1970; `NULL` for nil.
    static func timestamp(_ microseconds: Int64?) -> String {
        microseconds.map { "TIMESTAMP '\(TimestampText.text($0))'" } ?? "CAST(NULL AS TIMESTAMP)"
    }

    private static func escaped(_ text: String, end: Character) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\0": result += "\\x00"
            case _ where Character(scalar) == end: result += "\\\(end)"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
