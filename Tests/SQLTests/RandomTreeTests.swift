import SQL
import TestValues
import Testing

@Suite("Trees of any kind are read back as they were written") struct RandomTreeTests {
    @Test("by the dialect that wrote them", arguments: [SQLDialect.postgres, .bigQuery])
    func roundTrip(dialect: SQLDialect) throws {
        for seed in 0..<UInt64(500) {
            var maker = TreeMaker(dialect: dialect, seed: seed)
            let query = maker.query(4)
            let text = query.sql(dialect)
            do {
                #expect(try parseQuery(text, dialect: dialect) == query, "seed \(seed): \(text)")
            } catch {
                Issue.record("seed \(seed): \(error)\n\(text)")
            }
            let pretty = query.sql(dialect, style: .pretty)
            #expect((try? parseQuery(pretty, dialect: dialect)) == query, "seed \(seed): \(pretty)")
            if dialect == .postgres {
                #expect(LibpgQuery.error(text) == nil, "seed \(seed): \(text)")
                #expect(LibpgQuery.fingerprint(text) == LibpgQuery.fingerprint(pretty), "seed \(seed)")
            }
        }
    }
}

/// Makes random trees of what both dialects have, and a little of what each has alone.
struct TreeMaker {
    let dialect: SQLDialect
    private var random: SplitMix
    private var isPostgres: Bool { dialect == .postgres }

    init(dialect: SQLDialect, seed: UInt64) {
        self.dialect = dialect
        random = SplitMix(seed: seed)
    }

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    private mutating func chance(_ oneIn: Int) -> Bool { pick(oneIn) == 0 }
    private mutating func choose<T>(_ choices: [T]) -> T { choices[pick(choices.count)] }

    private mutating func some<T>(_ most: Int, _ make: (inout Self) -> T) -> [T] {
        (0..<(1 + pick(most))).map { _ in make(&self) }
    }

    private mutating func name() -> Identifier {
        choose([
            "a", "b", "total", "order", "group by", "Select", "it's", "x\"y", "Größe", "end", "_1", "offset", "value",
        ])
        .quotedIfNeeded(dialect)
    }

    // MARK: Queries

    mutating func query(_ depth: Int) -> Query {
        var query = Query(body: body(depth))
        if chance(4), depth > 0 {
            let tables = some(2) { maker in
                CommonTable(name: maker.name(), statement: .query(maker.query(depth - 1)))
            }
            query.with = With(recursive: chance(5), tables: tables)
        }
        if chance(3) { query.orderBy = some(2) { $0.orderItem(depth - 1) } }
        if chance(4) { query.limit = Limit(count: .integer(pick(100))) }
        if query.limit != nil, chance(3) { query.offset = .integer(pick(10)) }
        // Parentheses around a query are the query itself.
        if case .query(let inner) = query.body, query.with == nil, query.orderBy.isEmpty, query.limit == nil {
            return inner
        }
        return query
    }

    private mutating func body(_ depth: Int) -> QueryBody {
        guard depth > 0 else { return .select(select(0)) }
        switch pick(8) {
        case 0:
            let all = chance(2)
            let kind = choose([SetOperation.Kind.union, .intersect, .except])
            var operands = [operand(depth - 1), operand(depth - 1)]
            if case .setOperation(let first) = operands[0], first.kind == kind, first.all == all {
                operands[0] = .select(select(0))
            }
            if chance(3) { operands.append(.select(select(0))) }
            return .setOperation(SetOperation(kind: kind, all: all, operands: operands))
        case 1 where isPostgres: return .values(Values(rows: [some(3) { $0.expression(depth - 1) }]))
        default: return .select(select(depth))
        }
    }

    private mutating func operand(_ depth: Int) -> QueryBody {
        let query = query(depth)
        let isBare = query.with == nil && query.orderBy.isEmpty && query.limit == nil && query.offset == nil
        return isBare ? query.body : .query(query)
    }

    private mutating func select(_ depth: Int) -> Select {
        var select = Select(items: some(3) { $0.item(depth - 1) })
        if chance(6) { select.distinct = .distinct }
        if chance(2) || depth > 2 { select.from = some(2) { $0.fromItem(depth - 1) } }
        if chance(2) { select.condition = expression(depth - 1) }
        if chance(4) { select.groupBy = GroupBy(keys: some(2) { $0.expression(min(depth - 1, 1)) }) }
        if select.groupBy != nil, chance(3) { select.having = expression(depth - 1) }
        return select
    }

    private mutating func item(_ depth: Int) -> SelectItem {
        if chance(8) { return SelectItem(value: .star) }
        return SelectItem(value: expression(depth), alias: chance(2) ? name() : nil)
    }

    private mutating func fromItem(_ depth: Int) -> FromItem {
        var item = FromItem(relation: relation(depth))
        if chance(3) {
            item.joins = some(2) { maker in
                let kind = maker.choose([Join.Kind.inner, .left, .right, .full, .cross])
                var condition: Join.Condition?
                if kind != .cross {
                    condition = maker.chance(3) ? .using([maker.name()], alias: nil) : .on(maker.expression(depth - 1))
                }
                return Join(kind: kind, relation: maker.relation(depth - 1), condition: condition)
            }
        }
        return item
    }

    private mutating func relation(_ depth: Int) -> Relation {
        if depth > 0, chance(3) {
            return .subquery(DerivedTable(query: query(depth - 1), alias: TableAlias(name: name())))
        }
        let parts = chance(2) ? [name()] : [name(), name()]
        return .table(TableReference(name: QualifiedName(parts), alias: chance(2) ? TableAlias(name: name()) : nil))
    }

    private mutating func orderItem(_ depth: Int) -> OrderItem {
        OrderItem(
            value: expression(depth), direction: choose([nil, .ascending, .descending]),
            nulls: choose([nil, .first, .last]))
    }

    // MARK: Expressions

    mutating func expression(_ depth: Int) -> Expression {
        guard depth > 0 else { return leaf() }
        switch pick(17) {
        case 0, 1: return leaf()
        case 2, 3: return .binary(expression(depth - 1), binaryOperator(), expression(depth - 1))
        case 4:
            let connective = choose([LogicalOperation.Connective.and, .or])
            var operands = [expression(depth - 1), expression(depth - 1)]
            if case .logical(let first) = operands[0], first.connective == connective { operands[0] = leaf() }
            if chance(2) { operands.append(leaf()) }
            return .logical(LogicalOperation(connective: connective, operands: operands))
        case 5:
            return .unary(
                UnaryOperation(operation: choose([.not, .minus, .plus, .bitNot]), operand: expression(depth - 1)))
        case 6:
            return .isTest(
                IsTest(
                    operand: expression(depth - 1), property: choose([.null, .isTrue, .isFalse]), negated: chance(2)))
        case 7:
            return .between(
                Between(
                    operand: expression(depth - 1), lower: expression(depth - 1), upper: expression(depth - 1),
                    negated: chance(2)))
        case 8:
            var values = some(3) { $0.expression(depth - 1) }
            // One query alone between the parentheses is the set, not a value of it.
            if values.count == 1, case .subquery = values[0] { values[0] = leaf() }
            let source: Membership.Source = chance(3) ? .query(query(depth - 1)) : .list(values)
            return .membership(Membership(operand: expression(depth - 1), source: source, negated: chance(2)))
        case 9:
            return .match(
                PatternMatch(
                    kind: .like, operand: expression(depth - 1), pattern: expression(depth - 1), negated: chance(2)))
        case 10:
            let branches = some(2) {
                Conditional.Branch(condition: $0.expression(depth - 1), result: $0.expression(depth - 1))
            }
            return .conditional(
                Conditional(
                    operand: chance(3) ? leaf() : nil, branches: branches,
                    otherwise: chance(2) ? expression(depth - 1) : nil))
        case 11:
            let type = choose([DataType.Kind.boolean, .int64, .numeric, .text, .date, .timestamp, .timestampTZ, .json])
            var cast = Cast(operand: expression(depth - 1), type: DataType(kind: type))
            if isPostgres, chance(2) { cast.notation = Spelling(.doubleColon) }
            return .cast(cast)
        case 12: return .subquery(Subquery(query: query(depth - 1)))
        case 13: return .exists(Subquery(query: query(depth - 1)))
        case 14:
            let elements = some(3) { $0.expression(depth - 1) }
            return .array(ArrayConstructor(content: .elements(elements)))
        case 15:
            return .subscripted(
                SubscriptAccess(operand: expression(depth - 1), position: .index(expression(depth - 1))))
        default: return call(depth)
        }
    }

    private mutating func binaryOperator() -> BinaryOperator {
        var choices: [BinaryOperator] = [
            .equal, .notEqual, .less, .greaterOrEqual, .add, .subtract, .multiply, .divide, .concatenate, .bitAnd,
            .bitOr,
            .bitXor, .shiftLeft, .distinct, .notDistinct,
        ]
        if isPostgres { choices += [.modulo, .power, .jsonField, .jsonText, .contains, .matches, .hasKey] }
        return choose(choices)
    }

    private mutating func call(_ depth: Int) -> Expression {
        var call = FunctionCall(
            name: Identifier(choose(["f", "count", "sum", "lower"])),
            arguments: (0..<pick(3)).map { _ in Argument(expression(depth - 1)) })
        if chance(4), !call.arguments.isEmpty { call.modifiers = CallModifiers(distinct: true) }
        if chance(4) {
            var window = WindowSpecification()
            if chance(2) { window.partitionBy = some(2) { $0.expression(depth - 1) } }
            window.orderBy = [orderItem(depth - 1)]
            if chance(2) { window.frame = WindowFrame(unit: .rows, start: .preceding(.integer(1)), end: .currentRow) }
            var modifiers = call.modifiers ?? CallModifiers()
            modifiers.over = .specification(window)
            call.modifiers = modifiers
        }
        return .function(call)
    }

    private mutating func leaf() -> Expression {
        switch pick(7) {
        case 0: return .integer(pick(1_000))
        case 1: return .decimal(Double(pick(1_000)) / 8) ?? .null
        case 2: return .string(choose(["", "x", "it's", "a\\b", "line\nbreak", "-- no", "é", "\"q\"", "/*"]))
        case 3: return choose([.null, .boolean(true), .boolean(false)])
        case 4: return .typedLiteral(TypedLiteral(type: DataType(kind: .date), text: "2026-11-23"))
        default:
            let name = name()
            return .column(ColumnReference(qualifier: chance(2) ? [self.name()] : [], name: name))
        }
    }
}

extension String {
    /// A name as a parser would give it: quoted when it has to be.
    fileprivate func quotedIfNeeded(_ dialect: SQLDialect) -> Identifier {
        Identifier(self, quoted: !dialect.isPlain(self))
    }
}
