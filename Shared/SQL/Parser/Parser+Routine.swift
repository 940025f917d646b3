// CREATE FUNCTION and CREATE PROCEDURE.

extension Parser {
    /// From FUNCTION, PROCEDURE or TABLE FUNCTION on.
    mutating func createRoutine(_ start: UInt32, orReplace: Bool, temporary: Bool) throws(SQLError) -> CreateRoutine {
        let kind: CreateRoutine.Kind = at(.table) ? .tableFunction : at(.procedure) ? .procedure : .function
        if take(.table) { try expect(.function) } else { advance() }
        let ifNotExists = try ifNotExists()
        var routine = CreateRoutine(
            kind: kind, orReplace: orReplace, temporary: temporary, ifNotExists: ifNotExists, name: try tableName(),
            body: .text(""))
        routine.name.mayBeArray = false
        routine.parameters = try routineParameters()
        var body: CreateRoutine.Body?
        while let found = try routineClause(&routine) { body = found ?? body }
        guard let body else { throw unexpected("AS", "RETURN", "LANGUAGE") }
        routine.body = body
        routine.info = info(from: start)
        return routine
    }

    // MARK: Parameters

    private mutating func routineParameters() throws(SQLError) -> [CreateRoutine.Parameter] {
        try expect(.leftParenthesis, "(")
        if take(.rightParenthesis) { return [] }
        let parameters = try list { parser throws(SQLError) in try parser.routineParameter() }
        try expect(.rightParenthesis, ")")
        return parameters
    }

    private mutating func routineParameter() throws(SQLError) -> CreateRoutine.Parameter {
        var parameter = CreateRoutine.Parameter(type: nil)
        if at(.in) || at(.variadic) || ["OUT", "INOUT"].contains(upper(token)) {
            parameter.mode = upper(token)
            advance()
        }
        if isNamedParameter() { parameter.name = try name("a parameter") }
        if grammar.typesHaveAngles, at(.any), peek(1).keyword == .type {
            advance()
            advance()
        } else {
            parameter.type = try dataType()
        }
        if take(.default) || take(.equal) { parameter.defaultValue = try expression() }
        return parameter
    }

    /// A parameter's name is followed by the word that begins its type.
    private func isNamedParameter() -> Bool {
        let next = peek(1)
        guard next.kind == .word || next.kind == .quotedName else { return false }
        switch (token.keyword, next.keyword) {
        case (_, .default): return false
        case (.double, .precision), (.bit, .varying), (.character, .varying), (.char, .varying): return false
        case (.national, .character), (.national, .char): return false
        case (.time, .with), (.time, .without), (.timestamp, .with), (.timestamp, .without): return false
        default: return true
        }
    }

    // MARK: Clauses

    /// One clause behind the parameters, and the body if the clause is it; nil, with nothing taken, at something else.
    private mutating func routineClause(_ routine: inout CreateRoutine) throws(SQLError) -> CreateRoutine.Body?? {
        switch token.keyword {
        case .returns where peek(1).keyword == .null:
            advance()
            advance()
            guard take(.on, .null), take(.input) else { throw unexpected("ON NULL INPUT") }
            routine.attributes.append("RETURNS NULL ON NULL INPUT")
        case .returns:
            advance()
            routine.result = try routineResult()
        case .language:
            advance()
            routine.language = try wordOrText("a language")
        case .as:
            advance()
            return try routineBody(of: routine)
        case .return where !grammar.hasScripts:
            advance()
            return .expression(try expression())
        case .begin where grammar.hasScripts: return .block(try block(token.range.start))
        case .options where grammar.hasScripts: routine.options = try options()
        case .cost, .set, .support, .rows, .transaction, .window:
            throw error("`\(upper(token))` of CREATE FUNCTION is not read by this module.")
        default:
            guard let attribute = try routineAttribute() else { return nil }
            routine.attributes.append(attribute)
        }
        return .some(nil)
    }

    private mutating func routineResult() throws(SQLError) -> CreateRoutine.Result {
        if take(.setof) { return .setOf(try dataType()) }
        guard at(.table), peek(1).kind == .leftParenthesis || peek(1).kind == .less else {
            return .type(try dataType())
        }
        advance()
        if at(.leftParenthesis) { return .table(try columnDefinitions()) }
        guard grammar.typesHaveAngles else { throw unexpected("(") }
        return .table(
            try angleBracketed { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in
                    let name = try parser.name("a column")
                    return TableAlias.Column(name: name, type: try parser.dataType())
                }
            })
    }

    private mutating func routineBody(of routine: CreateRoutine) throws(SQLError) -> CreateRoutine.Body {
        if at(.stringLiteral) { return .text(try strings()) }
        guard grammar.hasScripts else { throw unexpected("a string") }
        if routine.kind == .tableFunction, !at(.leftParenthesis) { return .query(try query()) }
        switch try nested({ parser throws(SQLError) in try parser.parenthesizedContent() }) {
        case .query(let query): return .query(query)
        case .expressions(let values):
            guard values.count == 1 else { throw unexpected("one expression") }
            return .expression(values[0])
        }
    }

    /// Words that say how a function behaves.
    private mutating func routineAttribute() throws(SQLError) -> String? {
        let word = token.kind == .word ? upper(token) : ""
        switch word {
        case "IMMUTABLE", "STABLE", "VOLATILE", "STRICT", "LEAKPROOF", "DETERMINISTIC":
            advance()
            return word
        case "NOT":
            guard ["LEAKPROOF", "DETERMINISTIC"].contains(upper(peek(1))) else { return nil }
            advance()
            return "NOT " + (try self.word("LEAKPROOF or DETERMINISTIC"))
        case "CALLED":
            advance()
            guard take(.on, .null), take(.input) else { throw unexpected("ON NULL INPUT") }
            return "CALLED ON NULL INPUT"
        case "SECURITY", "PARALLEL":
            advance()
            return word + " " + (try self.word("how"))
        default: return nil
        }
    }
}
