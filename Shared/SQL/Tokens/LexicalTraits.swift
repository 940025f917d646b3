/// What a dialect's text looks like: how names, strings and comments are quoted, and which operators there are.
struct LexicalTraits: Sendable {
    /// What a byte that begins a token may begin.
    enum ByteClass: UInt8, Sendable {
        case invalid, space, word, digit, `operator`
        case singleQuote, doubleQuote, backtick
        /// Letters that may stand before a quote: `e'…'`, `r'…'`.
        case prefix
        case dot, dollar, at, colon, question, hash
        case minus, slash
    }

    /// What a prefix before a quote makes of a string.
    struct StringPrefix: Sendable {
        var letters: [UInt8]
        var kind: TokenKind
        /// Whether a backslash in it takes the next character's meaning away, at least the quote's.
        var hasEscapes: Bool
    }

    /// An operator's spelling, longest first among those of one first byte.
    struct OperatorText: Sendable {
        var bytes: [UInt8]
        var kind: TokenKind
    }

    var classes: [ByteClass]
    var operators: [[OperatorText]]
    var prefixes: [StringPrefix]
    /// A double quote opens a string rather than a name.
    var doubleQuoteIsString: Bool
    /// Backticks quote names.
    var backtickIsName: Bool
    /// `'a\'b'`: escapes in plain strings; otherwise a quote is doubled.
    var plainStringsHaveEscapes: Bool
    /// A quote within a string is written twice.
    var quotesAreDoubled: Bool
    /// `"""…"""`.
    var hasTripleQuotes: Bool
    /// `$tag$…$tag$`, and `$1`.
    var hasDollarQuotes: Bool
    /// `#` begins a comment.
    var hashIsComment: Bool
    /// `/* /* */ */` is one comment.
    var commentsNest: Bool
    /// `@name` and `@@name` are parameters.
    var atIsParameter: Bool
    /// `?` is a parameter.
    var questionIsParameter: Bool
    /// `my-project.dataset.table`.
    var namesMayHaveDashes: Bool
    /// Any characters of operators side by side are one operator, whether it is known or not.
    var operatorsAreRuns: Bool
    /// The characters that operators are made of.
    var runBytes: [Bool]
    /// The number after which digits may go on as a name: `dataset.2026_events`.
    var namesAfterDotsMayBeginWithDigits: Bool

    /// `1_000`, `0o17` and `0b11` are numbers.
    var numbersHaveForms: Bool

    init(
        operators texts: [(String, TokenKind)], prefixes: [StringPrefix], doubleQuoteIsString: Bool,
        backtickIsName: Bool, plainStringsHaveEscapes: Bool, quotesAreDoubled: Bool, hasTripleQuotes: Bool,
        hasDollarQuotes: Bool, hashIsComment: Bool, commentsNest: Bool, atIsParameter: Bool, questionIsParameter: Bool,
        namesMayHaveDashes: Bool, namesAfterDotsMayBeginWithDigits: Bool, operatorsAreRuns: Bool,
        numbersHaveForms: Bool
    ) {
        self.operatorsAreRuns = operatorsAreRuns
        runBytes = Array(repeating: false, count: 256)
        for byte in "+-*/<>=~!@#%^&|`?".utf8 { runBytes[Int(byte)] = true }
        self.prefixes = prefixes
        self.doubleQuoteIsString = doubleQuoteIsString
        self.backtickIsName = backtickIsName
        self.plainStringsHaveEscapes = plainStringsHaveEscapes
        self.quotesAreDoubled = quotesAreDoubled
        self.hasTripleQuotes = hasTripleQuotes
        self.hasDollarQuotes = hasDollarQuotes
        self.hashIsComment = hashIsComment
        self.commentsNest = commentsNest
        self.atIsParameter = atIsParameter
        self.questionIsParameter = questionIsParameter
        self.numbersHaveForms = numbersHaveForms
        self.namesMayHaveDashes = namesMayHaveDashes
        self.namesAfterDotsMayBeginWithDigits = namesAfterDotsMayBeginWithDigits
        operators = Array(repeating: [], count: 256)
        for (text, kind) in texts.sorted(by: { $0.0.utf8.count > $1.0.utf8.count }) {
            operators[Int(text.utf8.first ?? 0)].append(OperatorText(bytes: Array(text.utf8), kind: kind))
        }
        classes = Array(repeating: .invalid, count: 256)
        for byte in 0...255 where !operators[byte].isEmpty { classes[byte] = .operator }
        for byte in [9, 10, 11, 12, 13, 32] { classes[byte] = .space }
        for byte in 0x80...0xFF { classes[byte] = .word }
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") {
            classes[Int(byte)] = .word
            classes[Int(byte - 32)] = .word
        }
        classes[Int(UInt8(ascii: "_"))] = .word
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { classes[Int(byte)] = .digit }
        for prefix in prefixes {
            guard let letter = prefix.letters.first else { continue }
            classes[Int(letter)] = .prefix
            classes[Int(letter - 32)] = .prefix
        }
        let marks: [(Character, ByteClass)] = [
            ("'", .singleQuote), ("\"", .doubleQuote), (".", .dot), ("$", .dollar), ("@", .at), (":", .colon),
            ("?", .question), ("#", .hash), ("-", .minus), ("/", .slash),
        ]
        for (mark, byteClass) in marks { classes[Int(mark.asciiValue ?? 0)] = byteClass }
        if backtickIsName { classes[Int(UInt8(ascii: "`"))] = .backtick }
        if operatorsAreRuns {
            for byte in 0...255 where runBytes[byte] && classes[byte] == .invalid { classes[byte] = .operator }
        }
        if !hasDollarQuotes { classes[Int(UInt8(ascii: "$"))] = .invalid }
    }
}

extension LexicalTraits {
    private static let commonOperators: [(String, TokenKind)] = [
        ("(", .leftParenthesis), (")", .rightParenthesis), ("[", .leftBracket), ("]", .rightBracket),
        ("{", .leftBrace), ("}", .rightBrace), (",", .comma), (";", .semicolon), (".", .dot), (":", .colon),
        ("=>", .arrow), ("|>", .pipe), ("=", .equal), ("!=", .notEqual), ("<>", .notEqual), ("<", .less),
        ("<=", .lessOrEqual), (">", .greater), (">=", .greaterOrEqual), ("+", .plus), ("-", .minus), ("*", .star),
        ("/", .slash), ("%", .percentSign), ("^", .caret), ("&", .ampersand), ("|", .bar), ("~", .tilde),
        ("<<", .shiftLeft), (">>", .shiftRight), ("||", .doubleBar), ("@", .atSign), ("?", .question),
    ]

    static let postgres = LexicalTraits(
        operators: commonOperators + [
            ("::", .doubleColon), (":=", .colonEqual), ("#", .hashSign), ("->", .jsonField), ("->>", .jsonText),
            ("#>", .jsonPath), ("#>>", .jsonPathText), ("@>", .containsMark), ("<@", .containedBy),
            ("&&", .overlapMark),
            ("?|", .hasAnyKey), ("?&", .hasAllKeys), ("#-", .deletePath), ("@?", .pathExists), ("@@", .pathMatches),
            ("~*", .matchesIgnoringCase), ("!~", .notMatches), ("!~*", .notMatchesIgnoringCase), ("|/", .squareRoot),
            ("||/", .cubeRoot), ("-|-", .adjacent), ("<->", .distance), ("^@", .startsWith), ("&<", .notRightOf),
            ("&>", .notLeftOf),
        ],
        prefixes: [
            StringPrefix(letters: Array("e".utf8), kind: .stringLiteral, hasEscapes: true),
            StringPrefix(letters: Array("n".utf8), kind: .stringLiteral, hasEscapes: false),
            StringPrefix(letters: Array("u&".utf8), kind: .stringLiteral, hasEscapes: false),
            StringPrefix(letters: Array("b".utf8), kind: .bits, hasEscapes: false),
            StringPrefix(letters: Array("x".utf8), kind: .hexBits, hasEscapes: false),
        ],
        doubleQuoteIsString: false, backtickIsName: false, plainStringsHaveEscapes: false, quotesAreDoubled: true,
        hasTripleQuotes: false, hasDollarQuotes: true, hashIsComment: false, commentsNest: true, atIsParameter: false,
        questionIsParameter: false, namesMayHaveDashes: false, namesAfterDotsMayBeginWithDigits: false,
        operatorsAreRuns: true, numbersHaveForms: true)

    static let bigQuery = LexicalTraits(
        operators: commonOperators,
        prefixes: [
            StringPrefix(letters: Array("rb".utf8), kind: .bytesLiteral, hasEscapes: true),
            StringPrefix(letters: Array("br".utf8), kind: .bytesLiteral, hasEscapes: true),
            StringPrefix(letters: Array("r".utf8), kind: .stringLiteral, hasEscapes: true),
            StringPrefix(letters: Array("b".utf8), kind: .bytesLiteral, hasEscapes: true),
        ],
        doubleQuoteIsString: true, backtickIsName: true, plainStringsHaveEscapes: true, quotesAreDoubled: false,
        hasTripleQuotes: true, hasDollarQuotes: false, hashIsComment: true, commentsNest: false, atIsParameter: true,
        questionIsParameter: true, namesMayHaveDashes: true, namesAfterDotsMayBeginWithDigits: true,
        operatorsAreRuns: false, numbersHaveForms: false)
}
