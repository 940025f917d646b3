import SQL

extension AnyTreeMaker {
    mutating func expression(_ depth: Int) -> Expression {
        guard depth > 0 else { return leaf() }
        switch pick(28) {
        case 0, 1: return leaf()
        case 2, 3: return .binary(expression(depth - 1), binaryOperator(), expression(depth - 1))
        case 4: return logical(depth)
        case 5: return unary(depth)
        case 6:
            return .isTest(IsTest(operand: expression(depth - 1), property: property(), negated: chance(2)))
        case 7:
            return .between(
                Between(
                    operand: expression(depth - 1), lower: expression(depth - 1), upper: expression(depth - 1),
                    negated: chance(2), symmetric: isPostgres && chance(3)))
        case 8: return membership(depth)
        case 9: return match(depth)
        case 10:
            let branches = some(2) {
                Conditional.Branch(condition: $0.expression(depth - 1), result: $0.expression(depth - 1))
            }
            return .conditional(
                Conditional(
                    operand: chance(3) ? leaf() : nil, branches: branches,
                    otherwise: chance(2) ? expression(depth - 1) : nil))
        case 11: return cast(depth)
        case 12: return .subquery(Subquery(query: query(depth - 1)))
        case 13: return .exists(Subquery(query: query(depth - 1)))
        case 14: return array(depth)
        case 15: return subscripted(depth)
        case 16: return row(depth)
        case 17: return .field(FieldAccess(operand: expression(depth - 1), field: "part"))
        case 18: return .atTimeZone(AtTimeZone(operand: expression(depth - 1), zone: .string("UTC")))
        case 19:
            let collation = isPostgres ? QualifiedName("s", "c") : QualifiedName([Identifier("und:ci", quoted: true)])
            return .collated(Collated(operand: expression(depth - 1), collation: collation))
        case 20 where isPostgres: return quantified(depth)
        case 21 where isPostgres: return chance(3) ? periods() : symbolic(depth)
        case 22, 23: return specialCall(depth)
        default: return call(depth)
        }
    }

    private mutating func logical(_ depth: Int) -> Expression {
        let connective = choose([LogicalOperation.Connective.and, .or])
        var operands = [expression(depth - 1), expression(depth - 1)]
        if case .logical(let first) = operands[0], first.connective == connective { operands[0] = leaf() }
        if chance(2) { operands.append(leaf()) }
        return .logical(LogicalOperation(connective: connective, operands: operands))
    }

    private mutating func unary(_ depth: Int) -> Expression {
        var operators: [UnaryOperator] = [.not, .minus, .plus, .bitNot]
        if isPostgres { operators += [.squareRoot, .cubeRoot] }
        if isPostgres, !hasPlaceholders { operators.append(.absolute) }
        return .unary(UnaryOperation(operation: choose(operators), operand: expression(depth - 1)))
    }

    private mutating func property() -> IsTest.Property {
        var properties: [IsTest.Property] = [.null, .isTrue, .isFalse, .unknown]
        if isPostgres { properties += [.normalized(form: nil), .normalized(form: "NFKC"), .document] }
        // Of PostgreSQL 16.
        if isPostgres, hasPlaceholders {
            properties.append(.json(kind: choose([nil, "ARRAY"]), uniqueKeys: chance(2)))
        }
        return choose(properties)
    }

    private mutating func membership(_ depth: Int) -> Expression {
        var values = some(3) { $0.expression(depth - 1) }
        // One query alone between the parentheses is the set, not a value of it.
        if values.count == 1, case .subquery = values[0] { values[0] = leaf() }
        var source = Membership.Source.list(values)
        switch pick(5) {
        case 0, 1: source = .query(query(depth - 1))
        case 2 where !isPostgres: source = .unnest(expression(depth - 1))
        case 2 where hasPlaceholders: source = .placeholder(placeholder())
        default: break
        }
        return .membership(Membership(operand: expression(depth - 1), source: source, negated: chance(2)))
    }

    private mutating func match(_ depth: Int) -> Expression {
        var match = PatternMatch(
            kind: isPostgres ? choose([.like, .ilike, .similar]) : .like, operand: expression(depth - 1),
            pattern: expression(depth - 1), negated: chance(2))
        if match.kind != .similar, chance(4) {
            match.quantifier = choose([.any, .all])
            match.pattern = .subquery(Subquery(query: query(depth - 1)))
        } else if isPostgres, chance(4) {
            match.escape = .string("!")
        }
        return .match(match)
    }

    private mutating func cast(_ depth: Int) -> Expression {
        var cast = Cast(operand: expression(depth - 1), type: type())
        if isPostgres, chance(2) { cast.notation = Spelling(.doubleColon) }
        guard !isPostgres else { return .cast(cast) }
        cast.safe = chance(3)
        if chance(4) { cast.format = .string("YYYY") }
        if cast.format != nil, chance(2) { cast.formatTimeZone = .string("UTC") }
        return .cast(cast)
    }

    private mutating func array(_ depth: Int) -> Expression {
        if chance(4) { return .array(ArrayConstructor(content: .query(query(depth - 1)))) }
        let elements = some(3) { $0.expression(depth - 1) }
        return .array(
            ArrayConstructor(content: .elements(elements), elementType: !isPostgres && chance(3) ? type() : nil))
    }

    private mutating func subscripted(_ depth: Int) -> Expression {
        let operand = expression(depth - 1)
        var access = SubscriptAccess(operand: operand, position: .index(expression(depth - 1)))
        if isPostgres {
            if chance(3) { access.position = .slice(chance(2) ? .integer(1) : nil, chance(2) ? leaf() : nil) }
            if case .subscripted = operand { access.standsAlone = chance(2) }
        } else {
            switch pick(4) {
            case 0: access.position = .offset(.integer(0), safe: chance(2))
            case 1: access.position = .ordinal(.integer(1), safe: chance(2))
            case 2: access.position = .key(.string("k"), safe: chance(2))
            default: break
            }
        }
        return .subscripted(access)
    }

    private mutating func row(_ depth: Int) -> Expression {
        var fields = (0..<(2 + pick(2))).map { _ in SelectItem(value: expression(depth - 1)) }
        switch pick(3) {
        case 0 where isPostgres: return .row(RowConstructor(kind: .row, fields: fields))
        case 0, 1:
            guard !isPostgres else { return .row(RowConstructor(kind: .tuple, fields: fields)) }
            if chance(2) {
                let type = DataType(kind: .structure([.init(name: "x", type: type()), .init(type: type())]))
                return .row(RowConstructor(kind: .structure, fields: fields, type: type))
            }
            fields[0].alias = name()
            return .row(RowConstructor(kind: .structure, fields: fields))
        default: return .row(RowConstructor(kind: .tuple, fields: fields))
        }
    }

    private mutating func quantified(_ depth: Int) -> Expression {
        .quantified(
            QuantifiedComparison(
                operand: expression(depth - 1), operation: choose([.equal, .less, .add]),
                quantifier: choose([.any, .all]), set: set(depth)))
    }

    private mutating func set(_ depth: Int) -> Expression {
        chance(2)
            ? .subquery(Subquery(query: query(depth - 1))) : .array(ArrayConstructor(content: .elements([leaf()])))
    }

    private mutating func periods() -> Expression {
        let periods = (0..<2).map { _ in
            Expression.row(RowConstructor(kind: .row, fields: [leaf(), leaf()].map { SelectItem(value: $0) }))
        }
        return .binary(periods[0], .periodOverlaps, periods[1])
    }

    private mutating func symbolic(_ depth: Int) -> Expression {
        var operation = SymbolicOperation(symbol: choose(["~<~", "<<|", "|>>", "!!"]), right: expression(depth - 1))
        if chance(3) {
            operation.qualifier = [name()]
            operation.symbol = choose(["+", "~<~"])
        }
        if chance(2) { operation.left = expression(depth - 1) }
        if operation.left != nil, chance(4) {
            operation.quantifier = choose([.any, .all])
            operation.right = set(depth)
        }
        return .symbolic(operation)
    }

    private mutating func binaryOperator() -> BinaryOperator {
        var choices: [BinaryOperator] = [
            .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .add, .subtract, .multiply, .divide,
            .concatenate, .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight, .distinct, .notDistinct,
        ]
        if isPostgres {
            choices += [
                .modulo, .power, .jsonField, .jsonText, .jsonPath, .jsonPathText, .contains, .containedBy, .overlaps,
                .hasKey, .hasAnyKey, .hasAllKeys, .deletePath, .pathExists, .pathMatches, .matches,
            ]
            choices += [
                .matchesIgnoringCase, .notMatches, .notMatchesIgnoringCase, .adjacent, .distance, .startsWith,
                .notRightOf, .notLeftOf,
            ]
        }
        return choose(choices)
    }

    // MARK: Calls

    func named(_ name: String, _ arguments: [(Argument.Label?, Expression)]) -> FunctionCall {
        FunctionCall(
            name: Identifier(name),
            arguments: arguments.map { label, value in
                var argument = Argument(value)
                argument.label = label
                return argument
            })
    }

    mutating func call(_ depth: Int) -> Expression {
        var call = FunctionCall(
            qualifier: chance(5) ? [name()] : [], name: Identifier(choose(["f", "count", "sum", "lower"])),
            arguments: (0..<pick(3)).map { _ in Argument(expression(depth - 1)) })
        var modifiers = CallModifiers()
        if chance(4), !call.arguments.isEmpty { modifiers.distinct = true }
        if chance(4), !call.arguments.isEmpty { modifiers.orderBy = [orderItem(depth - 1)] }
        if isPostgres {
            if chance(6) { modifiers.filter = expression(depth - 1) }
            if chance(6), !modifiers.distinct, modifiers.orderBy.isEmpty {
                modifiers.withinGroup = [orderItem(depth - 1)]
            }
        } else if !call.arguments.isEmpty {
            modifiers.nulls = choose([nil, nil, .ignore, .respect])
            if chance(6) { modifiers.having = choose([.maximum(leaf()), .minimum(leaf())]) }
            if chance(6) { modifiers.limit = .integer(3) }
        }
        if chance(4) { modifiers.over = chance(3) ? .name("w") : .specification(window(depth - 1)) }
        if modifiers != CallModifiers() { call.modifiers = modifiers }
        return .function(call)
    }

    private mutating func specialCall(_ depth: Int) -> Expression {
        let value = expression(depth - 1)
        switch pick(isPostgres ? 11 : 6) {
        case 0:
            return .function(named("EXTRACT", [(nil, .timePart(TimePart(name: "DAY"))), (.from, value)]))
        case 1:
            let side = choose([Argument.Label.both, .leading, .trailing])
            return .function(named("TRIM", [(side, .string("x")), (.from, value)]))
        case 2: return .function(FunctionCall(name: "CURRENT_DATE", hasParentheses: false))
        case 3: return .function(named("f", [(nil, value), (.name("size"), leaf())]))
        case 4 where !isPostgres:
            let part = TimePart(name: "WEEK", weekStart: chance(2) ? "MONDAY" : nil)
            return .function(named("DATE_TRUNC", [(nil, value), (nil, .timePart(part))]))
        case 5 where !isPostgres:
            if chance(2) { return .function(named("WITH", [(.variable("v"), value), (nil, leaf())])) }
            return .function(named("f", [(.word("TABLE"), .column("t")), (nil, value)]))
        case 4: return .function(named("SUBSTRING", [(nil, leaf()), (.from, .integer(1)), (.for, value)]))
        case 5: return .function(named("SUBSTRING", [(nil, leaf()), (.similar, value), (.escape, .string("#"))]))
        case 6: return .function(named("POSITION", [(nil, leaf()), (.in, leaf())]))
        case 7: return .function(named("OVERLAY", [(nil, value), (.placing, leaf()), (.from, .integer(1))]))
        case 8:
            let side = choose([Argument.Label.bothFrom, .leadingFrom, .trailingFrom])
            return .function(named("TRIM", [(side, value)]))
        case 9: return .function(named("f", [(nil, leaf()), (.variadic, value)]))
        default:
            // Of PostgreSQL 16.
            guard hasPlaceholders else { return call(depth) }
            var call = named("JSON_OBJECT", [(nil, .string("k")), (.value, value)])
            call.modifiers = CallModifiers()
            call.modifiers?.json = .init(
                keepsNulls: choose([nil, true, false]), uniqueKeys: true, returning: DataType(kind: .jsonb))
            return .function(call)
        }
    }

    // MARK: Leaves

    mutating func leaf() -> Expression {
        switch pick(12) {
        case 0: return .integer(pick(1_000))
        case 1: return .decimal(Double(pick(1_000)) / 8) ?? .null
        case 2: return .string(choose(["", "x", "it's", "a\\b", "line\nbreak", "-- no", "é", "\"q\"", "/*"]))
        case 3: return choose([.null, .boolean(true), .boolean(false)])
        case 4: return typedLiteral()
        case 5: return interval()
        case 6: return .parameter(parameter())
        case 7 where hasPlaceholders: return .placeholder(placeholder())
        case 7: return .literal(Literal(value: isPostgres ? .bits("0101") : .bytes([0, 65, 200])))
        default:
            let name = name()
            return .column(ColumnReference(qualifier: chance(2) ? [self.name()] : [], name: name))
        }
    }

    private mutating func typedLiteral() -> Expression {
        let kinds: [DataType.Kind] = isPostgres ? [.date, .timestamp, .jsonb] : [.date, .timestamp, .json, .numeric]
        return .typedLiteral(TypedLiteral(type: DataType(kind: choose(kinds)), text: "2026-11-23"))
    }

    private mutating func interval() -> Expression {
        if !isPostgres {
            if chance(2) { return .interval(IntervalLiteral(value: .string("1-2"), from: "YEAR", to: "MONTH")) }
            return .interval(IntervalLiteral(value: .integer(pick(9)), from: choose(["DAY", "HOUR"])))
        }
        switch pick(3) {
        case 0: return .interval(IntervalLiteral(value: .string("1 day")))
        case 1: return .interval(IntervalLiteral(value: .string("1-2"), from: "YEAR", to: "MONTH"))
        default: return .interval(IntervalLiteral(value: .string("1.5"), from: "SECOND", precision: 3))
        }
    }

    private mutating func parameter() -> Parameter {
        if isPostgres { return Parameter(kind: .numbered(1 + pick(9))) }
        if hasPlaceholders { return Parameter(kind: .anonymous) }
        return Parameter(kind: choose([.anonymous, .named("p"), .system("time_zone")]))
    }
}
