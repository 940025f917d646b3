// Names in expressions: columns, paths, and calls of functions.

extension Parser {
    /// A name, a path of names, a call, or a type before a string.
    @inline(never)
    mutating func path(_ start: UInt32) throws(SQLError) -> Expression {
        let isCall = peek(1).kind == .leftParenthesis
        if token.kind == .word, token.keyword != .notKeyword {
            let allowed = isCall ? mayBeCalled(token.keyword) : words.isName(token.keyword)
            guard allowed || peek(1).kind == .dot && words.isName(token.keyword) else {
                throw unexpected("an expression")
            }
        }
        let first = try takeName()
        if at(.leftParenthesis) { return try call(start, qualifier: [], name: first) }
        if at(.stringLiteral), grammar.anyTypeBeforeString, lastEnd < token.range.start || first.quoted {
            return try genericTypedLiteral(start, first)
        }
        guard at(.dot) else {
            return .column(ColumnReference(qualifier: [], name: first, info: info(from: start)))
        }
        advance()
        if at(.star) {
            advance()
            return .star(try star(start, qualifier: [first]))
        }
        var name = try label()
        var qualifier = [first]
        while at(.dot) {
            advance()
            qualifier.append(name)
            if at(.star) {
                advance()
                return .star(try star(start, qualifier: qualifier))
            }
            name = try label()
        }
        if at(.leftParenthesis) { return try call(start, qualifier: qualifier, name: name) }
        return .column(ColumnReference(qualifier: qualifier, name: name, info: info(from: start)))
    }

    /// Words that may stand before the parenthesis of a call, whatever else they are.
    private func mayBeCalled(_ keyword: Keyword) -> Bool {
        if words.isName(keyword) || words.functionNames.contains(keyword) { return true }
        switch keyword {
        case .if, .left, .right, .grouping, .range, .hash, .any, .contains, .unnest, .new:
            return grammar.reservedWordsNameFunctions
        default: return false
        }
    }

    /// PostgreSQL: any name before a string is the string's type.
    @inline(never)
    private mutating func genericTypedLiteral(_ start: UInt32, _ name: Identifier) throws(SQLError) -> Expression {
        let kind = dialect.traits.types.kinds[name.name.lowercased()] ?? .named(QualifiedName([name]))
        let type = DataType(kind: kind, written: Spelling(name.name), info: info(from: start))
        return .typedLiteral(TypedLiteral(type: type, text: try strings(), info: info(from: start)))
    }

    // MARK: Calls

    /// A call, from the opening parenthesis on.
    @inline(never)
    mutating func call(_ start: UInt32, qualifier: [Identifier], name: Identifier) throws(SQLError) -> Expression {
        try expect(.leftParenthesis, "(")
        var call = FunctionCall(qualifier: qualifier, name: name)
        var modifiers = CallModifiers()
        var isPlain = true
        if !grammar.hasScripts, qualifier.isEmpty, let special = try specialCall(start, name) { return special }
        if !at(.rightParenthesis) {
            switch token.keyword {
            case .distinct:
                advance()
                modifiers.distinct = true
                isPlain = false
            case .all where peek(1).kind != .rightParenthesis && peek(1).kind != .comma: advance()
            default: break
            }
            repeat { call.arguments.append(try argument()) } while takeSeparator()
            if !at(.rightParenthesis) {
                try innerModifiers(&modifiers)
                isPlain = false
            }
        }
        try expect(.rightParenthesis, ")")
        if !grammar.functionsOfTimePart.isEmpty { markTimePart(&call) }
        if token.kind == .word, try outerModifiers(&modifiers) { isPlain = false }
        if !isPlain { call.modifiers = modifiers }
        call.info = info(from: start)
        return .function(call)
    }

    @inline(never)
    private mutating func argument() throws(SQLError) -> Argument {
        if token.kind == .word {
            if peek(1).kind == .arrow || peek(1).kind == .colonEqual {
                let name = try name("the argument's name")
                advance()
                var argument = Argument(try expression())
                argument.label = .name(name)
                return argument
            }
            switch token.keyword {
            case .variadic:
                advance()
                var argument = Argument(try expression())
                argument.label = .variadic
                return argument
            case .table, .model:
                guard peek(1).kind == .word || peek(1).kind == .quotedName else { break }
                let word = upper(token)
                advance()
                let name = try tableName()
                var argument = Argument(
                    .column(
                        ColumnReference(
                            qualifier: Array(name.qualifier), name: name.last, info: info(from: name.range.start))))
                argument.label = .word(word)
                return argument
            case .select, .with:
                // `f(SELECT …)` is a table argument in GoogleSQL; elsewhere a query needs its own parentheses.
                guard grammar.hasPipes, peek(1).kind != .leftParenthesis else { break }
                let start = token.range.start
                let query = try nested { parser throws(SQLError) in try parser.query() }
                return Argument(.subquery(Subquery(query: query, info: info(from: start))))
            default: break
            }
        }
        var argument = Argument(try expression())
        if at(.as) { argument.alias = try columnAlias() }
        return argument
    }

    /// What may follow the arguments within the parentheses.
    @inline(never)
    private mutating func innerModifiers(_ modifiers: inout CallModifiers) throws(SQLError) {
        if let nulls = nullTreatment() { modifiers.nulls = nulls }
        if take(.having) {
            let isMaximum = token.kind == .word && upper(token) == "MAX"
            guard isMaximum || (token.kind == .word && upper(token) == "MIN") else { throw unexpected("MAX", "MIN") }
            advance()
            let value = try expression()
            modifiers.having = isMaximum ? .maximum(value) : .minimum(value)
        }
        if at(.order) { modifiers.orderBy = try orderBy() }
        if take(.limit) { modifiers.limit = try expression() }
        guard at(.rightParenthesis) else { throw unexpected(",", ")") }
    }

    private mutating func nullTreatment() -> CallModifiers.NullTreatment? {
        if take(.ignore, .nulls) { return .ignore }
        if take(.respect, .nulls) { return .respect }
        return nil
    }

    /// What may follow the parentheses; false when nothing does.
    @inline(never)
    mutating func outerModifiers(_ modifiers: inout CallModifiers) throws(SQLError) -> Bool {
        let before = index
        if at(.within, .group) {
            advance()
            advance()
            modifiers.withinGroup = try parenthesized { parser throws(SQLError) in try parser.orderBy() }
        }
        if at(.filter), peek(1).kind == .leftParenthesis {
            advance()
            modifiers.filter = try parenthesized { parser throws(SQLError) in
                try parser.expect(.where)
                return try parser.expression()
            }
        }
        // Where the call is the argument of another, the words are about that one.
        if peek(2).keyword == .over, let nulls = nullTreatment() {
            modifiers.nulls = nulls
            modifiers.nullsOutside = Spelling(true)
        }
        if at(.over), peek(1).kind == .leftParenthesis || peek(1).kind == .word || peek(1).kind == .quotedName {
            advance()
            modifiers.over = try window()
        }
        return index != before
    }

    /// Makes the argument of functions such as DATE_TRUNC that names a part of a date one, not a column.
    @inline(never)
    private func markTimePart(_ call: inout FunctionCall) {
        let isSafe = call.qualifier.count == 1 && call.qualifier[0].name.uppercased() == "SAFE"
        guard call.qualifier.isEmpty || isSafe, call.arguments.count > 1,
            grammar.functionsOfTimePart.contains(call.name.name.lowercased())
        else { return }
        // Behind the part may stand a time zone.
        for index in [call.arguments.count - 1, 1] {
            guard let part = timePart(of: call.arguments[index].value) else { continue }
            call.arguments[index].value = .timePart(part)
            return
        }
    }

    private func timePart(of value: Expression) -> TimePart? {
        switch value {
        case .column(let column) where column.qualifier.isEmpty && !column.name.quoted:
            let name = column.name.name.uppercased()
            return TimeUnits.ofFunctions.contains(name) ? TimePart(name: name, info: column.info) : nil
        case .function(let call) where call.arguments.count == 1 && call.name.name.uppercased() == "WEEK":
            guard case .column(let day) = call.arguments[0].value else { return nil }
            return TimePart(name: "WEEK", weekStart: day.name.name.uppercased(), info: call.info)
        default: return nil
        }
    }

    // MARK: Calls with words in them

    /// CURRENT_DATE and its like.
    mutating func wordFunction(_ start: UInt32) throws(SQLError) -> Expression {
        let name = Identifier(text(token), range: token.range)
        if words.isName(token.keyword), peek(1).kind != .leftParenthesis, token.keyword == .user || at(.dot) {
            return try path(start)
        }
        advance()
        if at(.leftParenthesis) { return try call(start, qualifier: [], name: name) }
        return .function(FunctionCall(name: name, hasParentheses: false, info: info(from: start)))
    }

    @inline(never)
    mutating func extract(_ start: UInt32) throws(SQLError) -> Expression {
        let name = Identifier(text(token), range: token.range)
        advance()
        try expect(.leftParenthesis, "(")
        let partStart = token.range.start
        var part = TimePart(name: try wordOrText("a part of a date").uppercased())
        if take(.leftParenthesis) {
            part.weekStart = try word("a day")
            try expect(.rightParenthesis, ")")
        }
        part.info = info(from: partStart)
        try expect(.from)
        var source = Argument(try expression())
        source.label = .from
        try expect(.rightParenthesis, ")")
        return .function(
            FunctionCall(name: name, arguments: [Argument(.timePart(part)), source], info: info(from: start)))
    }

    /// SUBSTRING, TRIM, OVERLAY and POSITION, whose arguments may have words before them.
    @inline(never)
    mutating func functionWithWords(_ start: UInt32) throws(SQLError) -> Expression {
        let name = Identifier(text(token), range: token.range)
        let keyword = token.keyword
        advance()
        try expect(.leftParenthesis, "(")
        var call = FunctionCall(name: name)
        if keyword == .trim, let side = trimSide() {
            var argument: Argument
            if take(.from) {
                argument = Argument(try expression())
                argument.label = side == .both ? .bothFrom : side == .leading ? .leadingFrom : .trailingFrom
            } else {
                argument = Argument(try expression())
                argument.label = side
            }
            call.arguments.append(argument)
        } else if keyword == .trim, take(.from) {
            var argument = Argument(try expression())
            argument.label = .from
            call.arguments.append(argument)
        } else if !at(.rightParenthesis) {
            // IN separates the arguments of POSITION.
            let level = keyword == .overlay || keyword == .trim ? 0 : operators.precedence.range
            call.arguments.append(Argument(try expression(above: level)))
        }
        while !at(.rightParenthesis) {
            let label = try argumentWord(keyword)
            var argument = Argument(try expression())
            argument.label = label
            call.arguments.append(argument)
        }
        try expect(.rightParenthesis, ")")
        call.info = info(from: start)
        return .function(call)
    }

    private mutating func trimSide() -> Argument.Label? {
        if take(.both) { return .both }
        if take(.leading) { return .leading }
        if take(.trailing) { return .trailing }
        return nil
    }

    /// The word or comma before an argument that is not the first.
    private mutating func argumentWord(_ function: Keyword) throws(SQLError) -> Argument.Label? {
        if take(.comma) { return nil }
        if take(.from) { return .from }
        if take(.for) { return .for }
        if function == .position, take(.in) { return .in }
        if function == .overlay, take(.placing) { return .placing }
        if function == .substring, take(.similar) { return .similar }
        if function == .substring, take(.escape) { return .escape }
        throw unexpected(",", ")")
    }
}
