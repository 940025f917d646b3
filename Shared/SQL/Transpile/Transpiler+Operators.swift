// Operators.

extension Transpiler {
    mutating func binary(_ node: BinaryOperation) throws(SQLError) -> Expression {
        direction == .toBigQuery ? try binaryToBigQuery(node) : try binaryToPostgres(node)
    }

    /// Very many operands: as long as each operator stays one, so does the chain.
    mutating func chain(_ chain: OperatorChain) throws(SQLError) -> Expression {
        var first = chain.first
        var links: [OperatorChain.Link] = []
        var type = type(of: first)
        var nested = 0
        for link in chain.links {
            let stand = typed(.null, type)
            let result = try binary(BinaryOperation(operation: link.operation, left: stand, right: link.operand))
            if case .binary(let node) = result, node.left == stand {
                links.append(OperatorChain.Link(operation: node.operation, operand: node.right))
            } else {
                let left = links.isEmpty ? first : .chain(OperatorChain(first: first, links: links))
                first = try binary(
                    BinaryOperation(operation: link.operation, left: typed(left, type), right: link.operand))
                links = []
                nested += 1
            }
            type = TypeRules.type(
                of: link.operation, Resolved(type: type), Resolved(type: self.type(of: link.operand)),
                source.traits.functions)
        }
        if nested > OperatorChain.lengthMin {
            try refuse("so many operators in a row", "Compute parts of it in a subquery.", at: chain.info.range)
        }
        return links.isEmpty ? first : .chain(OperatorChain(first: first, links: links, info: chain.info))
    }

    /// PostgreSQL's signs for functions.
    func unary(_ node: UnaryOperation) -> Expression {
        guard direction == .toBigQuery else { return .unary(node) }
        switch node.operation {
        case .squareRoot: return .call("SQRT", node.operand)
        case .cubeRoot: return .call("CBRT", node.operand)
        case .absolute: return .call("ABS", node.operand)
        case .not, .minus, .plus, .bitNot: return .unary(node)
        }
    }

    // MARK: To GoogleSQL

    /// Operators that GoogleSQL has functions for.
    private static let functions: [BinaryOperator: String] = [
        .modulo: "MOD", .power: "POW", .startsWith: "STARTS_WITH",
    ]

    /// Operators without an equivalent, and what to write instead.
    private static let refused: [BinaryOperator: String] = [
        .contains: "Unnest the one, and look for each element in the other.",
        .containedBy: "Unnest the one, and look for each element in the other.",
        .overlaps: "Write EXISTS over the one array, with = ANY of the other.",
        .hasAnyKey: "Write a condition for each key, with OR between them.",
        .hasAllKeys: "Write a condition for each key, with AND between them.",
        .deletePath: "Write JSON_REMOVE.", .pathExists: "Write a condition on the value at the path.",
        .pathMatches: "Write a condition on the value at the path.",
        .periodOverlaps: "Write start_1 < end_2 AND start_2 < end_1.", .adjacent: "Compare the bounds.",
        .distance: "", .notRightOf: "Compare the bounds.", .notLeftOf: "Compare the bounds.",
    ]

    private mutating func binaryToBigQuery(_ node: BinaryOperation) throws(SQLError) -> Expression {
        if let name = Self.functions[node.operation] { return .call(name, node.left, node.right) }
        if let advice = Self.refused[node.operation] {
            let sign = source.traits.operators.binary(node.operation)?.text ?? "\(node.operation)"
            try refuse("the operator \(sign)", advice, at: node.info.range)
            return .binary(node)
        }
        switch node.operation {
        case .divide: return try divisionToBigQuery(node)
        case .add, .subtract: return try sumToBigQuery(node)
        case .multiply: return try productToBigQuery(node)
        case .concatenate: return try concatenation(node)
        case .shiftRight:
            guard node.left.integerLiteral ?? -1 < 0 else { return .binary(node) }
            // GoogleSQL fills with zeros, PostgreSQL with the sign.
            let negative = Expression.binary(node.left, .less, .integer(0))
            let flipped = Expression.binary(node.left.flipped, .shiftRight, node.right).flipped
            return .call("IF", negative, flipped, .binary(node))
        case .matches, .matchesIgnoringCase, .notMatches, .notMatchesIgnoringCase: return try regex(node)
        case .jsonField, .jsonText, .jsonPath, .jsonPathText, .hasKey: return try json(node)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return comparison(moments(node))
        case .equal, .notEqual: return .binary(moments(node))
        default: return .binary(node)
        }
    }

    /// PostgreSQL compares dates with moments; GoogleSQL compares like with like.
    private func moments(_ node: BinaryOperation) -> BinaryOperation {
        var node = node
        (node.left, node.right) = alike(node.left, node.right)
        return node
    }

    /// Two values that are compared, the date or local time among them as the other's type.
    func alike(_ left: Expression, _ right: Expression) -> (Expression, Expression) {
        switch (type(of: left), type(of: right)) {
        case (.timestampTZ?, .date?), (.timestampTZ?, .timestamp?): (left, .cast(right, to: .timestampTZ))
        case (.date?, .timestampTZ?), (.timestamp?, .timestampTZ?): (.cast(left, to: .timestampTZ), right)
        case (.timestamp?, .date?): (left, .cast(right, to: .timestamp))
        case (.date?, .timestamp?): (.cast(left, to: .timestamp), right)
        default: (left, right)
        }
    }

    /// Whole numbers divide to whole numbers in PostgreSQL.
    private mutating func divisionToBigQuery(_ node: BinaryOperation) throws(SQLError) -> Expression {
        let left = type(of: node.left)
        let right = type(of: node.right)
        switch (left?.isWholeNumber, right?.isWholeNumber) {
        case (true?, true?): return .call("DIV", node.left, node.right)
        case (false?, _), (_, false?): return .binary(numbers(node))
        case (nil, _): try needType(of: node.left, for: "/")
        case (_, nil): try needType(of: node.right, for: "/")
        default: break
        }
        return .binary(node)
    }

    /// `n * INTERVAL '1 day'` is `INTERVAL n DAY`.
    private mutating func productToBigQuery(_ node: BinaryOperation) throws(SQLError) -> Expression {
        for (span, count) in [(node.left, node.right), (node.right, node.left)] {
            guard case .interval(var interval) = span, let times = interval.value.integerLiteral, interval.to == nil
            else { continue }
            switch type(of: count) {
            case let type? where type.isWholeNumber:
                interval.value = times == 1 ? count : .binary(count, .multiply, .integer(times))
                return .interval(interval)
            case nil: try needType(of: count, for: "* with an interval")
            default:
                try refuse(
                    "a fraction of an interval", "Multiply with a whole number of smaller parts.", at: node.info.range)
            }
        }
        return .binary(numbers(node))
    }

    /// A decimal constant is exact in PostgreSQL, a float in GoogleSQL: which one it is matters beside numbers that are
    /// no floats, and beside another constant.
    func numbers(_ node: BinaryOperation) -> BinaryOperation {
        var node = node
        let isFirst = decimal(node.left)
        let isSecond = decimal(node.right)
        let changesFirst = isFirst && (isSecond || isBesideDecimal(node.right))
        // GoogleSQL's float beside a float makes a float.
        let changesSecond = isSecond && (isFirst ? direction == .toBigQuery : isBesideDecimal(node.left))
        if changesFirst { node.left = exactOrFloat(node.left) }
        if changesSecond { node.right = exactOrFloat(node.right) }
        return node
    }

    /// True for an operand beside which the kind of a constant makes a difference.
    private func isBesideDecimal(_ operand: Expression) -> Bool {
        guard let type = type(of: operand) else { return false }
        return type.isWholeNumber || (direction == .toBigQuery && type.isExactNumber)
    }

    /// True for a constant with a point that was of the source's own type of such constants.
    private func decimal(_ operand: Expression) -> Bool {
        guard case .literal(let literal) = operand, case .decimal(let digits) = literal.value else { return false }
        return type(of: operand) == source.traits.functions.decimal && !digits.lowercased().contains("e")
    }

    private func exactOrFloat(_ operand: Expression) -> Expression {
        guard case .literal(let literal) = operand, case .decimal(let digits) = literal.value else { return operand }
        var value = Expression.cast(operand, to: .float64)
        if direction == .toBigQuery {
            value = .typedLiteral(TypedLiteral(type: DataType(kind: .numeric), text: digits))
        }
        value.info.range = operand.info.range
        return value
    }

    private mutating func concatenation(_ node: BinaryOperation) throws(SQLError) -> Expression {
        var node = node
        let left = type(of: node.left)
        let right = type(of: node.right)
        for type in [left, right] where type == .json || type == .jsonb {
            try refuse("|| of JSON", "Write JSON_SET or JSON_ARRAY_APPEND.", at: node.info.range)
            return .binary(node)
        }
        switch (left?.isArray, right?.isArray) {
        case (true?, false?): return ArrayFunctions.joined([node.left, .list([node.right])])
        case (false?, true?): return ArrayFunctions.joined([.list([node.left]), node.right])
        case (true?, _), (_, true?): return ArrayFunctions.joined([node.left, node.right])
        default:
            // PostgreSQL makes text of what stands beside text.
            if left?.isText ?? false, let right, !right.isText { node.right = try text(node.right, right) }
            if right?.isText ?? false, let left, !left.isText { node.left = try text(node.left, left) }
        }
        return .binary(node)
    }

    /// Through the rule of `regexp_like`, which knows what differs between the languages of patterns.
    private mutating func regex(_ node: BinaryOperation) throws(SQLError) -> Expression {
        var values = [node.left, node.right]
        if node.operation == .matchesIgnoringCase || node.operation == .notMatchesIgnoringCase {
            values.append(.string("i"))
        }
        let call = FunctionCall(name: Identifier("regexp_like"), info: node.info).with(values)
        let match = try self.call(call)
        return node.operation == .notMatches || node.operation == .notMatchesIgnoringCase ? .not(match) : match
    }

    /// Rows are compared field by field; GoogleSQL only tells whether they are equal.
    private func comparison(_ node: BinaryOperation) -> Expression {
        guard case .row(let left) = node.left, case .row(let right) = node.right,
            left.fields.count == right.fields.count
        else { return .binary(node) }
        let strict: BinaryOperator = node.operation == .less || node.operation == .lessOrEqual ? .less : .greater
        var result: Expression?
        for (first, second) in zip(left.fields, right.fields).reversed() {
            guard let rest = result else {
                result = .binary(first.value, node.operation, second.value)
                continue
            }
            let same = Expression.all(of: [.binary(first.value, .equal, second.value), rest])
            result = .any(of: [.binary(first.value, strict, second.value), same])
        }
        return result ?? .binary(node)
    }

    // MARK: To PostgreSQL

    private mutating func binaryToPostgres(_ node: BinaryOperation) throws(SQLError) -> Expression {
        switch node.operation {
        case .divide: return try divisionToPostgres(node)
        case .add, .subtract: return try sumToPostgres(node)
        case .multiply: return .binary(numbers(node))
        case .shiftLeft:
            // A small constant has 32 bits in PostgreSQL.
            let left = node.left.integerLiteral == nil ? node.left : .cast(node.left, to: .int64)
            return .binary(left, .shiftLeft, integer(node.right))
        case .shiftRight:
            guard node.left.integerLiteral ?? -1 < 0 else {
                return .binary(node.left, .shiftRight, integer(node.right))
            }
            guard let count = node.right.integerLiteral, (1...63).contains(count) else {
                try refuse(">> by a number that is not constant", at: node.info.range)
                return .binary(node)
            }
            // PostgreSQL fills with the sign, GoogleSQL with zeros.
            return .binary(.binary(node), .bitAnd, .integer(Int.max >> (count - 1)))
        default: return .binary(node)
        }
    }

    /// Whole numbers divide to a FLOAT64 in GoogleSQL.
    private mutating func divisionToPostgres(_ node: BinaryOperation) throws(SQLError) -> Expression {
        switch (type(of: node.left)?.isWholeNumber, type(of: node.right)?.isWholeNumber) {
        case (true?, true?): return .binary(.cast(node.left, to: .float64), .divide, node.right)
        case (false?, _), (_, false?): return .binary(numbers(node))
        case (nil, _): try needType(of: node.left, for: "/")
        case (_, nil): try needType(of: node.right, for: "/")
        default: break
        }
        return .binary(node)
    }
}

extension Expression {
    fileprivate var flipped: Expression { .unary(UnaryOperation(operation: .bitNot, operand: self)) }
}
