import SQL

/// What is done with statements of which only the text is needed: those before and after a query.
public enum StatementText {
    /// One text for all spellings of white space, case and comments. Fingerprints are made of it: it stays as it is.
    public static func canonical(_ sql: String) -> String {
        guard let list = try? tokenize(sql, dialect: .postgres) else {
            return sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        var tokens = list.tokens.filter { $0.kind != .endOfText }
        while tokens.last?.kind == .semicolon { tokens.removeLast() }
        return tokens.map { canonical($0, in: sql) }.joined(separator: " ")
    }

    private static func canonical(_ token: Token, in sql: String) -> String {
        let text = sql.sql(in: token.range)
        switch token.kind {
        case .word: return text.lowercased()
        case .quotedName:
            let name = unquoted(text)
            return Identifier(exact: name).quoted || name.first?.isNumber ?? true ? SQLText.identifier(name) : name
        case .stringLiteral, .bytesLiteral, .bits, .hexBits, .integerLiteral, .decimalLiteral: return text
        case .notEqual: return "<>"
        default: return signs(text)
        }
    }

    /// Operators of more than two characters in the pieces that the first fingerprints had of them.
    private static func signs(_ text: String) -> String {
        let pairs: Set<Substring> = ["::", "<=", ">=", "<>", "!=", "||", "->", "=>", ":=", "@>", "<@", "&&"]
        var pieces: [Substring] = []
        var rest = text[...]
        while !rest.isEmpty {
            let length = pairs.contains(rest.prefix(2)) ? 2 : 1
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces.joined(separator: " ")
    }

    /// The statement with what SQLGlot forgives put right. A statement that cannot be read stays as it is: the database
    /// says what it thinks of it.
    public static func corrected(_ sql: String) -> String {
        guard let corrections = try? corrections(of: sql, dialect: .postgres), !corrections.isEmpty else { return sql }
        let bytes = Array(sql.utf8)
        var output: [UInt8] = []
        var position = 0
        for correction in corrections {
            output += bytes[position..<correction.range.offsets.lowerBound] + Array(correction.replacement.utf8)
            position = correction.range.offsets.upperBound
        }
        return String(decoding: output + bytes[position...], as: UTF8.self)
    }

    /// The name that a token is, as SQL means it; nil for anything else.
    static func name(of token: Token, in text: String) -> String? {
        switch token.kind {
        case .word: text.sql(in: token.range).lowercased()
        case .quotedName: unquoted(text.sql(in: token.range))
        default: nil
        }
    }

    /// Without the quotes around it.
    static func unquoted(_ name: String) -> String {
        guard let quote = name.first, quote == "\"" || quote == "`" else { return name }
        return String(name.dropFirst().dropLast()).replacing("\(quote)\(quote)", with: "\(quote)")
    }

    /// `SET x = 1` as `SET LOCAL x = 1`: what a model sets holds for its own statements and not for the next model that
    /// uses the connection. Any other text stays.
    public static func settingLocally(_ sql: String) -> String {
        guard let tokens = try? tokenize(sql, dialect: .postgres).tokens, tokens.count > 2, tokens[0].kind == .word,
            tokens[0].keyword == .set
        else { return sql }
        let word = sql.sql(in: tokens[1].range).lowercased()
        guard !["local", "transaction", "constraints"].contains(word) else { return sql }
        let start = (word == "session" ? tokens[1] : tokens[0]).range.offsets.upperBound
        return "SET LOCAL" + String(decoding: Array(sql.utf8)[start...], as: UTF8.self)
    }

    /// The statement with the relations that `replacement` knows put in where they are read, each under the name it had.
    /// A statement that the SQL parser does not read stays as it is.
    /// - Parameter replacement: SQL for the FROM clause, by the relation's name (`schema.name` or `name`); nil: stays.
    public static func replacingTables(_ sql: String, _ replacement: (String) -> String?) -> String {
        guard let statements = try? parseStatements(sql, dialect: .postgres) else { return sql }
        let tables = RelationReplacement.inText(statements.flatMap { $0.tableReferences() })
        let bytes = Array(sql.utf8)
        var output: [UInt8] = []
        var position = 0
        for new in RelationReplacement.all(tables, replacement) {
            output += bytes[position..<new.range.lowerBound]
            output += Array(new.text.utf8)
            position = new.range.upperBound
        }
        return String(decoding: output + bytes[position...], as: UTF8.self)
    }
}
