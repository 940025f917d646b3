extension Parser {
    /// The text of a token as it stands.
    @inline(__always)
    func text(_ token: Token) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[token.range.offsets]), as: UTF8.self)
    }

    func upper(_ token: Token) -> String { text(token).uppercased() }

    /// True at a word that spells `word` (upper case), for words that are no keywords elsewhere.
    func atWord(_ word: String) -> Bool { token.kind == .word && upper(token) == word }

    /// The same of the token `distance` further on.
    func atWord(_ word: String, after distance: Int) -> Bool {
        peek(distance).kind == .word && upper(peek(distance)) == word
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard atWord(word) else { return false }
        advance()
        return true
    }

    /// True at a word that may name a column, table or alias, quoted or not.
    @inline(__always)
    func atName() -> Bool {
        switch token.kind {
        case .word: token.keyword == .notKeyword || words.isName(token.keyword)
        case .quotedName: true
        default: false
        }
    }

    /// The present token as a name.
    @inline(__always)
    mutating func takeName() throws(SQLError) -> Identifier {
        let taken = token
        advance()
        if taken.kind == .word { return Identifier(text(taken), range: taken.range) }
        if bytes[Int(taken.range.start)] | 0x20 == UInt8(ascii: "u") {
            let name = try quotedText(taken, escape: unicodeEscape())
            return Identifier(name, quoted: true, range: taken.range)
        }
        return Identifier(try quotedText(taken), quoted: true, range: taken.range)
    }

    mutating func name(_ what: String = "a name") throws(SQLError) -> Identifier {
        guard atName() else { throw unexpected(what) }
        return try takeName()
    }

    /// A name where any word will do, such as behind a dot.
    @inline(__always)
    mutating func label(_ what: String = "a name") throws(SQLError) -> Identifier {
        guard token.kind == .word || token.kind == .quotedName else { throw unexpected(what) }
        return try takeName()
    }

    /// A name where PostgreSQL takes any word, and GoogleSQL none that is reserved.
    mutating func labelOrName(_ what: String) throws(SQLError) -> Identifier {
        grammar.labelsMayBeReserved ? try label(what) : try name(what)
    }

    /// A word without quotes, in upper case: one of a few that the grammar knows there, or may know one day.
    mutating func word(_ what: String) throws(SQLError) -> String {
        guard token.kind == .word else { throw unexpected(what) }
        let word = upper(token)
        advance()
        return word
    }

    /// A word as it is spelled, also from a string or a quoted name, which must hold one then.
    mutating func wordOrText(_ what: String) throws(SQLError) -> String {
        let start = token
        let text: String
        switch token.kind {
        case .word: return try takeName().name
        case .stringLiteral: text = try strings()
        case .quotedName: text = try takeName().name
        default: throw unexpected(what)
        }
        let isWord = text.utf8.allSatisfy { byte in
            (65...90).contains(byte & ~0x20) || byte == UInt8(ascii: "_") || (48...57).contains(byte)
        }
        guard isWord, let first = text.utf8.first, !(48...57).contains(first) else {
            throw SQLError(.syntax, "Expected \(what), a single word.", at: start.range)
        }
        return text
    }

    mutating func nameList() throws(SQLError) -> [Identifier] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.name("a column") }
        }
    }

    /// `AS name`, or a name alone where that cannot be misread.
    @inline(__always)
    mutating func columnAlias() throws(SQLError) -> Identifier? {
        if take(.as) {
            return try labelOrName("the column's name")
        }
        guard atName() || (words.reservedMayLabel && token.kind == .word),
            !words.labelsNeedingAs.contains(token.keyword)
        else { return nil }
        return try takeName()
    }

    /// A name of any number of parts.
    mutating func qualifiedName(_ what: String = "a name") throws(SQLError) -> QualifiedName {
        var parts = try splitName(name(what))
        while take(.dot) { parts += try splitName(label()) }
        return QualifiedName(parts)
    }

    /// The name of a table: parts may hold dashes or, in one pair of backticks, dots.
    mutating func tableName() throws(SQLError) -> QualifiedName {
        let first = try name("a table")
        if !grammar.quotedNamesHoldPaths, !at(.dot) { return QualifiedName([first]) }
        var parts = try splitName(joinDashes(first))
        while take(.dot) { parts += try splitName(joinDashes(label())) }
        var name = QualifiedName(parts)
        name.mayBeArray = grammar.fromMayNameArrays
        return name
    }

    /// Takes what follows a first part with dashes: `my` of `my-project`.
    private mutating func joinDashes(_ first: Identifier) throws(SQLError) -> Identifier {
        guard dialect.traits.lexical.namesMayHaveDashes, !first.quoted else { return first }
        var joined = first
        while at(.minus), token.range.start == joined.range.end {
            let next = peek(1)
            guard next.range.start == token.range.end, next.kind == .word || next.kind == .integerLiteral else { break }
            advance()
            advance()
            joined = Identifier(
                joined.name + "-" + text(next), range: SourceRange(start: first.range.start, end: lastEnd))
        }
        // A dash must be quoted everywhere but here, so that the name is written in quotes.
        if joined.name.utf8.count != first.name.utf8.count { joined.quoted = true }
        return joined
    }

    private func splitName(_ name: Identifier) throws(SQLError) -> [Identifier] {
        guard grammar.quotedNamesHoldPaths, name.quoted, name.name.utf8.contains(UInt8(ascii: ".")) else {
            return [name]
        }
        let parts = name.name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            throw error("A part of a name of no characters.", at: name.range)
        }
        return parts.map { Identifier(String($0), quoted: true, range: name.range) }
    }
}
