// Conditions on patterns, lists and arrays.

extension Transpiler {
    // MARK: Patterns

    mutating func match(_ match: PatternMatch) throws(SQLError) -> Expression {
        direction == .toBigQuery ? try matchToBigQuery(match) : matchToPostgres(match)
    }

    private mutating func matchToBigQuery(_ match: PatternMatch) throws(SQLError) -> Expression {
        if let quantifier = match.quantifier {
            guard case .array(let array) = match.pattern, case .elements(let patterns) = array.content else {
                try refuse("LIKE ANY of an array", "Write the patterns as ARRAY['…', '…'].", at: match.info.range)
                return .match(match)
            }
            let each = patterns.map { pattern in
                var one = match
                one.quantifier = nil
                one.pattern = pattern
                one.info = .none
                return one
            }
            var conditions: [Expression] = []
            for one in each { conditions.append(try matchToBigQuery(one)) }
            return quantifier == .any ? .any(of: conditions) : .all(of: conditions)
        }
        guard match.kind != .similar else { return try similar(match) }
        var match = match
        if let escape = match.escape {
            guard let sign = escape.stringLiteral, sign.count < 2, let text = match.pattern.stringLiteral else {
                try refuse(
                    "ESCAPE behind a pattern that is not constant", "Write \\ before the signs.", at: match.info.range)
                return .match(match)
            }
            match.pattern = .string(Self.pattern(text, escapedBy: sign.first))
            match.escape = nil
        }
        if match.kind == .ilike {
            match.kind = .like
            match.operand = .call("LOWER", match.operand)
            match.pattern =
                match.pattern.stringLiteral.map { .string($0.lowercased()) } ?? .call("LOWER", match.pattern)
        }
        return .match(match)
    }

    private func matchToPostgres(_ match: PatternMatch) -> Expression {
        guard match.quantifier != nil, case .row(let row) = match.pattern else { return .match(match) }
        var match = match
        match.pattern = .array(ArrayConstructor(content: .elements(row.fields.map(\.value))))
        return .match(match)
    }

    /// The pattern with a backslash for the sign that escapes in it.
    private static func pattern(_ text: String, escapedBy sign: Character?) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
                if character == "%" || character == "_" || character == "\\" { result.append("\\") }
                result.append(character)
            } else if character == sign {
                isEscaped = true
            } else {
                if character == "\\" { result.append("\\") }
                result.append(character)
            }
        }
        return result
    }

    /// SIMILAR TO is a regular expression with % and _ in it, of the whole text.
    private mutating func similar(_ match: PatternMatch) throws(SQLError) -> Expression {
        guard let text = match.pattern.stringLiteral, match.escape == nil else {
            try refuse(
                "SIMILAR TO with a pattern that is not constant, or ESCAPE", "Write ~ with a regular expression.",
                at: match.info.range)
            return .match(match)
        }
        var regex = "^(?s:"
        var isEscaped = false
        for character in text {
            switch character {
            case _ where isEscaped:
                isEscaped = false
                if !character.isLetter, !character.isNumber { regex.append("\\") }
                regex.append(character)
            case "\\": isEscaped = true
            case "%": regex += ".*"
            case "_": regex.append(".")
            case ".", "^", "$": regex += "\\\(character)"
            default: regex.append(character)
            }
        }
        let found = Expression.call("REGEXP_CONTAINS", match.operand, .string(regex + ")$"))
        return match.negated ? .not(found) : found
    }

    // MARK: Lists and arrays

    mutating func membership(_ membership: Membership) throws(SQLError) -> Expression {
        var membership = membership
        switch (direction, membership.source) {
        case (.toPostgres, .unnest(let array)):
            return .quantified(
                QuantifiedComparison(
                    operand: membership.operand, operation: membership.negated ? .notEqual : .equal,
                    quantifier: membership.negated ? .all : .any, set: array, info: membership.info))
        case (.toBigQuery, .query(let query)):
            if case .row(let row) = membership.operand {
                membership.source = .query(asStructs(query, count: row.fields.count))
            }
        default: break
        }
        return .membership(membership)
    }

    /// A query whose columns are compared with a row: GoogleSQL wants them as one.
    private func asStructs(_ query: Query, count: Int) -> Query {
        var query = query
        guard case .select(var select) = query.body, count > 1 else { return query }
        select.shape = .structure
        query.body = .select(select)
        return query
    }

    mutating func quantified(_ node: QuantifiedComparison) throws(SQLError) -> Expression {
        guard direction == .toBigQuery else { return .quantified(node) }
        let negated: Bool
        switch (node.operation, node.quantifier) {
        case (.equal, .any): negated = false
        case (.notEqual, .all): negated = true
        default:
            let sign = source.traits.operators.binary(node.operation)?.text ?? ""
            let word = node.quantifier == .any ? "ANY" : "ALL"
            try refuse("\(sign) \(word)", "Compare with a MIN or MAX.", at: node.info.range)
            return .quantified(node)
        }
        let source: Membership.Source
        if case .subquery(let subquery) = node.set {
            source = .query(subquery.query)
        } else {
            source = .unnest(node.set)
        }
        return try membership(Membership(operand: node.operand, source: source, negated: negated, info: node.info))
    }

    // MARK: Arrays and rows

    mutating func array(_ array: ArrayConstructor) throws(SQLError) -> Expression {
        var array = array
        array.hasKeyword = Spelling(direction == .toPostgres)
        if case .elements(let elements) = array.content {
            for case .array in elements {
                try refuse("an array of arrays", "Write an array of rows, or JSON.", at: array.info.range)
                break
            }
            if direction == .toPostgres {
                if let element = array.elementType {
                    array.elementType = nil
                    return .cast(
                        Cast(operand: .array(array), type: DataType(kind: .array(try type(element))), info: array.info))
                }
                if elements.isEmpty {
                    let kind = type(of: .array(array)).flatMap { TypeMapping.kind($0, direction) }
                    return .cast(.array(array), to: kind ?? .array(DataType(kind: .int64)))
                }
            }
        }
        return .array(array)
    }

    mutating func row(_ row: RowConstructor) throws(SQLError) -> Expression {
        var row = row
        switch direction {
        case .toBigQuery: if row.kind == .row { row.kind = row.fields.count > 1 ? .tuple : .structure }
        case .toPostgres:
            guard row.kind == .structure else { break }
            if row.type != nil || row.fields.contains(where: { $0.alias != nil }) {
                try refuse(
                    "a STRUCT with named fields", "Select the fields as columns, or write JSON_OBJECT.",
                    at: row.info.range)
            }
            row.type = nil
            row.kind = .row
        }
        return .row(row)
    }

    /// PostgreSQL counts from 1 and has null beyond the ends; GoogleSQL says how it counts.
    mutating func subscripted(_ access: SubscriptAccess) throws(SQLError) -> Expression {
        var access = access
        let operand = type(of: access.operand)
        switch (direction, access.position) {
        case (.toBigQuery, .index(let index)):
            if operand == .json || operand == .jsonb || index.stringLiteral != nil { break }
            access.position = .ordinal(index, safe: true)
        case (.toBigQuery, .slice(let from, let to)):
            let first = from?.integerLiteral ?? (from == nil ? 1 : nil)
            guard let first, let last = to?.integerLiteral, first >= 1, last >= first else {
                try refuse(
                    "a slice whose ends are not constant", "Write ARRAY(SELECT …) over unnest.", at: access.info.range)
                break
            }
            return .call("ARRAY_SLICE", access.operand, .integer(first - 1), .integer(last - 1))
        case (.toPostgres, .offset(let index, _)): access.position = .index(Self.plus(index, 1))
        case (.toPostgres, .ordinal(let index, _)): access.position = .index(index)
        case (.toPostgres, .index(let index)):
            if operand == .json { return .binary(access.operand, .jsonField, index) }
            if operand == nil, index.stringLiteral == nil { try needType(of: access.operand, for: "[…]") }
            access.position = .index(Self.plus(index, 1))
        default: break
        }
        return .subscripted(access)
    }

    /// `value + number`, with constants added up.
    static func plus(_ value: Expression, _ number: Int) -> Expression {
        if let constant = value.integerLiteral { return .integer(constant + number) }
        if case .binary(let node) = value, let constant = node.right.integerLiteral,
            node.operation == .add || node.operation == .subtract
        {
            let sum = (node.operation == .add ? constant : -constant) + number
            return sum == 0 ? node.left : plus(node.left, sum)
        }
        if number == 0 { return value }
        return .binary(value, number > 0 ? .add : .subtract, .integer(abs(number)))
    }
}
