// Operators: an expression is a first operand and what follows it, as far as it binds tightly enough.

extension Parser {
    /// An expression of any kind.
    mutating func expression() throws(SQLError) -> Expression { try expression(above: 0) }

    /// An expression whose operators bind tighter than `level`.
    mutating func expression(above level: Int8) throws(SQLError) -> Expression {
        guard hasRoom() else { throw tooDeep() }
        let outer = height
        depth += 1
        height = 0
        let start = token.range.start
        let first = try operand()
        let whole = try operations(on: first, from: start, above: level)
        depth -= 1
        height = max(outer, height + 1)
        if height > depthMax { throw tooDeep() }
        return whole
    }

    /// What follows a first operand.
    @inline(never)
    mutating func operations(
        on first: Expression, from start: UInt32, above level: Int8
    ) throws(SQLError) -> Expression {
        var left = first
        /// The level of the last operator if it does not chain.
        var closed: Int8 = .max
        var run = OperatorRun()
        while true {
            if let found = operators.binary(token.kind) {
                guard found.level > level else { return left }
                guard found.chains || found.level != closed else { throw chained() }
                closed = found.chains ? .max : found.level
                if run.grows(with: found) {
                    try chain(&left, found, run, from: start)
                } else {
                    try grow()
                    left = try binary(left, found, from: start)
                }
                continue
            }
            run = OperatorRun()
            switch token.kind {
            case .word:
                guard token.keyword != .notKeyword else { return left }
                let before = index
                left = try wordOperation(on: left, from: start, above: level, closed: &closed)
                if index == before { return left }
            case .doubleColon where grammar.hasDoubleColon:
                try grow()
                left = try doubleColon(left, from: start)
            case .leftBracket:
                try grow()
                left = try subscripted(left, from: start)
            case .dot:
                try grow()
                left = try fieldAccess(left, from: start)
            case .symbol:
                guard operators.precedence.other > level else { return left }
                closed = .max
                try grow()
                left = try symbolic(left, from: start)
            default: return left
            }
        }
    }

    @inline(never)
    private mutating func doubleColon(_ operand: Expression, from start: UInt32) throws(SQLError) -> Expression {
        advance()
        let type = try dataType()
        return .cast(Cast(operand: operand, type: type, notation: Spelling(.doubleColon), info: info(from: start)))
    }

    /// The operators of one level that follow each other.
    private struct OperatorRun {
        var level: Int8 = 0
        var count = 0

        /// Counts one more; true when there are so many that they are to be a chain.
        mutating func grows(with found: OperatorTraits.Binary) -> Bool {
            if found.level == level, found.chains { count += 1 } else { (level, count) = (found.level, 1) }
            return count >= OperatorChain.lengthMin
        }
    }

    /// The next operator of a run that is too long for operations within operations.
    @inline(never)
    private mutating func chain(
        _ left: inout Expression, _ found: OperatorTraits.Binary, _ run: OperatorRun, from start: UInt32
    ) throws(SQLError) {
        if run.count == OperatorChain.lengthMin {
            var links: [OperatorChain.Link] = []
            while links.count < run.count - 1, case .binary(let node) = left {
                links.append(.init(operation: node.operation, operand: node.right))
                left = node.left
            }
            // ANY and ALL among the operators make no operations: then there is nothing to be flattened.
            guard links.count == run.count - 1 else {
                for link in links.reversed() {
                    left = .binary(BinaryOperation(operation: link.operation, left: left, right: link.operand))
                }
                try grow()
                left = try binary(left, found, from: start)
                return
            }
            left = .chain(OperatorChain(first: left, links: links.reversed(), info: info(from: start)))
            height = max(1, height - links.count + 1)
        }
        guard case .chain(var chain) = left else {
            try grow()
            left = try binary(left, found, from: start)
            return
        }
        left = .null  // lets go of the chain, so that it grows in place
        advance()
        if at(.any) || at(.some) || at(.all), peek(1).kind == .leftParenthesis {
            throw error("ANY and ALL cannot stand in so long a chain of operators; put parts of it into parentheses.")
        }
        let operand = try expression(above: found.level)
        chain.links.append(.init(operation: found.operation, operand: operand))
        chain.info = info(from: start)
        left = .chain(chain)
    }

    /// `~<~` and its like, or `OPERATOR(schema.+)`, between two operands.
    @inline(never)
    private mutating func symbolic(_ left: Expression?, from start: UInt32) throws(SQLError) -> Expression {
        var operation = SymbolicOperation(symbol: "", left: left, right: .null)
        var known: (binary: BinaryOperator?, unary: UnaryOperator?)
        if at(.operator) {
            advance()
            try expect(.leftParenthesis, "(")
            while atName() || token.kind == .quotedName {
                operation.qualifier.append(try takeName())
                try expect(.dot, ".")
            }
            // `OPERATOR(+)` without a schema is `+`, in another rank.
            if operation.qualifier.isEmpty, token.kind != .symbol {
                known = (operators.binary(token.kind)?.operation, operators.unary(token.kind)?.operation)
                guard left == nil ? known.unary != nil : known.binary != nil else {
                    throw unexpected("an operator")
                }
            }
            guard isOperator(token) else { throw unexpected("an operator") }
            operation.symbol = text(token)
            advance()
            try expect(.rightParenthesis, ")")
        } else {
            operation.symbol = text(token)
            advance()
        }
        if left != nil, known.binary == nil, let quantifier = quantifier() {
            operation.quantifier = quantifier
            operation.right = try parenthesizedSet()
        } else {
            operation.right = try expression(above: operators.precedence.other)
        }
        operation.info = info(from: start)
        if let left, let binary = known.binary {
            return .binary(
                BinaryOperation(operation: binary, left: left, right: operation.right, info: operation.info))
        }
        if left == nil, let unary = known.unary {
            return .unary(UnaryOperation(operation: unary, operand: operation.right, info: operation.info))
        }
        return .symbolic(operation)
    }

    /// ANY, SOME or ALL before a parenthesis; nil, with nothing taken, at anything else.
    private mutating func quantifier() -> Quantifier? {
        guard at(.any) || at(.some) || at(.all), peek(1).kind == .leftParenthesis else { return nil }
        defer { advance() }
        return at(.all) ? .all : .any
    }

    func isOperator(_ token: Token) -> Bool {
        token.kind == .symbol || operators.binary(token.kind) != nil || operators.unary(token.kind) != nil
    }

    /// An operator before its operand that has no name here.
    mutating func symbolicPrefix(_ start: UInt32) throws(SQLError) -> Expression {
        try symbolic(nil, from: start)
    }

    private func chained() -> SQLError {
        error("Comparisons do not chain; put one of them into parentheses, or join them by AND.")
    }

    @inline(never)
    private mutating func binary(
        _ left: Expression, _ found: OperatorTraits.Binary, from start: UInt32
    ) throws(SQLError) -> Expression {
        advance()
        if token.kind == .word, let quantifier = quantifier() {
            let set = try parenthesizedSet()
            return .quantified(
                QuantifiedComparison(
                    operand: left, operation: found.operation, quantifier: quantifier, set: set, info: info(from: start)
                ))
        }
        let right = try expression(above: found.level)
        return .binary(
            BinaryOperation(operation: found.operation, left: left, right: right, info: info(from: start)))
    }

    /// What stands in the parentheses of `= ANY (…)`: a query or an array.
    @inline(never)
    private mutating func parenthesizedSet() throws(SQLError) -> Expression {
        let start = token.range.start
        switch try parenthesizedContent() {
        case .query(let query): return .subquery(Subquery(query: query, info: info(from: start)))
        case .expressions(let values): return single(values, from: start)
        }
    }

    /// Operators that are words. Takes nothing when the word is none, or binds too loosely.
    @inline(never)
    private mutating func wordOperation(
        on left: Expression, from start: UInt32, above level: Int8, closed: inout Int8
    ) throws(SQLError) -> Expression {
        let precedence = operators.precedence
        switch token.keyword {
        case .and where precedence.and > level:
            closed = .max
            return try logical(left, .and, precedence.and, from: start)
        case .or where precedence.or > level:
            closed = .max
            return try logical(left, .or, precedence.or, from: start)
        case .is where precedence.isTest > level:
            closed = .max
            try grow()
            return try isTest(left, from: start)
        case .isnull where precedence.isTest > level, .notnull where precedence.isTest > level:
            guard !words.isName(token.keyword) else { return left }
            let negated = token.keyword == .notnull
            advance()
            try grow()
            return .isTest(IsTest(operand: left, property: .null, negated: negated, info: info(from: start)))
        case .not where precedence.range > level:
            switch peek(1).keyword {
            case .between, .in, .like, .ilike, .similar:
                guard precedence.range != closed else { throw chained() }
                closed = precedence.range
                advance()
                try grow()
                return try rangeTest(left, negated: true, from: start)
            default: return left
            }
        case .between, .in, .like, .ilike, .similar:
            guard precedence.range > level else { return left }
            if token.keyword == .ilike || token.keyword == .similar, words.isName(token.keyword) { return left }
            guard precedence.range != closed else { throw chained() }
            closed = precedence.range
            try grow()
            return try rangeTest(left, negated: false, from: start)
        case .at where precedence.atTimeZone > level:
            guard peek(1).keyword == .time, peek(2).keyword == .zone else { return left }
            advance()
            advance()
            advance()
            try grow()
            let zone = try expression(above: precedence.atTimeZone)
            return .atTimeZone(AtTimeZone(operand: left, zone: zone, info: info(from: start)))
        case .collate where precedence.collate > level:
            advance()
            try grow()
            let collation = try collationName()
            return .collated(Collated(operand: left, collation: collation, info: info(from: start)))
        case .operator
        where peek(1).kind == .leftParenthesis && precedence.other > level && grammar.anyTypeBeforeString:
            closed = .max
            try grow()
            return try symbolic(left, from: start)
        case .overlaps where operators.binary(.periodOverlaps).map({ $0.level > level }) ?? false:
            try grow()
            advance()
            let right = try expression(above: precedence.other)
            return .binary(
                BinaryOperation(operation: .periodOverlaps, left: left, right: right, info: info(from: start)))
        default: return left
        }
    }

    mutating func collationName() throws(SQLError) -> QualifiedName {
        guard grammar.hasScripts, at(.stringLiteral) else { return try qualifiedName("a collation") }
        let taken = token
        advance()
        return QualifiedName([Identifier(try stringValue(taken), quoted: true, range: taken.range)])
    }

    @inline(never)
    private mutating func logical(
        _ left: Expression, _ connective: LogicalOperation.Connective, _ level: Int8, from start: UInt32
    ) throws(SQLError) -> Expression {
        let keyword: Keyword = connective == .and ? .and : .or
        try grow()
        var operands: [Expression]
        if case .logical(let chain) = left, chain.connective == connective {
            operands = chain.operands
        } else {
            operands = [left]
        }
        while take(keyword) { operands.append(try expression(above: level)) }
        return .logical(LogicalOperation(connective: connective, operands: operands, info: info(from: start)))
    }

    @inline(never)
    private mutating func isTest(_ left: Expression, from start: UInt32) throws(SQLError) -> Expression {
        advance()
        let negated = take(.not)
        let property: IsTest.Property
        switch token.keyword {
        case .null: property = .null
        case .true: property = .isTrue
        case .false: property = .isFalse
        case .unknown: property = .unknown
        case .json where grammar.anyTypeBeforeString: property = try jsonProperty()
        case .document where grammar.anyTypeBeforeString: property = .document
        case .nfc, .nfd, .nfkc, .nfkd, .normalized:
            property = .normalized(form: at(.normalized) ? nil : upper(token))
            if !at(.normalized) {
                advance()
                guard at(.normalized) else { throw unexpected("NORMALIZED") }
            }
        case .distinct:
            advance()
            try expect(.from)
            let right = try expression(above: operators.precedence.isTest)
            return .binary(
                BinaryOperation(
                    operation: negated ? .notDistinct : .distinct, left: left, right: right, info: info(from: start)))
        default: throw unexpected("NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT FROM")
        }
        if case .json = property {} else { advance() }
        return .isTest(IsTest(operand: left, property: property, negated: negated, info: info(from: start)))
    }

    /// `JSON [kind] [WITH UNIQUE KEYS]`.
    private mutating func jsonProperty() throws(SQLError) -> IsTest.Property {
        try expect(.json)
        var kind: String?
        for word in ["VALUE", "OBJECT", "ARRAY", "SCALAR"] where kind == nil && takeWord(word) { kind = word }
        let isUnique = try uniqueKeys()
        return .json(kind: kind, uniqueKeys: isUnique ?? false)
    }

    /// `[WITH] UNIQUE [KEYS]`, `WITHOUT UNIQUE [KEYS]`.
    mutating func uniqueKeys() throws(SQLError) -> Bool? {
        let isUnique = !at(.without)
        if at(.with) || at(.without) {
            guard peek(1).keyword == .unique else { return nil }
            advance()
        }
        guard take(.unique) else { return nil }
        _ = takeWord("KEYS")
        return isUnique
    }

    /// BETWEEN, IN and the LIKEs, from their own word on.
    @inline(never)
    private mutating func rangeTest(
        _ left: Expression, negated: Bool, from start: UInt32
    ) throws(SQLError) -> Expression {
        let level = operators.precedence.range
        let keyword = token.keyword
        advance()
        switch keyword {
        case .between:
            let symmetric = take(.symmetric)
            if !symmetric { _ = take(.asymmetric) }
            let lower = try expression(above: level)
            try expect(.and)
            let upper = try expression(above: level)
            return .between(
                Between(
                    operand: left, lower: lower, upper: upper, negated: negated, symmetric: symmetric,
                    info: info(from: start)))
        case .in:
            let source = try membershipSource()
            return .membership(Membership(operand: left, source: source, negated: negated, info: info(from: start)))
        default:
            if keyword == .similar { try expect(.to) }
            var match = PatternMatch(
                kind: keyword == .like ? .like : keyword == .ilike ? .ilike : .similar, operand: left, pattern: .null,
                negated: negated)
            let next = peek(1)
            if at(.any) || at(.some) || at(.all), next.kind == .leftParenthesis || next.keyword == .unnest {
                match.quantifier = at(.all) ? .all : .any
                advance()
                match.pattern = next.keyword == .unnest ? try operand() : try parenthesizedSet()
            } else {
                match.pattern = try expression(above: level)
            }
            if take(.escape) { match.escape = try expression(above: level) }
            match.info = info(from: start)
            return .match(match)
        }
    }

    @inline(never)
    private mutating func membershipSource() throws(SQLError) -> Membership.Source {
        if at(.placeholder) { return .placeholder(try placeholder()) }
        if at(.unnest), peek(1).kind == .leftParenthesis {
            advance()
            return .unnest(
                try parenthesized { parser throws(SQLError) in try parser.expression() })
        }
        switch try parenthesizedContent() {
        case .query(let query): return .query(query)
        case .expressions(let values): return .list(values)
        }
    }
}
