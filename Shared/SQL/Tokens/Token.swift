/// A word, literal, operator or mark of SQL text.
public struct Token: Sendable, Hashable {
    public let kind: TokenKind
    /// The keyword that a word spells, whatever its case; `Keyword.notKeyword` for other words and tokens.
    public let keyword: Keyword
    public let range: SourceRange

    init(kind: TokenKind, keyword: Keyword = .notKeyword, start: Int, end: Int) {
        self.kind = kind
        self.keyword = keyword
        range = SourceRange(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }
}

/// What a token is.
public enum TokenKind: UInt8, Sendable, Hashable {
    /// An unquoted name or keyword.
    case word
    /// A name in quotes.
    case quotedName
    case stringLiteral
    case bytesLiteral
    /// `B'01'` and `X'1F'` of PostgreSQL.
    case bits, hexBits
    case integerLiteral, decimalLiteral
    /// `$1`, `?`, `@name`, `@@name`, `:name`: a value given beside the text.
    case parameter
    /// `@name`, `@{name}` and `@name(…)` with everything up to the closing parenthesis: filled by the template layer.
    case placeholder

    case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, semicolon, dot, colon, doubleColon, arrow, pipe, atSign, question
    case colonEqual

    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case plus, minus, star, slash, percentSign, caret
    case ampersand, bar, hashSign, tilde, shiftLeft, shiftRight, doubleBar
    case jsonField, jsonText, jsonPath, jsonPathText
    case containsMark, containedBy, overlapMark, hasAnyKey, hasAllKeys, deletePath, pathExists, pathMatches
    case matchesIgnoringCase, notMatches, notMatchesIgnoringCase
    case squareRoot, cubeRoot, adjacent, distance, startsWith, notRightOf, notLeftOf

    /// An operator of PostgreSQL that has no meaning of its own, such as `~<~`.
    case symbol
    /// What the tokenizer could not read; only where errors are collected.
    case unreadable

    /// The end of the text; empty.
    case endOfText
}

/// The tokens of a text, and what stood between them.
public struct TokenList: Sendable {
    /// In the order of the text; the last is of kind `endOfText`.
    public internal(set) var tokens: ContiguousArray<Token>
    /// In the order of the text.
    public internal(set) var comments: [Comment]
}
