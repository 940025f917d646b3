import SQL

/// Puts a relation's name before the columns of an expression, so that it can be asked of two relations at once.
struct ColumnQualifier {
    private let columns: Set<String>

    /// - Parameter columns: As the database has them.
    init(_ columns: Set<String>) { self.columns = columns }

    /// A text that cannot be read as tokens is left as it is: the database says what is wrong with it.
    /// - Parameters:
    ///   - relation: As SQL.
    ///   - renamed: What a column is called there, as SQL.
    func qualified(_ expression: String, with relation: String) -> String {
        // What cannot be cut into words is left to the database to refuse.
        guard let tokens = try? tokenize(expression, dialect: .postgres).tokens else { return expression }
        let bytes = Array(expression.utf8)
        var output: [UInt8] = []
        var position = 0
        for (index, token) in tokens.enumerated() where isColumn(index, tokens, in: expression) {
            output += bytes[position..<token.range.offsets.lowerBound]
            output += Array("\(relation).".utf8)
            position = token.range.offsets.lowerBound
        }
        return String(decoding: output + bytes[position...], as: UTF8.self)
    }

    /// A name of one of the columns that is no function's, no type's, and no part of a longer name.
    private func isColumn(_ index: Int, _ tokens: ContiguousArray<Token>, in text: String) -> Bool {
        let token = tokens[index]
        let name: String
        switch token.kind {
        case .word: name = text.sql(in: token.range).lowercased()
        case .quotedName:
            name = String(text.sql(in: token.range).dropFirst().dropLast()).replacing("\"\"", with: "\"")
        default: return false
        }
        guard columns.contains(name) else { return false }
        if index + 1 < tokens.count, [.leftParenthesis, .dot].contains(tokens[index + 1].kind) { return false }
        guard index > 0 else { return true }
        let before = tokens[index - 1]
        return before.kind != .dot && before.kind != .doubleColon && before.keyword != .as
    }
}
