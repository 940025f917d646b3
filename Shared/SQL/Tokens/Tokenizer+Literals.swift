// Quoted things, numbers, parameters and placeholders.

extension Tokenizer {
    mutating func number() throws(SQLError) {
        let start = position
        let followsDash = traits.namesMayHaveDashes && followsDashOfName
        if traits.namesAfterDotsMayBeginWithDigits, tokens.last?.kind == .dot, touches(tokens.last) { return word() }
        if bytes[start] == UInt8(ascii: "0"), peek(1) | 0x20 == UInt8(ascii: "x"), isHexDigit(peek(2)) {
            position += 2
            skipDigits(of: 16)
            return try endNumber(.integerLiteral, from: start)
        }
        if bytes[start] == UInt8(ascii: "0"), traits.numbersHaveForms, let base = base(peek(1)),
            isDigit(peek(2), of: base)
        {
            position += 2
            skipDigits(of: base)
            return try endNumber(.integerLiteral, from: start)
        }
        skipDigits()
        var kind = TokenKind.integerLiteral
        if peek(0) == UInt8(ascii: "."), !(followsDash && isNamePart(peek(1)) && !isDigit(peek(1))) {
            kind = .decimalLiteral
            position += 1
            skipDigits()
        }
        if skipExponent() { kind = .decimalLiteral }
        if followsDash, isNamePart(peek(0)) {  // `my-1st-project.dataset`
            position = start
            return word()
        }
        try endNumber(kind, from: start)
    }

    /// Right behind a dash that stands right behind a word: in `my-1st` the number may go on as a name.
    private var followsDashOfName: Bool {
        guard tokens.count > 1, tokens[tokens.count - 1].kind == .minus, touches(tokens.last) else { return false }
        let before = tokens[tokens.count - 2]
        return before.kind == .word && before.range.end == tokens[tokens.count - 1].range.start
    }

    private mutating func endNumber(_ kind: TokenKind, from start: Int) throws(SQLError) {
        if isNamePart(peek(0)) {
            while isNamePart(peek(0)) { position += 1 }
            throw error("A number runs into a name; put a space between them, or quote the name.", at: start)
        }
        append(kind, from: start)
    }

    mutating func dot() throws(SQLError) {
        let followsName =
            switch tokens.last?.kind {
            case .word, .quotedName, .rightParenthesis, .rightBracket, .placeholder, .parameter: touches(tokens.last)
            default: false
            }
        guard isDigit(peek(1)), !followsName else { return try mark() }
        let start = position
        position += 1
        skipDigits()
        _ = skipExponent()
        try endNumber(.decimalLiteral, from: start)
    }

    /// In some dialects, digits may stand in groups: `1_000`.
    private mutating func skipDigits(of base: UInt8 = 10) {
        while isDigit(peek(0), of: base)
            || (traits.numbersHaveForms && peek(0) == UInt8(ascii: "_") && isDigit(peek(1), of: base))
        {
            position += 1
        }
    }

    private func base(_ letter: UInt8) -> UInt8? {
        letter | 0x20 == UInt8(ascii: "b") ? 2 : letter | 0x20 == UInt8(ascii: "o") ? 8 : nil
    }

    private func isDigit(_ byte: UInt8, of base: UInt8) -> Bool {
        base == 16 ? isHexDigit(byte) : byte >= UInt8(ascii: "0") && byte < UInt8(ascii: "0") + base
    }

    private mutating func skipExponent() -> Bool {
        guard peek(0) | 0x20 == UInt8(ascii: "e") else { return false }
        let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
        guard isDigit(peek(1 + sign)) else { return false }
        position += 1 + sign
        skipDigits()
        return true
    }

    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

// MARK: - Strings and quoted names

extension Tokenizer {
    mutating func doubleQuoted() throws(SQLError) {
        if traits.doubleQuoteIsString {
            try string(quoteAt: position, kind: .stringLiteral, hasEscapes: traits.plainStringsHaveEscapes)
        } else {
            try quotedName(quoteAt: position, doubled: true)
        }
    }

    /// A letter that may begin a name or stand before a quote.
    mutating func prefixed() throws(SQLError) {
        for prefix in traits.prefixes where begins(with: prefix.letters) {
            let quote = peek(prefix.letters.count)
            if quote == UInt8(ascii: "'") || (quote == UInt8(ascii: "\"") && traits.doubleQuoteIsString) {
                return try string(
                    quoteAt: position + prefix.letters.count, kind: prefix.kind, hasEscapes: prefix.hasEscapes)
            }
            if quote == UInt8(ascii: "\""), prefix.letters.count == 2 {  // U&"name"
                return try quotedName(quoteAt: position + 2, doubled: true)
            }
        }
        word()
    }

    private func begins(with letters: [UInt8]) -> Bool {
        for (index, letter) in letters.enumerated() {
            let byte = peek(index)
            if byte != letter, byte | 0x20 != letter || letter == UInt8(ascii: "&") { return false }
        }
        return true
    }

    /// A string from the quote at `quoteAt`; what stands between `position` and it is the prefix.
    mutating func string(quoteAt: Int, kind: TokenKind, hasEscapes: Bool) throws(SQLError) {
        let start = position
        let quote = bytes[quoteAt]
        let isTriple =
            traits.hasTripleQuotes && quoteAt + 2 < bytes.count && bytes[quoteAt + 1] == quote
            && bytes[quoteAt + 2] == quote
        position = quoteAt + (isTriple ? 3 : 1)
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\\"), hasEscapes {
                position += 2
            } else if byte != quote {
                position += 1
            } else if isTriple {
                if peek(1) == quote, peek(2) == quote {
                    position += 3
                    return append(kind, from: start)
                }
                position += 1
            } else if traits.quotesAreDoubled, peek(1) == quote {
                position += 2
            } else {
                position += 1
                return append(kind, from: start)
            }
        }
        position = bytes.count
        throw error("A string that is not closed.", at: start)
    }

    mutating func quotedName(quoteAt: Int, doubled: Bool) throws(SQLError) {
        let start = position
        let quote = bytes[quoteAt]
        position = quoteAt + 1
        while position < bytes.count {
            if bytes[position] == quote {
                if doubled, peek(1) == quote {
                    position += 2
                    continue
                }
                position += 1
                guard position - quoteAt > 2 else { throw error("A name of no characters.", at: start) }
                return append(.quotedName, from: start)
            }
            position += !doubled && bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = bytes.count
        throw error("A quoted name that is not closed.", at: start)
    }

    /// `$1`, `$$…$$` or `$tag$…$tag$`.
    mutating func dollar() throws(SQLError) {
        let start = position
        position += 1
        if isDigit(peek(0)) {
            skipDigits()
            return append(.parameter, from: start)
        }
        while isNamePart(peek(0)), peek(0) != UInt8(ascii: "$") { position += 1 }
        guard peek(0) == UInt8(ascii: "$") else { throw error("A dollar sign that begins nothing.", at: start) }
        position += 1
        let tag = start..<position
        while position + tag.count <= bytes.count {
            if bytes[position] == UInt8(ascii: "$"), bytes[position..<(position + tag.count)].elementsEqual(bytes[tag])
            {
                position += tag.count
                return append(.stringLiteral, from: start)
            }
            position += 1
        }
        position = bytes.count
        throw error("A dollar-quoted string that is not closed.", at: start)
    }
}

// MARK: - Parameters and placeholders

extension Tokenizer {
    mutating func at() throws(SQLError) {
        let start = position
        let next = peek(1)
        if options.placeholders, beginsPlaceholder(next) { return try placeholder() }
        guard traits.atIsParameter else { return try mark() }
        position += next == UInt8(ascii: "@") ? 2 : 1
        let nameStart = position
        while isNamePart(peek(0)) || (position > nameStart && peek(0) == UInt8(ascii: ".") && isNamePart(peek(1))) {
            if peek(0) == UInt8(ascii: "."), next != UInt8(ascii: "@") { break }
            position += 1
        }
        guard position > nameStart else { throw error("A parameter without a name.", at: start) }
        append(.parameter, from: start)
    }

    /// True when a placeholder's `@` may stand before `byte`.
    func beginsPlaceholder(_ byte: UInt8) -> Bool { isNamePart(byte) && !isDigit(byte) || byte == UInt8(ascii: "{") }

    /// `?`, or an operator that begins with it.
    mutating func question() throws(SQLError) {
        guard traits.questionIsParameter else { return try mark() }
        position += 1
        append(.parameter, from: position - 1)
    }

    mutating func colon() throws(SQLError) { try mark() }

    private mutating func placeholder() throws(SQLError) {
        let start = position
        position += 1
        if peek(0) == UInt8(ascii: "{") {
            while position < bytes.count, bytes[position] != UInt8(ascii: "}") { position += 1 }
            guard position < bytes.count else { throw error("A placeholder whose brace is not closed.", at: start) }
            position += 1
            return append(.placeholder, from: start)
        }
        while isNamePart(peek(0)) { position += 1 }
        if peek(0) == UInt8(ascii: "(") { try skipArguments(from: start) }
        append(.placeholder, from: start)
    }

    /// Moves past the parenthesis that closes the one here. What is quoted does not count.
    private mutating func skipArguments(from start: Int) throws(SQLError) {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return }
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                while position < bytes.count, bytes[position] != byte {
                    position += traits.plainStringsHaveEscapes && bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                position += 1
            default: break
            }
        }
        position = bytes.count
        throw error("A placeholder whose parenthesis is not closed.", at: start)
    }
}
