import ModelProject
import Pipeline
import SQL

/// Writes a model's or an audit's file in one style: a property a line, SQL as the SQL module writes it.
///
/// What it writes reads back as the same statements with the same comments; a file for which that does not hold stays as it
/// is, and so does one with Jinja, which is no SQL.
struct FileFormatter {
    enum Outcome: Equatable {
        case formatted(String)
        /// Why the file stays as it is.
        case left(String)
    }

    /// That of models that name none.
    let dialect: String

    func format(_ source: SourceFile) -> Outcome {
        let text = source.text
        for mark in ["{{", "{%", "{#", "JINJA_"] where text.contains(mark) { return .left("it holds Jinja") }
        do throws(SQLError) {
            let head = try PropertyBlock(text)
            if head?.value(of: "formatting")?.lowercased() == "false" { return .left("it says `formatting false`") }
            let name = head?.value(of: "dialect") ?? dialect
            guard let dialect = SQLDialect(named: name) else { return .left("its dialect is \(name)") }
            let rest = String(decoding: text.utf8.dropFirst(head?.end ?? 0), as: UTF8.self)
            let statements = try Self.statements(rest, dialect)
            let written = statements.map { $0.sql(dialect, style: .pretty) }.joined(separator: ";\n\n")
            guard try Self.statements(written, dialect) == statements else {
                return .left("it would not read back as it is")
            }
            guard try Self.comments(written, dialect) == Self.comments(rest, dialect) else {
                return .left("not all of its comments would stay")
            }
            return .formatted(
                [head?.text, written].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n")
        } catch {
            return .left(error.message)
        }
    }

    private static let options = ParseOptions(placeholders: true, forgives: true)

    private static func statements(_ text: String, _ dialect: SQLDialect) throws(SQLError) -> [Statement] {
        try parseStatements(text, dialect: dialect, options: options)
    }

    /// Their words, in any order: they may change sides of a comma.
    private static func comments(_ text: String, _ dialect: SQLDialect) throws(SQLError) -> [String] {
        try tokenize(text, dialect: dialect, options: options).comments
            .map { comment in comment.text.filter { !$0.isWhitespace } }.sorted()
    }
}

/// The `MODEL (…)` or `AUDIT (…)` that a file begins with.
struct PropertyBlock {
    /// As it is to be: a property a line.
    let text: String
    /// Where what follows it starts, in UTF-8 bytes.
    let end: Int
    private let properties: [(name: String, value: String)]

    func value(of name: String) -> String? {
        properties.first { $0.name == name }.map { $0.value.filter { $0 != "'" && $0 != "\"" } }
    }

    /// Nil when the file begins with something else.
    init?(_ source: String) throws(SQLError) {
        // Properties are no SQL, but made of the same marks.
        let list = try tokenize(source, dialect: .postgres, options: ParseOptions(placeholders: true))
        let tokens = Array(list.tokens)
        guard tokens.count > 2, tokens[0].kind == .word, tokens[1].kind == .leftParenthesis else { return nil }
        let word = source.sql(in: tokens[0].range).uppercased()
        guard ["MODEL", "AUDIT"].contains(word), let close = Self.close(of: 1, in: tokens) else { return nil }
        let isEnded = tokens[close + 1].kind == .semicolon
        end = tokens[isEnded ? close + 1 : close].range.offsets.upperBound
        let start = tokens[0].range.offsets.lowerBound
        let block = start..<end
        var properties: [(name: String, value: String)] = []
        var lines: [String] = []
        for item in Self.items(2..<close, of: tokens) {
            guard let first = item.first else { continue }
            let name = source.sql(in: tokens[first].range).lowercased()
            let rest = item.dropFirst()
            properties.append((name, Self.join(rest, tokens, source)))
            lines.append("  " + Self.property(name, rest, tokens, source))
        }
        self.properties = properties
        let before = String(decoding: source.utf8.prefix(start), as: UTF8.self)
        if list.comments.contains(where: { block.contains($0.range.offsets.lowerBound) }) {
            // Comments stand where somebody has put them.
            text = before + String(decoding: source.utf8.prefix(end).dropFirst(start), as: UTF8.self)
        } else {
            text = before + "\(word) (\n\(lines.joined(separator: ",\n"))\n);"
        }
    }

    /// Properties whose parts are put on lines of their own.
    private static let broken: Set = ["kind", "columns", "column_descriptions", "audits", "physical_properties"]

    private static func property(
        _ name: String, _ rest: ArraySlice<Int>, _ tokens: [Token], _ source: String
    ) -> String {
        let line = [name, join(rest, tokens, source)].filter { !$0.isEmpty }.joined(separator: " ")
        guard broken.contains(name), let open = rest.first(where: { tokens[$0].kind == .leftParenthesis }),
            let close = close(of: open, in: tokens), close == rest.last
        else { return line }
        let parts = items(open + 1..<close, of: tokens)
        if name == "audits", parts.count == 1, line.count <= 98 { return line }
        let head = join(rest.prefix { $0 < open }, tokens, source)
        let list = parts.map { "    " + join($0[...], tokens, source) }.joined(separator: ",\n")
        return "\(name) \(head.isEmpty ? "" : head + " ")(\n\(list)\n  )"
    }

    /// The parenthesis that closes the one at `open`.
    private static func close(of open: Int, in tokens: [Token]) -> Int? {
        var depth = 0
        for index in open..<tokens.count {
            switch tokens[index].kind {
            case .leftParenthesis, .leftBracket, .leftBrace: depth += 1
            case .rightParenthesis, .rightBracket, .rightBrace:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }

    /// What stands between the commas of a list, without its empty ends.
    private static func items(_ range: Range<Int>, of tokens: [Token]) -> [[Int]] {
        var items: [[Int]] = [[]]
        var depth = 0
        for index in range {
            switch tokens[index].kind {
            case .leftParenthesis, .leftBracket, .leftBrace: depth += 1
            case .rightParenthesis, .rightBracket, .rightBrace: depth -= 1
            case .comma where depth == 0:
                items.append([])
                continue
            default: break
            }
            items[items.count - 1].append(index)
        }
        return items.filter { !$0.isEmpty }
    }

    /// The tokens in one line: a space where there was any white space, but none inside of parentheses.
    private static func join(_ indices: ArraySlice<Int>, _ tokens: [Token], _ source: String) -> String {
        var text = ""
        var last: Token?
        for index in indices {
            let token = tokens[index]
            if let before = last {
                let isApart = before.range.offsets.upperBound < token.range.offsets.lowerBound
                let isInside = before.kind == .leftParenthesis || token.kind == .rightParenthesis
                if before.kind == .comma || (isApart && !isInside && token.kind != .comma) { text += " " }
            }
            text += source.sql(in: token.range)
            last = token
        }
        return text
    }
}
