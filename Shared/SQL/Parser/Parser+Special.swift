// PostgreSQL's calls with a syntax of their own: SQL/JSON's constructors. XML's are named and refused.

extension Parser {
    /// A call of such a function, from behind its opening parenthesis; nil, with nothing taken, for any other.
    mutating func specialCall(_ start: UInt32, _ name: Identifier) throws(SQLError) -> Expression? {
        // Calls are many and these are few.
        guard !name.quoted, let first = name.name.utf8.first,
            first | 0x20 == UInt8(ascii: "j") || first | 0x20 == UInt8(ascii: "x")
        else { return nil }
        guard let kind = SpecialCall.kinds[name.name.lowercased()] else { return nil }
        switch kind {
        case .refused:
            throw SQLError(
                .syntax, "\(name.name.uppercased()) is not read by this module.", at: name.range)
        case .object: return try jsonObject(start, name)
        case .array: return try jsonArray(start, name)
        }
    }

    /// JSON_OBJECT and JSON_OBJECTAGG; nil at the plain function of that name.
    private mutating func jsonObject(_ start: UInt32, _ name: Identifier) throws(SQLError) -> Expression? {
        var call = FunctionCall(name: name)
        var modifiers = CallModifiers()
        if !at(.rightParenthesis), !beginsJSONClause() {
            let key = try expression()
            // `json_object('{a,1}')` and `json_object(keys, values)`.
            guard at(.colon) || at(.value) else { return try plainCall(start, name, first: key) }
            call.arguments = [Argument(key), try jsonValue()]
            while take(.comma) {
                call.arguments.append(Argument(try expression()))
                guard at(.colon) || at(.value) else { throw unexpected(":", "VALUE") }
                call.arguments.append(try jsonValue())
            }
        }
        try jsonClauses(&modifiers)
        return try endCall(call, modifiers, from: start)
    }

    private mutating func jsonValue() throws(SQLError) -> Argument {
        advance()
        var value = Argument(try expression())
        value.label = .value
        return value
    }

    /// JSON_ARRAY and JSON_ARRAYAGG.
    private mutating func jsonArray(_ start: UInt32, _ name: Identifier) throws(SQLError) -> Expression? {
        var call = FunctionCall(name: name)
        var modifiers = CallModifiers()
        if beginsQuery() {
            let queryStart = token.range.start
            let query = try nested { parser throws(SQLError) in try parser.query() }
            call.arguments = [Argument(.subquery(Subquery(query: query, info: info(from: queryStart))))]
            call.arguments[0].label = .word("")
        } else if !at(.rightParenthesis), !beginsJSONClause() {
            call.arguments = try list { parser throws(SQLError) in Argument(try parser.expression()) }
        }
        if at(.order) { modifiers.orderBy = try orderBy() }
        try jsonClauses(&modifiers)
        return try endCall(call, modifiers, from: start)
    }

    private func beginsJSONClause() -> Bool {
        at(.returning) || ((at(.null) || atWord("ABSENT")) && peek(1).keyword == .on)
    }

    private mutating func jsonClauses(_ modifiers: inout CallModifiers) throws(SQLError) {
        var clauses = CallModifiers.JSONClauses()
        if beginsJSONClause(), !at(.returning) {
            clauses.keepsNulls = at(.null)
            advance()
            advance()
            try expect(.null)
        }
        clauses.uniqueKeys = try uniqueKeys()
        if take(.returning) { clauses.returning = try dataType() }
        if clauses != CallModifiers.JSONClauses() { modifiers.json = clauses }
    }

    /// A call whose first argument has been read already.
    private mutating func plainCall(
        _ start: UInt32, _ name: Identifier, first: Expression
    ) throws(SQLError) -> Expression {
        var call = FunctionCall(name: name, arguments: [Argument(first)])
        while take(.comma) { call.arguments.append(Argument(try expression())) }
        return try endCall(call, CallModifiers(), from: start)
    }

    private mutating func endCall(
        _ call: FunctionCall, _ modifiers: CallModifiers, from start: UInt32
    ) throws(SQLError) -> Expression {
        var call = call
        var modifiers = modifiers
        try expect(.rightParenthesis, ")")
        _ = try outerModifiers(&modifiers)
        if modifiers != CallModifiers() { call.modifiers = modifiers }
        call.info = info(from: start)
        return .function(call)
    }
}

/// Names of PostgreSQL's calls that are read in a way of their own.
enum SpecialCall {
    case object, array, refused

    static let kinds: [String: SpecialCall] = [
        "json_object": .object, "json_objectagg": .object, "json_array": .array, "json_arrayagg": .array,
        "json_table": .refused, "xmltable": .refused, "xmlelement": .refused, "xmlpi": .refused, "xmlroot": .refused,
        "xmlserialize": .refused, "xmlexists": .refused, "xmlparse": .refused, "xmlforest": .refused,
        "json_query": .refused, "json_value": .refused, "json_exists": .refused,
    ]
}
