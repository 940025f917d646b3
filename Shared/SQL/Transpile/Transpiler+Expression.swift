// The walk over expressions, and which rule a node goes to.

extension Transpiler {
    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        let info = expression.info
        if let plain = idiom(expression) { expression = plain }
        try descend(&expression)
        expression = try converted(expression)
        // What stands in the node's place answers for its type, and says what was said of it.
        expression.info.range = info.range
        if let comments = info.comments { expression.info.comments = comments }
    }

    /// The expression, of which the operands are of the target dialect already, in the target dialect.
    mutating func converted(_ expression: Expression) throws(SQLError) -> Expression {
        switch expression {
        case .column(let node): return column(node)
        case .literal(let node): return try literal(node)
        case .typedLiteral(let node): return try typedLiteral(node)
        case .interval(let node): return try interval(node)
        case .parameter(let node): return .parameter(try parameter(node))
        case .star(let node): return .star(star(node))
        case .unary(let node): return unary(node)
        case .binary(let node): return try binary(node)
        case .chain(let node): return try chain(node)
        case .symbolic(let node):
            try refuse("the operator \(node.symbol)", at: node.info.range)
            return expression
        case .isTest(let node): return .isTest(try test(node))
        case .between(let node): return between(alike(node))
        case .membership(let node): return try membership(node)
        case .match(let node): return try match(node)
        case .quantified(let node): return try quantified(node)
        case .cast(let node): return try cast(node)
        case .function(let node): return try call(node)
        case .array(let node): return try array(node)
        case .row(let node): return try row(node)
        case .subscripted(let node): return try subscripted(node)
        case .atTimeZone(let node): return try atTimeZone(node)
        case .collated(let node): return try collated(node)
        case .placeholder, .logical, .conditional, .timePart, .subquery, .exists, .field: return expression
        }
    }

    // MARK: Small nodes

    /// PostgreSQL's parameters have numbers, GoogleSQL's have names or stand in order.
    private mutating func parameter(_ parameter: Parameter) throws(SQLError) -> Parameter {
        var parameter = parameter
        switch (direction, parameter.kind) {
        case (.toBigQuery, .numbered(let number)): parameter.kind = .named("p\(number)")
        case (.toPostgres, .named(let name)):
            if name.hasPrefix("p"), let number = Int(name.dropFirst()), number > 0 {
                parameter.kind = .numbered(number)
            } else {
                try refuse(
                    "the named parameter @\(name)", "Number the parameters: @p1, @p2, ….", at: parameter.info.range)
            }
        case (.toPostgres, .anonymous):
            anonymousParameters += 1
            parameter.kind = .numbered(anonymousParameters)
        case (_, .system(let name)): try refuse("the system variable @@\(name)", at: parameter.info.range)
        default: break
        }
        return parameter
    }

    private func alike(_ between: Between) -> Between {
        guard direction == .toBigQuery else { return between }
        var between = between
        // The first may change twice: to a local time, and on to a moment.
        (between.operand, between.lower) = alike(between.operand, between.lower)
        (between.operand, between.upper) = alike(between.operand, between.upper)
        return between
    }

    /// `BETWEEN SYMMETRIC` is two ordinary ones.
    private mutating func between(_ between: Between) -> Expression {
        guard direction == .toBigQuery, between.symmetric else { return .between(between) }
        var straight = between
        straight.symmetric = false
        straight.negated = false
        straight.info = .none
        var swapped = straight
        swap(&swapped.lower, &swapped.upper)
        let either = Expression.any(of: [.between(straight), .between(swapped)])
        return between.negated ? .not(either) : either
    }

    private mutating func test(_ test: IsTest) throws(SQLError) -> IsTest {
        var test = test
        guard direction == .toBigQuery else { return test }
        switch test.property {
        case .null, .isTrue, .isFalse: break
        case .unknown: test.property = .null
        case .normalized: try refuse("IS NORMALIZED", "Compare with NORMALIZE(x).", at: test.info.range)
        case .json: try refuse("IS JSON", "Write SAFE.PARSE_JSON(x) IS NOT NULL there.", at: test.info.range)
        case .document: try refuse("IS DOCUMENT", at: test.info.range)
        }
        return test
    }

    static func isBytewise(_ collation: QualifiedName) -> Bool {
        ["c", "posix", "ucs_basic", "c.utf8", "binary"].contains(collation.last.name.lowercased())
    }

    /// Collations by name are PostgreSQL's; that by bytes is GoogleSQL's only one here.
    private mutating func collated(_ collated: Collated) throws(SQLError) -> Expression {
        guard direction == .toBigQuery, !Self.isBytewise(collated.collation) else {
            return collated.operand
        }
        try refuse("the collation \(collated.collation)", "Write COLLATE \"C\".", at: collated.info.range)
        return .collated(collated)
    }

    private mutating func atTimeZone(_ node: AtTimeZone) throws(SQLError) -> Expression {
        // GoogleSQL has it only within EXTRACT, of a TIMESTAMP; there it says the same in both.
        guard direction == .toBigQuery else { return .atTimeZone(node) }
        switch type(of: node.operand) {
        case .timestampTZ: return .call("DATETIME", node.operand, node.zone)
        case .timestamp: return .call("TIMESTAMP", node.operand, node.zone)
        case .date: return .call("DATETIME", .call("TIMESTAMP", node.operand), node.zone)
        case .time, .timeTZ:
            try refuse("AT TIME ZONE of a time without a date", at: node.info.range)
            return .atTimeZone(node)
        default:
            try needType(of: node.operand, for: "AT TIME ZONE")
            return .atTimeZone(node)
        }
    }
}
