import Pipeline

/// A piece of a template's text, with its UTF-8 offsets in the file.
struct TemplateToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// SQL, comments and quoted strings included.
        case text
        /// `;` outside of strings and comments.
        case semicolon
        /// `{{ … }}`: the range inside.
        case output(Range<Int>)
        /// `{% … %}`: the range inside.
        case statement(Range<Int>)
        /// `{# … #}`
        case comment
        /// A bare `ref('x')` or `source('a', 'b')` in SQL.
        case call(Range<Int>)
    }
    let kind: Kind
    let range: Range<Int>
    /// True for `{{-` and `{%-`: the white space before it goes.
    var trimsBefore = false
    /// True for `-}}` and `-%}`: the white space behind it goes.
    var trimsAfter = false
}

/// Cuts text into tokens. Jinja tags are found in code and in strings, `;` only in code, nothing in comments: what is
/// commented out does not have to be right. Macros stay text: they are replaced when Jinja has been.
struct TemplateLexer {
    private let source: SourceFile
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    private var textStart: Int
    private var tokens: [TemplateToken] = []

    static func tokens(in source: SourceFile, range: Range<Int>) throws(PipelineError) -> [TemplateToken] {
        var lexer = TemplateLexer(source: source, range: range)
        try lexer.run()
        return lexer.tokens
    }

    private init(source: SourceFile, range: Range<Int>) {
        self.source = source
        bytes = Array(source.text.utf8)
        end = range.upperBound
        position = range.lowerBound
        textStart = range.lowerBound
    }

    private mutating func run() throws(PipelineError) {
        while position < end {
            if try lexJinja() { continue }
            switch bytes[position] {
            case UInt8(ascii: "'"): try lexQuoted(UInt8(ascii: "'"), backslash: isEscapeString)
            case UInt8(ascii: "\""): try lexQuoted(UInt8(ascii: "\""), backslash: false)
            case UInt8(ascii: "`"): try lexQuoted(UInt8(ascii: "`"), backslash: false)
            case UInt8(ascii: "$"): try lexDollar()
            case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-"): lexLineComment()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): try lexBlockComment()
            case UInt8(ascii: ";"): emit(.semicolon, 1)
            default: lexCode()
            }
        }
        flushText()
    }

    private func byte(_ ahead: Int) -> UInt8? { position + ahead < end ? bytes[position + ahead] : nil }

    private mutating func flushText() {
        if textStart < position { tokens.append(TemplateToken(kind: .text, range: textStart..<position)) }
        textStart = position
    }

    private mutating func emit(
        _ kind: TemplateToken.Kind, _ length: Int, trimsBefore: Bool = false, trimsAfter: Bool = false
    ) {
        flushText()
        tokens.append(
            TemplateToken(
                kind: kind, range: position..<position + length, trimsBefore: trimsBefore, trimsAfter: trimsAfter))
        position += length
        textStart = position
    }

    /// `{{`, `{%` or `{#` at the current place, up to its end.
    private mutating func lexJinja() throws(PipelineError) -> Bool {
        guard bytes[position] == UInt8(ascii: "{"), let second = byte(1) else { return false }
        let close: UInt8
        switch second {
        case UInt8(ascii: "{"): close = UInt8(ascii: "}")
        case UInt8(ascii: "%"): close = UInt8(ascii: "%")
        case UInt8(ascii: "#"): close = UInt8(ascii: "#")
        default: return false
        }
        var index = position + 2
        var quote: UInt8?
        var braces = 0
        while index + 1 < end {
            let current = bytes[index]
            if let open = quote {
                if current == open { quote = nil }
            } else if close != UInt8(ascii: "#") && (current == UInt8(ascii: "'") || current == UInt8(ascii: "\"")) {
                quote = current
            } else if close == UInt8(ascii: "}") && current == UInt8(ascii: "{") {
                braces += 1
            } else if braces > 0 && current == UInt8(ascii: "}") {
                braces -= 1
            } else if current == close && bytes[index + 1] == UInt8(ascii: "}") {
                var inside = position + 2..<index
                let trimsBefore = !inside.isEmpty && bytes[inside.lowerBound] == UInt8(ascii: "-")
                if trimsBefore || !inside.isEmpty && bytes[inside.lowerBound] == UInt8(ascii: "+") {
                    inside = inside.lowerBound + 1..<inside.upperBound
                }
                let trimsAfter = !inside.isEmpty && bytes[inside.upperBound - 1] == UInt8(ascii: "-")
                if trimsAfter { inside = inside.lowerBound..<inside.upperBound - 1 }
                let kind: TemplateToken.Kind =
                    switch second {
                    case UInt8(ascii: "{"): .output(inside)
                    case UInt8(ascii: "%"): .statement(inside)
                    default: .comment
                    }
                emit(kind, index + 2 - position, trimsBefore: trimsBefore, trimsAfter: trimsAfter)
                if case .statement(let inside) = kind, Self.word(bytes[inside]) == "raw" { try skipRaw() }
                return true
            }
            index += 1
        }
        let open = String(decoding: bytes[position..<position + 2], as: UTF8.self)
        throw source.error(at: position, "This \(open) is never closed.")
    }

    /// The content of a tag that is a word.
    private static func word(_ bytes: ArraySlice<UInt8>) -> String { ArgumentList.trimmed(bytes) }

    /// From behind `{% raw %}` to behind `{% endraw %}`: what is between is text, and the tags are comments.
    private mutating func skipRaw() throws(PipelineError) {
        let opened = tokens.removeLast()
        tokens.append(
            TemplateToken(
                kind: .comment, range: opened.range, trimsBefore: opened.trimsBefore, trimsAfter: opened.trimsAfter))
        while position + 1 < end {
            guard bytes[position] == UInt8(ascii: "{"), bytes[position + 1] == UInt8(ascii: "%"),
                let close = rawEnd(from: position + 2)
            else {
                position += 1
                continue
            }
            return emit(.comment, close - position)
        }
        throw source.error(at: opened.range.lowerBound, "This {% raw %} has no {% endraw %}.")
    }

    /// Behind `endraw %}`, where it stands at `start`.
    private func rawEnd(from start: Int) -> Int? {
        var index = start
        while index < end, bytes[index] != UInt8(ascii: "%") { index += 1 }
        guard index + 1 < end, bytes[index + 1] == UInt8(ascii: "}") else { return nil }
        let word = Self.word(bytes[start..<index].filter { $0 != UInt8(ascii: "-") }[...])
        return word == "endraw" ? index + 2 : nil
    }

    private var isEscapeString: Bool {
        guard position > 0, bytes[position - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return position == 1 || !Self.isWord(bytes[position - 2])
    }

    private mutating func lexQuoted(_ quote: UInt8, backslash: Bool) throws(PipelineError) {
        let opened = position
        position += 1
        while position < end {
            if try lexJinja() { continue }
            if backslash && bytes[position] == UInt8(ascii: "\\") && position + 1 < end {
                position += 2
            } else if bytes[position] == quote {
                position += 1
                if position < end && bytes[position] == quote { position += 1 } else { return }
            } else {
                position += 1
            }
        }
        throw source.error(at: opened, "This quote is never closed.")
    }

    /// `$tag$ … $tag$`, or a plain `$`.
    private mutating func lexDollar() throws(PipelineError) {
        let opened = position
        var index = position + 1
        while index < end, Self.isWord(bytes[index]) { index += 1 }
        let firstIsDigit = index > opened + 1 && (48...57).contains(bytes[opened + 1])
        guard index < end, bytes[index] == UInt8(ascii: "$"), !firstIsDigit else {
            position += 1
            return
        }
        let tag = Array(bytes[opened...index])
        position = index + 1
        while position + tag.count <= end {
            if try lexJinja() { continue }
            if bytes[position] == tag[0] && Array(bytes[position..<position + tag.count]) == tag {
                position += tag.count
                return
            }
            position += 1
        }
        throw source.error(at: opened, "This dollar quote is never closed.")
    }

    private mutating func lexLineComment() {
        while position < end && bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func lexBlockComment() throws(PipelineError) {
        let opened = position
        var depth = 0
        while position < end {
            if bytes[position] == UInt8(ascii: "/") && byte(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if bytes[position] == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
                if depth == 0 { return }
            } else {
                position += 1
            }
        }
        throw source.error(at: opened, "This comment is never closed.")
    }

    /// The words around Jinja in SQLMesh's files: what they enclose is read as Jinja anyway, and ends with them.
    private static let markers: Set<String> = ["jinja_query_begin", "jinja_statement_begin", "jinja_end"]

    /// A word of SQL, or one byte of anything else. `ref('x')` and `source('a', 'b')` become calls.
    private mutating func lexCode() {
        guard Self.isWord(bytes[position]) else {
            position += 1
            return
        }
        let start = position
        while position < end, Self.isWord(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
        if Self.markers.contains(word) {
            // SQLMesh writes no semicolon before it.
            let end = position
            position = start
            return emit(.semicolon, end - start)
        }
        let qualified = start > 0 && bytes[start - 1] == UInt8(ascii: ".")
        guard word == "ref" || word == "source", !qualified, let callEnd = literalCallEnd(from: position) else {
            return
        }
        position = start
        emit(.call(start..<callEnd), callEnd - start)
    }

    /// The end of `( 'literal' [, 'literal'] )` that starts at or after `index`; nil when it is something else.
    private func literalCallEnd(from index: Int) -> Int? {
        var index = index
        func skipSpace() { while index < end, bytes[index] <= 32 { index += 1 } }
        skipSpace()
        guard index < end, bytes[index] == UInt8(ascii: "(") else { return nil }
        index += 1
        while true {
            skipSpace()
            guard index < end, bytes[index] == UInt8(ascii: "'") || bytes[index] == UInt8(ascii: "\"") else {
                return nil
            }
            let quote = bytes[index]
            index += 1
            while index < end, bytes[index] != quote { index += 1 }
            index += 1
            skipSpace()
            guard index < end else { return nil }
            if bytes[index] == UInt8(ascii: ")") { return index + 1 }
            guard bytes[index] == UInt8(ascii: ",") else { return nil }
            index += 1
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte >= 128
    }
}
