import Pipeline

/// A word, name, constant or sign of SQL, with its place in the text.
struct QueryToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// A keyword or bare name, lower case.
        case word
        /// A name in double quotes or backticks, unquoted.
        case quoted
        /// A string, number or dollar-quoted text, as written.
        case constant
        /// An operator or punctuation.
        case sign
    }
    let kind: Kind
    let text: String
    let range: Range<Int>

    var isName: Bool { kind == .word || kind == .quoted }

    /// One spelling for all that mean the same.
    var canonical: String {
        switch kind {
        case .word, .constant: return text
        case .sign: return text == "!=" ? "<>" : text
        case .quoted:
            let isPlain = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            let startsWithDigit = text.utf8.first.map { (48...57).contains($0) } ?? true
            return isPlain && !startsWithDigit ? text : SQLText.identifier(text)
        }
    }

    /// Cuts SQL into tokens, leaving out comments and white space.
    static func tokens(of sql: String) -> [QueryToken] {
        var scanner = QueryScanner(Array(sql.utf8))
        return scanner.run()
    }
}

private struct QueryScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func at(_ ahead: Int) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

    mutating func run() -> [QueryToken] {
        var tokens: [QueryToken] = []
        while position < bytes.count {
            let start = position
            let byte = bytes[position]
            if byte <= 32 {
                position += 1
            } else if byte == UInt8(ascii: "-") && at(1) == byte {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else if byte == UInt8(ascii: "/") && at(1) == UInt8(ascii: "*") {
                skipBlockComment()
            } else if byte == UInt8(ascii: "'") {
                skipQuoted(backslash: false)
                tokens.append(token(.constant, from: start))
            } else if byte | 0x20 == UInt8(ascii: "e") && at(1) == UInt8(ascii: "'") {
                position += 1
                skipQuoted(backslash: true)
                tokens.append(token(.constant, from: start))
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
                skipQuoted(backslash: false)
                let inner = String(decoding: bytes[start + 1..<max(start + 1, position - 1)], as: UTF8.self)
                tokens.append(
                    QueryToken(kind: .quoted, text: inner.replacing("\"\"", with: "\""), range: start..<position))
            } else if (48...57).contains(byte) || (byte == UInt8(ascii: ".") && (48...57).contains(at(1))) {
                skipNumber()
                tokens.append(token(.constant, from: start))
            } else if TemplateLexer.isWord(byte) {
                while position < bytes.count, TemplateLexer.isWord(bytes[position]) || bytes[position] == 36 {
                    position += 1
                }
                tokens.append(token(.word, from: start))
            } else if byte == UInt8(ascii: "$"), skipDollarQuoted() {
                tokens.append(token(.constant, from: start))
            } else {
                skipSign()
                tokens.append(token(.sign, from: start))
            }
        }
        return tokens
    }

    private func token(_ kind: QueryToken.Kind, from start: Int) -> QueryToken {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return QueryToken(kind: kind, text: kind == .word ? text.lowercased() : text, range: start..<position)
    }

    private mutating func skipQuoted(backslash: Bool) {
        let quote = bytes[position]
        position += 1
        while position < bytes.count {
            if backslash && bytes[position] == UInt8(ascii: "\\") {
                position += 2
            } else if bytes[position] == quote {
                position += 1
                guard position < bytes.count, bytes[position] == quote else { return }
                position += 1
            } else {
                position += 1
            }
        }
        position = min(position, bytes.count)
    }

    private mutating func skipBlockComment() {
        var depth = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "/") && at(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if bytes[position] == UInt8(ascii: "*") && at(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
                if depth == 0 { return }
            } else {
                position += 1
            }
        }
    }

    private mutating func skipNumber() {
        while position < bytes.count {
            let byte = bytes[position]
            let isExponentSign = (byte == 43 || byte == 45) && bytes[position - 1] | 0x20 == UInt8(ascii: "e")
            guard TemplateLexer.isWord(byte) || byte == UInt8(ascii: ".") || isExponentSign else { return }
            position += 1
        }
    }

    private mutating func skipDollarQuoted() -> Bool {
        var index = position + 1
        while index < bytes.count, TemplateLexer.isWord(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "$") else { return false }
        let tag = bytes[position...index]
        index += 1
        while index + tag.count <= bytes.count {
            if bytes[index..<index + tag.count].elementsEqual(tag) {
                position = index + tag.count
                return true
            }
            index += 1
        }
        return false
    }

    private mutating func skipSign() {
        let pairs = ["::", "<=", ">=", "<>", "!=", "||", "->", "=>", ":=", "@>", "<@", "&&"]
        let pair = String(decoding: [bytes[position], at(1)], as: UTF8.self)
        position += pairs.contains(pair) ? 2 : 1
    }
}
