/// Cuts text into tokens. It looks at each byte once and copies none.
struct Tokenizer {
    let bytes: UnsafeBufferPointer<UInt8>
    let traits: LexicalTraits
    let options: ParseOptions
    let keywords = KeywordTable.shared
    var position = 0
    var tokens = ContiguousArray<Token>()
    var comments: [Comment] = []
    /// Goes on behind what cannot be read, which is then one token of its own.
    var isRecovering = false
    /// What could not be read.
    var errors: [SQLError] = []
    /// What was forgiven.
    var corrections: [SQLCorrection] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, traits: LexicalTraits, options: ParseOptions) {
        self.bytes = bytes
        self.traits = traits
        self.options = options
        tokens.reserveCapacity(bytes.count / 4 + 8)
    }

    mutating func run() throws(SQLError) {
        guard bytes.count < Int(UInt32.max) else { throw SQLError(.tooLong, "The text is 4 GiB or longer.") }
        while position < bytes.count {
            let start = position
            do throws(SQLError) {
                try cut()
            } catch {
                guard isRecovering else { throw error }
                errors.append(error)
                position = max(position, start + 1)
                append(.unreadable, from: Int(error.range.start))
                if errors.count == ParsedScript.errorsMax { position = bytes.count }
            }
        }
        append(.endOfText, from: position)
    }

    /// Cuts the text into tokens up to its end.
    private mutating func cut() throws(SQLError) {
        let classes = traits.classes
        while position < bytes.count {
            let start = position
            switch classes[Int(bytes[start])] {
            case .space: position += 1
            case .word: word()
            case .digit: try number()
            case .operator: try mark()
            case .singleQuote:
                try string(quoteAt: start, kind: .stringLiteral, hasEscapes: traits.plainStringsHaveEscapes)
            case .doubleQuote: try doubleQuoted()
            case .backtick: try quotedName(quoteAt: start, doubled: false)
            case .prefix: try prefixed()
            case .dot: try dot()
            case .dollar: try dollar()
            case .at: try at()
            case .colon: try colon()
            case .question: try question()
            case .hash: try hash()
            case .minus: try minus()
            case .slash: try slash()
            case .invalid: throw error("A character that SQL has no use for.", at: start)
            }
        }
    }

    @inline(__always)
    mutating func append(_ kind: TokenKind, _ keyword: Keyword = .notKeyword, from start: Int) {
        tokens.append(Token(kind: kind, keyword: keyword, start: start, end: position))
    }

    func peek(_ distance: Int) -> UInt8 {
        let index = position + distance
        return index < bytes.count ? bytes[index] : 0
    }

    func error(_ message: String, at start: Int) -> SQLError {
        SQLError(.syntax, message, at: SourceRange(start: UInt32(start), end: UInt32(max(position, start))))
    }

    /// Letters, digits, underscores, bytes of other alphabets, and within PostgreSQL's names dollar signs.
    @inline(__always)
    func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        case UInt8(ascii: "$"): traits.hasDollarQuotes
        default: false
        }
    }

    @inline(__always)
    mutating func word() {
        let start = position
        position += 1
        while position < bytes.count, isNamePart(bytes[position]) { position += 1 }
        append(.word, keywords.keyword(in: bytes, from: start, to: position), from: start)
    }

    /// An operator or a mark, the longest that fits.
    mutating func mark() throws(SQLError) {
        let start = position
        if options.forgives, doubledEqual() { return }
        if traits.operatorsAreRuns, traits.runBytes[Int(bytes[start])] { return operatorRun() }
        for candidate in traits.operators[Int(bytes[start])] {
            let length = candidate.bytes.count
            if length == 1 || fits(candidate.bytes) {
                position += length
                append(candidate.kind, from: start)
                return
            }
        }
        throw error("A character that SQL has no use for.", at: start)
    }

    /// `==` and nothing more of an operator, taken as `=`.
    private mutating func doubledEqual() -> Bool {
        let sign = UInt8(ascii: "=")
        guard bytes[position] == sign, peek(1) == sign, !traits.runBytes[Int(peek(2))] else { return false }
        position += 2
        append(.equal, from: position - 2)
        let range = SourceRange(start: UInt32(position - 2), end: UInt32(position))
        corrections.append(SQLCorrection(slip: .doubledEqual, range: range, replacement: "="))
        return true
    }

    /// PostgreSQL's operators: as many of their characters as stand side by side, known or not. A sign at the end is
    /// left for what follows, unless the operator has a character that arithmetic has not.
    private mutating func operatorRun() {
        let start = position
        var end = start
        var isUnusual = false
        while end < bytes.count, traits.runBytes[Int(bytes[end])] {
            let next = end + 1 < bytes.count ? bytes[end + 1] : 0
            if bytes[end] == UInt8(ascii: "-"), next == UInt8(ascii: "-") { break }
            if bytes[end] == UInt8(ascii: "/"), next == UInt8(ascii: "*") { break }
            if options.placeholders, end > start, bytes[end] == UInt8(ascii: "@"), beginsPlaceholder(next) { break }
            switch bytes[end] {
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "<"),
                UInt8(ascii: ">"), UInt8(ascii: "="):
                break
            default: isUnusual = true
            }
            end += 1
        }
        while !isUnusual, end > start + 1,
            bytes[end - 1] == UInt8(ascii: "+") || bytes[end - 1] == UInt8(ascii: "-")
        {
            end -= 1
        }
        position = end
        for candidate in traits.operators[Int(bytes[start])]
        where candidate.bytes.count == end - start && bytes[start..<end].elementsEqual(candidate.bytes) {
            return append(candidate.kind, from: start)
        }
        append(.symbol, from: start)
    }

    private func fits(_ text: [UInt8]) -> Bool {
        guard position + text.count <= bytes.count else { return false }
        for index in 1..<text.count where bytes[position + index] != text[index] { return false }
        return true
    }

    /// True when the last token ends where this one begins, so that both may be one name.
    func touches(_ token: Token?) -> Bool {
        guard let token else { return false }
        return Int(token.range.end) == position
    }
}

// MARK: - Comments

extension Tokenizer {
    private mutating func minus() throws(SQLError) {
        guard peek(1) == UInt8(ascii: "-") else { return try mark() }
        lineComment(markLength: 2)
    }

    private mutating func hash() throws(SQLError) {
        guard traits.hashIsComment else { return try mark() }
        lineComment(markLength: 1)
    }

    private mutating func lineComment(markLength: Int) {
        let start = position
        position += markLength
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        keepComment(from: start, text: (start + markLength)..<position, isLine: true)
    }

    private mutating func slash() throws(SQLError) {
        guard peek(1) == UInt8(ascii: "*") else { return try mark() }
        let start = position
        position += 2
        var depth = 1
        while depth > 0 {
            guard position + 1 < bytes.count else {
                position = bytes.count
                throw error("A comment that is not closed.", at: start)
            }
            if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else if traits.commentsNest, bytes[position] == UInt8(ascii: "/"),
                bytes[position + 1] == UInt8(ascii: "*")
            {
                depth += 1
                position += 2
            } else {
                position += 1
            }
        }
        keepComment(from: start, text: (start + 2)..<(position - 2), isLine: false)
    }

    private mutating func keepComment(from start: Int, text: Range<Int>, isLine: Bool) {
        guard options.comments else { return }
        var text = text
        while let last = text.last, bytes[last] <= 32 { text = text.lowerBound..<last }
        while let first = text.first, bytes[first] <= 32 { text = (first + 1)..<text.upperBound }
        comments.append(
            Comment(
                text: String(decoding: bytes[text], as: UTF8.self), isLine: isLine,
                range: SourceRange(start: UInt32(start), end: UInt32(position))))
    }
}
