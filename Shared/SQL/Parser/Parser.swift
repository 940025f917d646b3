/// Makes trees of tokens, looking one token ahead, a few at the most. It never goes back.
///
/// Invariant: `height` is at least the height of the tallest tree made at the present level of nesting, and no tree
/// grows higher than `depthMax`, so that whoever walks a tree may do it by recursion.
struct Parser {
    let bytes: UnsafeBufferPointer<UInt8>
    let tokens: UnsafeBufferPointer<Token>
    let dialect: SQLDialect
    let words: WordTraits
    let operators: OperatorTraits
    let grammar: GrammarTraits
    let depthMax: Int
    /// See ``ParseOptions/forgives``.
    let forgives: Bool
    /// What was forgiven.
    var corrections: [SQLCorrection] = []
    /// The lowest address that the stack may reach; it grows towards 0.
    private let stackEnd: UInt
    var index = 0
    var token: Token
    /// The end of the last token that was taken.
    var lastEnd: UInt32 = 0
    /// Levels of nesting above the present one.
    var depth = 0
    var height = 0
    /// Closing angle brackets of which the token `>>` has already given one.
    var holdsHalfShift = false
    /// In the order of the text; empty when they are not kept.
    var comments: [Comment] = []
    /// Errors are collected rather than thrown, as far as that is safe.
    var isRecovering = false
    /// Those collected, in the order of the text.
    var errors: [SQLError] = []

    init(
        bytes: UnsafeBufferPointer<UInt8>, tokens: UnsafeBufferPointer<Token>, dialect: SQLDialect,
        options: ParseOptions
    ) {
        self.bytes = bytes
        self.tokens = tokens
        self.dialect = dialect
        words = dialect.traits.words
        operators = dialect.traits.operators
        grammar = dialect.traits.grammar
        depthMax = options.depthMax
        forgives = options.forgives
        let here = Parser.stackPointer()
        stackEnd = here > UInt(max(options.stackMax, 0)) ? here - UInt(max(options.stackMax, 0)) : 0
        token = tokens[0]
    }

    // MARK: Moving

    @inline(__always)
    mutating func advance() {
        lastEnd = token.range.end
        if index + 1 < tokens.count { index += 1 }
        token = tokens[index]
    }

    /// The token `distance` further on; the end of the text beyond it.
    @inline(__always)
    func peek(_ distance: Int) -> Token {
        tokens[min(index + distance, tokens.count - 1)]
    }

    @inline(__always) func at(_ kind: TokenKind) -> Bool { token.kind == kind }
    @inline(__always) func at(_ keyword: Keyword) -> Bool { token.keyword == keyword }

    /// True when the next tokens are these keywords.
    func at(_ first: Keyword, _ second: Keyword) -> Bool { at(first) && peek(1).keyword == second }

    @inline(__always)
    mutating func take(_ kind: TokenKind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    @inline(__always)
    mutating func take(_ keyword: Keyword) -> Bool {
        guard token.keyword == keyword else { return false }
        advance()
        return true
    }

    /// Takes both keywords or neither.
    mutating func take(_ first: Keyword, _ second: Keyword) -> Bool {
        guard at(first, second) else { return false }
        advance()
        advance()
        return true
    }

    mutating func expect(_ kind: TokenKind, _ name: String) throws(SQLError) {
        guard take(kind) else { throw unexpected(name) }
    }

    mutating func expect(_ keyword: Keyword) throws(SQLError) {
        guard take(keyword) else { throw unexpected(keyword.text.uppercased()) }
    }

    // MARK: Places and errors

    /// From `start` to the last token taken.
    @inline(__always)
    func info(from start: UInt32) -> NodeInfo { NodeInfo(range: SourceRange(start: start, end: lastEnd)) }

    /// The present token cannot stand where it does.
    func unexpected(_ expected: String...) -> SQLError { unexpected(expected) }

    func unexpected(_ expected: [String]) -> SQLError {
        let what: String
        if token.kind == .endOfText {
            what = "The text ends too early."
        } else {
            let shown = token.range.offsets.prefix(40)
            what = "`\(String(decoding: bytes[shown], as: UTF8.self))` cannot stand here."
        }
        return SQLError(.syntax, what, expected: expected, at: token.range)
    }

    func error(_ message: String, at range: SourceRange? = nil) -> SQLError {
        SQLError(.syntax, message, at: range ?? token.range)
    }

    func attachComments(to statements: inout [Statement]) throws(SQLError) {
        try CommentAttachment.attach(comments, to: &statements, bytes: bytes, tokens: tokens)
    }

    // MARK: Depth

    /// An address in the present frame of the stack.
    @inline(__always)
    private static func stackPointer() -> UInt {
        var mark: UInt8 = 0
        return withUnsafeMutablePointer(to: &mark) { UInt(bitPattern: $0) }
    }

    /// True when one more level fits, both into the tree and on the stack.
    @inline(__always)
    func hasRoom() -> Bool { depth < depthMax && Parser.stackPointer() > stackEnd }

    /// Makes what `body` makes, one level deeper.
    @inline(__always)
    mutating func nested<Result>(
        _ body: (inout Parser) throws(SQLError) -> Result
    ) throws(SQLError) -> Result {
        guard hasRoom() else { throw tooDeep() }
        let outer = height
        depth += 1
        height = 0
        let result = try body(&self)
        depth -= 1
        height = max(outer, height + 1)
        if height > depthMax { throw tooDeep() }
        return result
    }

    /// The tree at hand becomes part of one that is higher by one.
    @inline(__always)
    mutating func grow() throws(SQLError) {
        height += 1
        if height > depthMax { throw tooDeep() }
    }

    func tooDeep() -> SQLError {
        SQLError(
            .tooDeep, "This nests too deep, here at level \(max(depth, height)). Break it up, for instance with WITH.",
            at: token.range)
    }

    // MARK: Lists

    /// One or more, separated by commas.
    @inline(__always)
    mutating func list<Element>(
        _ element: (inout Parser) throws(SQLError) -> Element
    ) throws(SQLError) -> [Element] {
        var elements = [try element(&self)]
        while takeSeparator() { elements.append(try element(&self)) }
        return elements
    }

    /// In parentheses.
    mutating func parenthesized<Result>(
        _ body: (inout Parser) throws(SQLError) -> Result
    ) throws(SQLError) -> Result {
        try expect(.leftParenthesis, "(")
        let result = try body(&self)
        try expect(.rightParenthesis, ")")
        return result
    }
}
