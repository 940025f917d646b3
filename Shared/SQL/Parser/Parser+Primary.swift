// What an expression begins with: prefix operators, literals, names, things in parentheses, words with a syntax of
// their own.

extension Parser {
    enum ParenthesizedContent {
        case query(Query)
        /// One or more.
        case expressions([Expression])
    }

    mutating func operand() throws(SQLError) -> Expression {
        let start = token.range.start
        switch token.kind {
        case .word:
            // Behind a dash such a word may go on with a table's name; here it follows a minus.
            guard !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[Int(start)]) else {
                throw error("A number runs into a name; put a space between them, or quote the name.")
            }
            return try wordOperand(start)
        case .quotedName: return try path(start)
        case .integerLiteral, .decimalLiteral: return try number(start)
        case .stringLiteral: return .literal(Literal(value: .string(try strings()), info: info(from: start)))
        case .bytesLiteral:
            var value = try bytesValue(token)
            advance()
            while at(.bytesLiteral) {
                value += try bytesValue(token)
                advance()
            }
            return .literal(Literal(value: .bytes(value), info: info(from: start)))
        case .bits, .hexBits:
            let value = try bitsValue()
            advance()
            return .literal(Literal(value: .bits(value), info: info(from: start)))
        case .leftParenthesis: return try parenthesizedOperand(start)
        case .parameter: return .parameter(try parameter())
        case .placeholder: return .placeholder(try placeholder())
        case .leftBracket where grammar.bracketsAreArrays: return try bracketArray(start, type: nil, hasKeyword: false)
        case .star:
            advance()
            return .star(try star(start, qualifier: []))
        case .symbol: return try symbolicPrefix(start)
        default:
            guard let found = operators.unary(token.kind) else {
                // PostgreSQL takes any operator before an operand; what it means there is a schema's affair.
                if grammar.anyTypeBeforeString, operators.binary(token.kind) != nil, mayBePrefix(token) {
                    return try symbolicPrefix(start)
                }
                throw unexpected("an expression")
            }
            advance()
            // A further prefix binds as it stands; what follows at this level is about the whole.
            let operand = try expression(above: found.level)
            return .unary(UnaryOperation(operation: found.operation, operand: operand, info: info(from: start)))
        }
    }

    /// Operators that are no more than signs between operands.
    private func mayBePrefix(_ token: Token) -> Bool {
        switch token.kind {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .slash, .percentSign, .caret: false
        default: true
        }
    }

    /// String tokens up to the last that is joined: in PostgreSQL those with a line break between them, in GoogleSQL
    /// all side by side.
    @inline(never)
    mutating func strings() throws(SQLError) -> String {
        guard at(.stringLiteral) else { throw unexpected("a string") }
        var value = try escapedString()
        var end = Int(lastEnd)
        while token.kind == .stringLiteral,
            grammar.stringsJoinOnALine || bytes[end..<Int(token.range.start)].contains(UInt8(ascii: "\n"))
        {
            value += try escapedString()
            end = Int(lastEnd)
        }
        return value
    }

    /// One string token, with the UESCAPE that tells what marks its escapes.
    private mutating func escapedString() throws(SQLError) -> String {
        let taken = token
        advance()
        guard bytes[Int(taken.range.start)] | 0x20 == UInt8(ascii: "u") else { return try stringValue(taken) }
        return try stringValue(taken, escape: unicodeEscape())
    }

    /// The character behind UESCAPE; a backslash without it.
    mutating func unicodeEscape() throws(SQLError) -> UInt8 {
        guard atWord("UESCAPE"), peek(1).kind == .stringLiteral else { return UInt8(ascii: "\\") }
        advance()
        let content = try stringValue(token).utf8
        guard content.count == 1, let mark = content.first, mark < 128, mark != UInt8(ascii: "'"),
            mark != UInt8(ascii: "\""), mark != UInt8(ascii: "+"), mark > 32,
            Character(Unicode.Scalar(mark)).hexDigitValue == nil
        else { throw error("UESCAPE is followed by one character that is no digit, letter A to F, quote or plus.") }
        advance()
        return mark
    }

    private func bitsValue() throws(SQLError) -> String {
        let range = token.range.offsets
        let digits = String(decoding: bytes[(range.lowerBound + 2)..<(range.upperBound - 1)], as: UTF8.self)
        if token.kind == .bits {
            guard digits.utf8.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }) else {
                throw error("A bit string holds only 0 and 1.")
            }
            return digits
        }
        var bits = ""
        for digit in digits {
            guard let value = digit.hexDigitValue else { throw error("A hexadecimal bit string holds only 0 to F.") }
            let text = String(value, radix: 2)
            bits += String(repeating: "0", count: 4 - text.utf8.count) + text
        }
        return bits
    }

    @inline(never)
    mutating func parameter() throws(SQLError) -> Parameter {
        let taken = token
        // By bytes: a mark that combines with the sign before it is the name's own.
        let name = text(taken).utf8
        advance()
        let kind: Parameter.Kind
        if name.first == UInt8(ascii: "?") {
            kind = .anonymous
        } else if name.first == UInt8(ascii: "$") {
            guard let number = Int(Substring(name.dropFirst())) else {
                throw error("A parameter's number is too large.", at: taken.range)
            }
            kind = .numbered(number)
        } else if name.starts(with: "@@".utf8) {
            kind = .system(String(Substring(name.dropFirst(2))))
        } else {
            kind = .named(String(Substring(name.dropFirst())))
        }
        return Parameter(kind: kind, info: NodeInfo(range: taken.range))
    }

    @inline(never)
    mutating func placeholder() throws(SQLError) -> Placeholder {
        let taken = token
        let name = text(taken).utf8.dropFirst()
        advance()
        let info = NodeInfo(range: taken.range)
        if name.first == UInt8(ascii: "{") {
            return Placeholder(name: String(Substring(name.dropFirst().dropLast())), braced: true, info: info)
        }
        guard let open = name.firstIndex(of: UInt8(ascii: "(")) else {
            return Placeholder(name: String(Substring(name)), info: info)
        }
        let arguments = name[name.index(after: open)...].dropLast()
        return Placeholder(
            name: String(Substring(name[..<open])), arguments: String(Substring(arguments)), info: info)
    }

    // MARK: Parentheses

    /// From the opening to the closing parenthesis.
    mutating func parenthesizedContent() throws(SQLError) -> ParenthesizedContent {
        try expect(.leftParenthesis, "(")
        let start = token.range.start
        if beginsQuery() {
            let query = try nested { parser throws(SQLError) in try parser.query() }
            try expect(.rightParenthesis, ")")
            return .query(query)
        }
        var first: Expression
        if at(.leftParenthesis) {
            // `((SELECT 1) UNION …)` is a query, `((SELECT 1) + 1)` is none: the inner parentheses come first.
            let inner = try nested { parser throws(SQLError) in try parser.parenthesizedContent() }
            switch inner {
            case .query(let query):
                if let whole = try continueQuery(query, from: start) {
                    try expect(.rightParenthesis, ")")
                    return .query(whole)
                }
                first = .subquery(Subquery(query: query, info: info(from: start)))
            case .expressions(let values): first = single(values, from: start)
            }
            first = try operations(on: first, from: start, above: 0)
        } else {
            first = try expression()
        }
        var values = [first]
        while takeSeparator() { values.append(try expression()) }
        try expect(.rightParenthesis, ")")
        return .expressions(values)
    }

    func single(_ values: [Expression], from start: UInt32) -> Expression {
        if values.count == 1 { return values[0] }
        return .row(
            RowConstructor(kind: .tuple, fields: values.map { SelectItem(value: $0) }, info: info(from: start)))
    }

    @inline(never)
    private mutating func parenthesizedOperand(_ start: UInt32) throws(SQLError) -> Expression {
        switch try parenthesizedContent() {
        case .query(let query): return .subquery(Subquery(query: query, info: info(from: start)))
        case .expressions(let values): return single(values, from: start)
        }
    }

    /// True at a word that begins a query.
    func beginsQuery() -> Bool {
        switch token.keyword {
        case .select: true
        // Without a parenthesis it is a name.
        case .values: peek(1).kind == .leftParenthesis
        // `WITH(a AS 1, a + 1)` is an expression of GoogleSQL.
        case .with: peek(1).kind != .leftParenthesis
        // In GoogleSQL it is a name like others.
        case .table: words.reserved.contains(.table) && (peek(1).kind == .word || peek(1).kind == .quotedName)
        case .from: grammar.hasPipes
        default: at(.placeholder) && continuesQuery(peek(1).keyword)
        }
    }

    /// Words behind a placeholder that make a query of it.
    private func continuesQuery(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .union, .intersect, .except, .order, .limit, .offset, .fetch: true
        default: false
        }
    }

    // MARK: Access

    /// `[…]` behind an operand.
    @inline(never)
    mutating func subscripted(_ operand: Expression, from start: UInt32) throws(SQLError) -> Expression {
        // In `(x[1])[2]` the second subscript is about another array than the first.
        var standsAlone = false
        if case .subscripted = operand, index > 0, tokens[index - 1].kind == .rightParenthesis { standsAlone = true }
        let position = try position()
        return .subscripted(
            SubscriptAccess(operand: operand, position: position, standsAlone: standsAlone, info: info(from: start)))
    }

    /// What stands between brackets, and these.
    @inline(never)
    mutating func position() throws(SQLError) -> SubscriptAccess.Position {
        try expect(.leftBracket, "[")
        let position: SubscriptAccess.Position
        if take(.colon) {
            position = .slice(nil, at(.rightBracket) ? nil : try expression())
        } else if let access = try arrayAccess() {
            position = access
        } else {
            let index = try expression()
            if take(.colon) {
                position = .slice(index, at(.rightBracket) ? nil : try expression())
            } else {
                position = .index(index)
            }
        }
        try expect(.rightBracket, "]")
        return position
    }

    /// GoogleSQL's `OFFSET(i)`, `SAFE_ORDINAL(i)` and the like between brackets.
    private mutating func arrayAccess() throws(SQLError) -> SubscriptAccess.Position? {
        guard grammar.subscriptsSayBase, token.kind == .word, peek(1).kind == .leftParenthesis else { return nil }
        let word = upper(token)
        let safe = word.hasPrefix("SAFE_")
        switch safe ? String(word.dropFirst(5)) : word {
        case "OFFSET":
            advance()
            return .offset(try parenthesized { parser throws(SQLError) in try parser.expression() }, safe: safe)
        case "ORDINAL":
            advance()
            return .ordinal(try parenthesized { parser throws(SQLError) in try parser.expression() }, safe: safe)
        case "KEY":
            advance()
            return .key(try parenthesized { parser throws(SQLError) in try parser.expression() }, safe: safe)
        default: return nil
        }
    }

    /// `.field` or `.*` behind an operand.
    @inline(never)
    mutating func fieldAccess(_ operand: Expression, from start: UInt32) throws(SQLError) -> Expression {
        try expect(.dot, ".")
        if at(.star) {
            let range = token.range
            advance()
            let field = Identifier("*", range: range)
            return .field(FieldAccess(operand: operand, field: field, info: info(from: start)))
        }
        let field = try label("a field")
        return .field(FieldAccess(operand: operand, field: field, info: info(from: start)))
    }

    /// What follows the `*` of a select list or of COUNT.
    @inline(never)
    mutating func star(_ start: UInt32, qualifier: [Identifier]) throws(SQLError) -> Star {
        var star = Star(qualifier: qualifier)
        if at(.except), peek(1).kind == .leftParenthesis, grammar.starsMayExcept {
            advance()
            star.except = try nameList()
        }
        if at(.replace), peek(1).kind == .leftParenthesis {
            advance()
            star.replace = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.selectItem() }
            }
        }
        star.info = info(from: start)
        return star
    }

    @inline(never)
    private mutating func number(_ start: UInt32) throws(SQLError) -> Expression {
        let digits = try digits(of: text(token))
        let value: Literal.Value = token.kind == .integerLiteral ? .integer(digits) : .decimal(digits)
        advance()
        return .literal(Literal(value: value, info: info(from: start)))
    }

    /// The digits of a number: `1_000` and `0b1111` as a decimal number, all others as they are.
    private func digits(of text: String) throws(SQLError) -> String {
        guard dialect.traits.lexical.numbersHaveForms else { return text }
        let digits = text.utf8.contains(UInt8(ascii: "_")) ? text.replacing("_", with: "") : text
        let isBinary = digits.hasPrefix("0b") || digits.hasPrefix("0B")
        guard isBinary || digits.hasPrefix("0o") || digits.hasPrefix("0O") else { return digits }
        guard let value = UInt64(digits.dropFirst(2), radix: isBinary ? 2 : 8) else {
            throw error("A number of more than 64 bits; write it in decimal digits.")
        }
        return "\(value)"
    }

    // MARK: Arrays

    /// From the opening bracket on.
    @inline(never)
    mutating func bracketArray(_ start: UInt32, type: DataType?, hasKeyword: Bool) throws(SQLError) -> Expression {
        try expect(.leftBracket, "[")
        var elements: [Expression] = []
        if !at(.rightBracket) {
            elements = try list { parser throws(SQLError) in
                // The inner brackets of PostgreSQL's arrays of arrays.
                guard parser.at(.leftBracket), !parser.grammar.bracketsAreArrays else { return try parser.expression() }
                let start = parser.token.range.start
                return try parser.nested { parser throws(SQLError) in
                    try parser.bracketArray(start, type: nil, hasKeyword: false)
                }
            }
        }
        try expect(.rightBracket, "]")
        return .array(
            ArrayConstructor(
                content: .elements(elements), elementType: type, hasKeyword: Spelling(hasKeyword),
                info: info(from: start)))
    }
}
