// Expressions that begin with a word.

extension Parser {
    @inline(never)
    mutating func wordOperand(_ start: UInt32) throws(SQLError) -> Expression {
        switch token.keyword {
        case .notKeyword: return try path(start)
        case .null: return constant(.null)
        case .true: return constant(.boolean(true))
        case .false: return constant(.boolean(false))
        case .default: return constant(.default)
        case .case: return try conditional(start)
        case .cast where peek(1).kind == .leftParenthesis: return try cast(start, safe: false)
        case .safe_cast where peek(1).kind == .leftParenthesis: return try cast(start, safe: true)
        case .exists where peek(1).kind == .leftParenthesis: return try exists(start)
        case .not:
            advance()
            let operand = try expression(above: operators.precedence.not)
            return .unary(UnaryOperation(operation: .not, operand: operand, info: info(from: start)))
        case .array: return try array(start)
        case .collation where peek(1).keyword == .for && peek(2).kind == .leftParenthesis:
            return try collationOf(start)
        case .operator where peek(1).kind == .leftParenthesis && grammar.anyTypeBeforeString && !grammar.hasScripts:
            return try symbolicPrefix(start)
        case .with where peek(1).kind == .leftParenthesis && grammar.hasScripts: return try withExpression(start)
        case .collate where peek(1).kind == .leftParenthesis && grammar.hasScripts:
            let name = try takeName()
            return try call(start, qualifier: [], name: name)
        case .row where peek(1).kind == .leftParenthesis: return try row(start, .row)
        // No function of PostgreSQL's can be called that: in parentheses it would be a query.
        case .values where peek(1).kind == .leftParenthesis && words.columnNames.contains(.values):
            throw unexpected("an expression")
        case .struct where grammar.typesHaveAngles: return try structure(start)
        case .interval: return try interval(start)
        case .extract where peek(1).kind == .leftParenthesis: return try extract(start)
        case .substring, .trim, .overlay, .position:
            if peek(1).kind == .leftParenthesis { return try functionWithWords(start) }
            return try path(start)
        case .current_date, .current_time, .current_timestamp, .current_datetime, .localtime, .localtimestamp,
            .current_user, .current_role, .current_catalog, .current_schema, .session_user, .user:
            return try wordFunction(start)
        case .date, .time, .timestamp, .datetime, .json, .numeric, .bignumeric, .decimal, .bigdecimal, .range:
            if let literal = try typedLiteral(start) { return literal }
            return try path(start)
        case .double, .char, .character, .bit, .national, .nchar, .varchar, .boolean, .integer, .int, .bigint,
            .smallint, .real, .float, .dec:
            // GoogleSQL has literals of fewer types.
            guard grammar.anyTypeBeforeString else { return try path(start) }
            if let literal = try typedLiteral(start) { return literal }
            return try path(start)
        default: return try path(start)
        }
    }

    /// `COLLATION FOR (x)` is a way to write a call.
    @inline(never)
    private mutating func collationOf(_ start: UInt32) throws(SQLError) -> Expression {
        advance()
        advance()
        let value = try parenthesized { parser throws(SQLError) in try parser.expression() }
        let call = FunctionCall(
            qualifier: ["pg_catalog"], name: "pg_collation_for", arguments: [Argument(value)], info: info(from: start))
        return .function(call)
    }

    /// GoogleSQL's `WITH(a AS 1, b AS a + 1, a * b)`.
    @inline(never)
    private mutating func withExpression(_ start: UInt32) throws(SQLError) -> Expression {
        var call = FunctionCall(name: Identifier(text(token), range: token.range))
        advance()
        try expect(.leftParenthesis, "(")
        while atName(), peek(1).keyword == .as {
            let name = try takeName()
            advance()
            var argument = Argument(try expression())
            argument.label = .variable(name)
            call.arguments.append(argument)
            try expect(.comma, ",")
        }
        call.arguments.append(Argument(try expression()))
        try expect(.rightParenthesis, ")")
        call.info = info(from: start)
        return .function(call)
    }

    private mutating func constant(_ value: Literal.Value) -> Expression {
        let range = token.range
        advance()
        return .literal(Literal(value: value, info: NodeInfo(range: range)))
    }

    @inline(never)
    private mutating func conditional(_ start: UInt32) throws(SQLError) -> Expression {
        advance()
        var result = Conditional(branches: [])
        if !at(.when) { result.operand = try expression() }
        while at(.when) {
            let branchStart = token.range.start
            advance()
            let condition = try expression()
            try expect(.then)
            let value = try expression()
            result.branches.append(.init(condition: condition, result: value, info: info(from: branchStart)))
        }
        guard !result.branches.isEmpty else { throw unexpected("WHEN") }
        if take(.else) { result.otherwise = try expression() }
        guard take(.end) else { throw unexpected("WHEN", "ELSE", "END") }
        result.info = info(from: start)
        return .conditional(result)
    }

    @inline(never)
    private mutating func cast(_ start: UInt32, safe: Bool) throws(SQLError) -> Expression {
        advance()
        try expect(.leftParenthesis, "(")
        let operand = try expression()
        try expect(.as)
        var cast = Cast(operand: operand, type: try dataType(), safe: safe)
        if take(.format) {
            cast.format = try expression(above: operators.precedence.atTimeZone)
            if at(.at), peek(1).keyword == .time, peek(2).keyword == .zone {
                advance()
                advance()
                advance()
                cast.formatTimeZone = try expression()
            }
        }
        try expect(.rightParenthesis, ")")
        cast.info = info(from: start)
        return .cast(cast)
    }

    @inline(never)
    private mutating func exists(_ start: UInt32) throws(SQLError) -> Expression {
        advance()
        guard case .query(let query) = try nested({ parser throws(SQLError) in try parser.parenthesizedContent() })
        else {
            throw unexpected("a query")
        }
        return .exists(Subquery(query: query, info: info(from: start)))
    }

    /// ARRAY and what may follow it.
    @inline(never)
    private mutating func array(_ start: UInt32) throws(SQLError) -> Expression {
        let next = peek(1).kind
        guard next == .leftBracket || next == .leftParenthesis || next == .less && grammar.typesHaveAngles
        else {
            throw unexpected("an expression")
        }
        advance()
        if next == .leftParenthesis {
            guard case .query(let query) = try nested({ parser throws(SQLError) in try parser.parenthesizedContent() })
            else { throw unexpected("a query") }
            return .array(ArrayConstructor(content: .query(query), info: info(from: start)))
        }
        guard next == .less else { return try bracketArray(start, type: nil, hasKeyword: true) }
        let element = try angleBracketed { parser throws(SQLError) in try parser.dataType() }
        return try bracketArray(start, type: element, hasKeyword: true)
    }

    /// `ROW(…)`, which may be empty.
    @inline(never)
    private mutating func row(_ start: UInt32, _ kind: RowConstructor.Kind) throws(SQLError) -> Expression {
        advance()
        try expect(.leftParenthesis, "(")
        var fields: [SelectItem] = []
        if !at(.rightParenthesis) {
            fields = try list { parser throws(SQLError) in try parser.selectItem() }
        }
        try expect(.rightParenthesis, ")")
        return .row(RowConstructor(kind: kind, fields: fields, info: info(from: start)))
    }

    /// `STRUCT(…)` and `STRUCT<…>(…)`.
    @inline(never)
    private mutating func structure(_ start: UInt32) throws(SQLError) -> Expression {
        switch peek(1).kind {
        case .leftParenthesis: return try row(start, .structure)
        case .less:
            let type = try dataType()
            lastEnd = token.range.start
            try expect(.leftParenthesis, "(")
            var fields: [SelectItem] = []
            if !at(.rightParenthesis) {
                fields = try list { parser throws(SQLError) in SelectItem(value: try parser.expression()) }
            }
            try expect(.rightParenthesis, ")")
            return .row(RowConstructor(kind: .structure, fields: fields, type: type, info: info(from: start)))
        default: return try path(start)
        }
    }

    @inline(never)
    private mutating func interval(_ start: UInt32) throws(SQLError) -> Expression {
        // A function or column of that name.
        if grammar.intervalsAreStrings, peek(1).kind != .stringLiteral,
            !(peek(1).kind == .leftParenthesis && peek(3).kind == .rightParenthesis)
        {
            return try path(start)
        }
        advance()
        var literal = IntervalLiteral(value: .null)
        if grammar.intervalsAreStrings {
            if take(.leftParenthesis) {
                literal.precision = try smallNumber()
                try expect(.rightParenthesis, ")")
            }
            let stringStart = token.range.start
            guard at(.stringLiteral) else { throw unexpected("a string") }
            literal.value = .literal(Literal(value: .string(try strings()), info: info(from: stringStart)))
        } else {
            literal.value = try expression(above: operators.precedence.comparison)
        }
        if let unit = intervalUnit() {
            literal.from = unit
            if unit == "SECOND", at(.leftParenthesis) { literal.precision = try intervalPrecision() }
            if take(.to) {
                guard let last = intervalUnit() else { throw unexpected("a part of a date") }
                literal.to = last
                if last == "SECOND", at(.leftParenthesis) { literal.precision = try intervalPrecision() }
            }
        } else if !grammar.intervalsAreStrings {
            throw unexpected("a part of a date, such as DAY")
        }
        literal.info = info(from: start)
        return .interval(literal)
    }

    private mutating func intervalPrecision() throws(SQLError) -> Int {
        try parenthesized { parser throws(SQLError) in try parser.smallNumber() }
    }

    /// Takes the unit of an interval, if one stands here.
    mutating func intervalUnit() -> String? {
        guard token.kind == .word else { return nil }
        let word = upper(token)
        guard TimeUnits.ofIntervals.contains(word) else { return nil }
        advance()
        return word
    }

    /// A whole number of a type or precision.
    mutating func smallNumber() throws(SQLError) -> Int {
        let negative = take(.minus)
        guard at(.integerLiteral), let value = Int(text(token)) else { throw unexpected("a whole number") }
        advance()
        return negative ? -value : value
    }

    /// `DATE '…'` and the like; nil, with nothing taken, when no string follows the type.
    @inline(never)
    private mutating func typedLiteral(_ start: UInt32) throws(SQLError) -> Expression? {
        guard let length = typeLength(), peek(length).kind == .stringLiteral else { return nil }
        let type = try dataType()
        return .typedLiteral(TypedLiteral(type: type, text: try strings(), info: info(from: start)))
    }

    /// How many tokens the type here has, when it is one that may stand before a string.
    private func typeLength() -> Int? {
        var length = 1
        switch token.keyword {
        case .double: length = peek(1).keyword == .precision ? 2 : 1
        case .national: length = peek(1).keyword == .character || peek(1).keyword == .char ? 2 : 1
        case .range:
            return peek(1).kind == .less && grammar.typesHaveAngles ? 4 : nil
        default: break
        }
        if peek(length).keyword == .varying { length += 1 }
        if peek(length).kind == .leftParenthesis, peek(length + 1).kind == .integerLiteral {
            length += 2
            if peek(length).kind == .comma { length += 2 }
            guard peek(length).kind == .rightParenthesis else { return nil }
            length += 1
        }
        let next = peek(length).keyword
        if next == .with || next == .without, peek(length + 1).keyword == .time { length += 3 }
        return length
    }
}

/// Words for parts of dates.
enum TimeUnits {
    static let ofIntervals: Set<String> = [
        "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND",
    ]
    static let ofFunctions: Set<String> = ofIntervals.union([
        "ISOYEAR", "ISOWEEK", "DAYOFWEEK", "DAYOFYEAR", "DATE", "TIME", "NANOSECOND",
    ])
}
