/// Short forms for building trees by code. Names given as strings are taken letter by letter: the generator quotes
/// them where the dialect would otherwise fold or misread them.
extension Expression {
    /// A column, qualified by a table name or alias where given.
    public static func column(_ name: String, of table: String? = nil) -> Expression {
        .column(ColumnReference(qualifier: table.map { [Identifier(exact: $0)] } ?? [], name: Identifier(exact: name)))
    }

    /// A string constant.
    public static func string(_ text: String) -> Expression { .literal(Literal(value: .string(text))) }

    /// A whole number; a negative one is a minus before its digits.
    public static func integer(_ value: Int) -> Expression { number("\(value)") { .integer($0) } }

    /// A finite number; nil for infinities and NaN, which SQL has no literal for.
    public static func decimal(_ value: Double) -> Expression? {
        value.isFinite ? number("\(value)") { .decimal($0) } : nil
    }

    /// TRUE or FALSE.
    public static func boolean(_ value: Bool) -> Expression { .literal(Literal(value: .boolean(value))) }

    public static var null: Expression { .literal(Literal(value: .null)) }

    public static var star: Expression { .star(Star()) }

    /// A call of a function. The name is written as given.
    public static func call(_ name: String, _ arguments: Expression..., distinct: Bool = false) -> Expression {
        call(name, arguments, distinct: distinct)
    }

    /// A call of a function with a list of arguments. The name is written as given.
    public static func call(_ name: String, _ arguments: [Expression], distinct: Bool = false) -> Expression {
        var call = FunctionCall(name: Identifier(name), arguments: arguments.map { Argument($0) })
        if distinct { call.modifiers = CallModifiers(distinct: true) }
        return .function(call)
    }

    /// Two operands with an operator between them.
    public static func binary(_ left: Expression, _ operation: BinaryOperator, _ right: Expression) -> Expression {
        .binary(BinaryOperation(operation: operation, left: left, right: right))
    }

    /// All of `conditions`; TRUE for none, the condition itself for one.
    public static func all(of conditions: [Expression]) -> Expression { joined(conditions, by: .and, empty: true) }

    /// Any of `conditions`; FALSE for none, the condition itself for one.
    public static func any(of conditions: [Expression]) -> Expression { joined(conditions, by: .or, empty: false) }

    /// `operand IS NULL`.
    public static func isNull(_ operand: Expression) -> Expression {
        .isTest(IsTest(operand: operand, property: .null))
    }

    /// `operand IS NOT NULL`.
    public static func isNotNull(_ operand: Expression) -> Expression {
        .isTest(IsTest(operand: operand, property: .null, negated: true))
    }

    /// `NOT operand`.
    public static func not(_ operand: Expression) -> Expression {
        .unary(UnaryOperation(operation: .not, operand: operand))
    }

    /// `operand IN (values)`; FALSE for no values.
    public static func isIn(_ operand: Expression, _ values: [Expression]) -> Expression {
        values.isEmpty ? .boolean(false) : .membership(Membership(operand: operand, source: .list(values)))
    }

    /// `CAST(operand AS type)`.
    public static func cast(_ operand: Expression, to type: DataType.Kind) -> Expression {
        .cast(Cast(operand: operand, type: DataType(kind: type)))
    }

    private static func number(_ text: String, _ make: (String) -> Literal.Value) -> Expression {
        guard text.hasPrefix("-") else { return .literal(Literal(value: make(text))) }
        let digits = Expression.literal(Literal(value: make(String(text.dropFirst()))))
        return .unary(UnaryOperation(operation: .minus, operand: digits))
    }

    private static func joined(
        _ conditions: [Expression], by connective: LogicalOperation.Connective, empty: Bool
    ) -> Expression {
        guard let first = conditions.first else { return .boolean(empty) }
        guard conditions.count > 1 else { return first }
        // A chain that begins with a chain of its own kind is that chain, longer.
        var operands: [Expression] = []
        if case .logical(let chain) = first, chain.connective == connective {
            operands = chain.operands
        } else {
            operands = [first]
        }
        return .logical(LogicalOperation(connective: connective, operands: operands + conditions.dropFirst()))
    }
}

extension Identifier {
    /// A name taken letter by letter: quoted when it is written, unless it is plain enough to mean itself.
    public init(exact name: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        self.init(name, quoted: !isPlain)
    }
}

extension QualifiedName {
    /// A name whose parts are taken letter by letter, outermost first.
    public init(exact names: [String]) { self.init(names.map { Identifier(exact: $0) }) }
}

extension Relation {
    /// A table, with an alias where given.
    public static func table(_ name: QualifiedName, as alias: String? = nil) -> Relation {
        .table(TableReference(name: name, alias: alias.map { TableAlias(name: Identifier(exact: $0)) }))
    }

    /// A query in FROM under a name.
    public static func subquery(_ query: Query, as alias: String) -> Relation {
        .subquery(DerivedTable(query: query, alias: TableAlias(name: Identifier(exact: alias))))
    }
}

extension SelectItem {
    /// An item with a name, taken letter by letter.
    public init(_ value: Expression, as alias: String? = nil) {
        self.init(value: value, alias: alias.map { Identifier(exact: $0) })
    }
}

extension Query {
    /// A query that is one SELECT.
    public init(_ select: Select, orderBy: [OrderItem] = [], limit: Int? = nil, offset: Int? = nil) {
        self.init(
            body: .select(select), orderBy: orderBy, limit: limit.map { Limit(count: .integer($0)) },
            offset: offset.map { .integer($0) })
    }
}

extension GroupBy {
    /// Groups by `keys`; nil for none.
    public init?(keys: [Expression]) {
        if keys.isEmpty { return nil }
        self.init(elements: keys.map { .expression($0) })
    }
}
