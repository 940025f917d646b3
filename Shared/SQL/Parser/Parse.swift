/// How text is read.
public struct ParseOptions: Sendable, Hashable {
    /// Reads `@name`, `@{name}` and `@name(…)` as holes for the template layer, not as parameters or operators.
    public var placeholders: Bool
    /// Reads slips that SQLGlot forgives, and says what would be right: see ``SQLCorrection``.
    public var forgives: Bool
    /// Keeps comments with the nodes they stand next to.
    public var comments: Bool
    /// How deep expressions and queries may nest.
    public var depthMax: Int
    /// How many bytes of the stack parsing may take, so that a text that nests deep is an error on any thread. What
    /// goes through the tree later takes less.
    public var stackMax: Int

    /// Fits threads with 512 KiB of stack in a release build. Debug builds have frames of four times the size, and
    /// assume a thread with 8 MiB.
    public static let stackMaxDefault = _isDebugAssertConfiguration() ? 9 << 19 : 352 << 10

    public init(
        placeholders: Bool = false, forgives: Bool = false, comments: Bool = true, depthMax: Int = 150,
        stackMax: Int = ParseOptions.stackMaxDefault
    ) {
        self.placeholders = placeholders
        self.forgives = forgives
        self.comments = comments
        self.depthMax = depthMax
        self.stackMax = stackMax
    }
}

/// Reads all statements of a text.
/// - Throws: The first thing that is wrong.
public func parseStatements(
    _ text: String, dialect: SQLDialect, options: ParseOptions = ParseOptions()
) throws(SQLError) -> [Statement] {
    try parsing(text, dialect, options) { parser throws(SQLError) in try parser.script() }
}

/// What of a script could be read, and everything that is wrong with it.
public struct ParsedScript: Sendable {
    /// Those without a mistake, in the order of the text.
    public let statements: [Statement]
    /// Behind so many errors nothing more is read: the text is not SQL of the dialect.
    public static let errorsMax = 100

    /// In the order of the text, each with its place; empty when all could be read.
    public let errors: [SQLError]
}

/// Reads all statements of a text and goes on behind mistakes: for editors, which show all of them.
///
/// Each mistake is reported once: what stands behind it up to the next item of its list, clause of its query, or
/// statement is not looked at. A statement with a mistake in it is left out.
public func parseScript(
    _ text: String, dialect: SQLDialect, options: ParseOptions = ParseOptions()
) -> ParsedScript {
    var found: [SQLError] = []
    do throws(SQLError) {
        let statements = try parsing(text, dialect, options, recovering: true) { parser throws(SQLError) in
            let statements = try parser.script()
            found = parser.errors
            return statements
        }
        let errors = found.sorted { $0.range.start < $1.range.start }.prefix(ParsedScript.errorsMax)
            .map { $0.placed(in: text) }
        return ParsedScript(statements: statements, errors: errors)
    } catch {
        return ParsedScript(statements: [], errors: [error])
    }
}

/// Reads a text that is one query, with or without a semicolon behind it.
public func parseQuery(
    _ text: String, dialect: SQLDialect, options: ParseOptions = ParseOptions()
) throws(SQLError) -> Query {
    try parsing(text, dialect, options) { parser throws(SQLError) in try parser.wholeQuery() }
}

extension Parser {
    /// A query up to the end of the text.
    fileprivate mutating func wholeQuery() throws(SQLError) -> Query {
        let query = try query()
        while take(.semicolon) {}
        guard at(.endOfText) else { throw unexpected("the end of the query") }
        if comments.isEmpty { return query }
        var statements = [Statement.query(query)]
        try attachComments(to: &statements)
        if case .query(let commented)? = statements.first { return commented }
        return query
    }
}

/// Reads a text that is one expression.
public func parseExpression(
    _ text: String, dialect: SQLDialect, options: ParseOptions = ParseOptions()
) throws(SQLError) -> Expression {
    try parsing(text, dialect, options) { parser throws(SQLError) in
        let expression = try parser.expression()
        guard parser.at(.endOfText) else { throw parser.unexpected("the end of the expression") }
        return expression
    }
}

/// What makes proper SQL of a text that was written for SQLGlot, in the order of the text; empty where it is that already.
///
/// A comma with nothing behind it, `==`, and names of types that other dialects have are corrected. Nothing else is: an
/// error says what a database would refuse.
public func corrections(of text: String, dialect: SQLDialect) throws(SQLError) -> [SQLCorrection] {
    let options = ParseOptions(forgives: true, comments: false)
    return try parsing(text, dialect, options) { parser throws(SQLError) in
        _ = try parser.script()
        return parser.corrections.sorted { $0.range.start < $1.range.start }
    }
}

/// Reads a text that is one query, together with what makes proper SQL of it: see ``corrections(of:dialect:)``.
public func parseForgivingQuery(
    _ text: String, dialect: SQLDialect
) throws(SQLError) -> (query: Query, corrections: [SQLCorrection]) {
    try parsing(text, dialect, ParseOptions(forgives: true)) { parser throws(SQLError) in
        let query = try parser.wholeQuery()
        return (query, parser.corrections.sorted { $0.range.start < $1.range.start })
    }
}

/// Cuts a text into tokens, each with its place.
public func tokenize(
    _ text: String, dialect: SQLDialect, options: ParseOptions = ParseOptions()
) throws(SQLError) -> TokenList {
    try withBytes(of: text) { bytes throws(SQLError) in
        var tokenizer = Tokenizer(bytes, traits: dialect.traits.lexical, options: options)
        try tokenizer.run()
        return TokenList(tokens: tokenizer.tokens, comments: tokenizer.comments)
    }
}

/// Runs `body` on a parser of the text, and gives errors their place in it.
private func parsing<Result>(
    _ text: String, _ dialect: SQLDialect, _ options: ParseOptions, recovering: Bool = false,
    _ body: (inout Parser) throws(SQLError) -> Result
) throws(SQLError) -> Result {
    try withBytes(of: text) { bytes throws(SQLError) in
        var tokenizer = Tokenizer(bytes, traits: dialect.traits.lexical, options: options)
        tokenizer.isRecovering = recovering
        try tokenizer.run()
        return try tokenizer.tokens.withUnsafeBufferPointer { tokens throws(SQLError) in
            var parser = Parser(bytes: bytes, tokens: tokens, dialect: dialect, options: options)
            parser.comments = tokenizer.comments
            parser.isRecovering = recovering
            parser.errors = tokenizer.errors
            parser.corrections = tokenizer.corrections
            return try body(&parser)
        }
    }
}

/// The text's bytes, which are one stretch of memory for as long as `body` runs.
private func withBytes<Value>(
    of text: String, _ body: (UnsafeBufferPointer<UInt8>) throws(SQLError) -> Value
) throws(SQLError) -> Value {
    var text = text
    let result = text.withUTF8 { bytes -> Result<Value, SQLError> in
        do throws(SQLError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    switch result {
    case .success(let value): return value
    case .failure(let error): throw error.placed(in: text)
    }
}
