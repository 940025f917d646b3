// PostgresQuoting: the one place where names and values become SQL text. Values are better bound; see PostgresQuery.

/// Turns names and texts into pieces of SQL that mean exactly them, whatever is in them.
public enum PostgresQuoting {
    /// A name in double quotes, its parts joined by dots: `identifier("raw", "events")` is `"raw"."events"`.
    /// - Note: PostgreSQL cuts names longer than 63 bytes; keep them shorter.
    public static func identifier(_ parts: String...) -> String {
        parts.map { quoted($0, with: "\"") }.joined(separator: ".")
    }

    /// A text in single quotes. Backslashes mean themselves: `standard_conforming_strings` is on in every connection.
    public static func literal(_ text: String) -> String {
        quoted(text, with: "'")
    }

    /// A NUL cannot be in a name or text of PostgreSQL; it stays in, so that the statement is refused, not cut short.
    private static func quoted(_ text: String, with quote: Character) -> String {
        var result = String(quote)
        for character in text.unicodeScalars {
            if Character(character) == quote { result.append(quote) }
            result.unicodeScalars.append(character)
        }
        result.append(quote)
        return result
    }
}
