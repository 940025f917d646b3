import Pipeline
import SQL

extension RenderedText {
    /// The text with the functions that say what time it is replaced by `moment`: what a unit test gives must not depend on
    /// the day of the test. A text that cannot be cut into words stays, and the parser says why.
    func frozen(at moment: Moment, dialect name: String) -> RenderedText {
        guard let dialect = SQLDialect(named: name), let list = try? tokenize(text, dialect: dialect) else {
            return self
        }
        let tokens = list.tokens
        var found: [(range: Range<Int>, text: String)] = []
        for (index, token) in tokens.enumerated() where token.kind == .word {
            if index > 0, tokens[index - 1].kind == .dot { continue }
            let word = text.sql(in: token.range).lowercased()
            guard let type = Self.clocks[word] else { continue }
            let arguments = Self.end(ofArgumentsBehind: index, in: tokens)
            // `now` alone is a column, and a clock's zone or format would be lost.
            guard let end = arguments ?? (Self.functions.contains(word) ? nil : index) else { continue }
            let range = token.range.offsets.lowerBound..<tokens[end].range.offsets.upperBound
            let written = dialect == .postgres ? type.postgres : type.bigQuery
            found.append((range, "CAST('\(moment)' AS \(written))"))
        }
        return replacing(found)
    }

    /// The index of the parenthesis that closes `()` or `(3)`; nil where there is none, or more in it.
    private static func end(ofArgumentsBehind index: Int, in tokens: ContiguousArray<Token>) -> Int? {
        guard index + 2 < tokens.count, tokens[index + 1].kind == .leftParenthesis else { return nil }
        if tokens[index + 2].kind == .rightParenthesis { return index + 2 }
        guard index + 3 < tokens.count, tokens[index + 2].kind == .integerLiteral,
            tokens[index + 3].kind == .rightParenthesis
        else { return nil }
        return index + 3
    }

    /// They are called; the others are words.
    private static let functions: Set = ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"]

    private static let clocks: [String: (postgres: String, bigQuery: String)] = [
        "current_date": ("date", "DATE"), "current_timestamp": ("timestamptz", "TIMESTAMP"),
        "current_datetime": ("timestamp", "DATETIME"), "current_time": ("timetz", "TIME"),
        "localtime": ("time", "TIME"), "localtimestamp": ("timestamp", "DATETIME"),
        "now": ("timestamptz", "TIMESTAMP"), "transaction_timestamp": ("timestamptz", "TIMESTAMP"),
        "statement_timestamp": ("timestamptz", "TIMESTAMP"), "clock_timestamp": ("timestamptz", "TIMESTAMP"),
    ]
}
