/// What a call becomes, as text of the target dialect in which `$1`, `$2`, … stand for the arguments.
///
/// In PostgreSQL, `$1::integer` around a literal is the literal alone: the cast is for columns, which are wider.
struct FunctionForm: Sendable {
    /// How many arguments the call has.
    let arity: Int
    private let tree: Result<Expression, SQLError>

    init(_ text: String, _ dialect: SQLDialect) {
        var arity = 0
        var source = ""
        var afterDollar = false
        for character in text {
            if afterDollar, let number = character.wholeNumberValue {
                arity = max(arity, number)
                source += dialect == .bigQuery ? "@argument\(number)" : "$\(number)"
            } else if afterDollar {
                source += "$" + String(character)
            }
            if !afterDollar && character != "$" { source.append(character) }
            afterDollar = character == "$"
        }
        self.arity = arity
        do throws(SQLError) {
            var tree = try parseExpression(source, dialect: dialect)
            var forgetting = Forgetting()
            try forgetting.rewrite(&tree)
            self.tree = .success(tree)
        } catch {
            tree = .failure(error)
        }
    }

    /// The tree with `values` in the places of the arguments, and what stood around the call's arguments around its own.
    func filled(with values: [Expression], modifiers: CallModifiers? = nil) throws(SQLError) -> Expression {
        var result = try tree.get()
        var filling = Filling(values: values)
        try filling.rewrite(&result)
        if let modifiers, case .function(var call) = result {
            var merged = modifiers
            merged.distinct = modifiers.distinct || call.modifiers?.distinct ?? false
            if let filter = call.modifiers?.filter {
                merged.filter = modifiers.filter.map { .all(of: [$0, filter]) } ?? filter
            }
            if let own = call.modifiers?.orderBy, !own.isEmpty { merged.orderBy = own }
            if let own = call.modifiers?.withinGroup, !own.isEmpty { merged.withinGroup = own }
            call.modifiers = merged
            result = .function(call)
        }
        return result
    }

    /// Takes the places of the form's own text out of the tree: they are not places of the query.
    private struct Forgetting: TreeRewriter {
        mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
            try descend(&expression)
            expression.info.range = .none
        }
    }

    private struct Filling: TreeRewriter {
        let values: [Expression]

        mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
            switch expression {
            case .parameter(let parameter):
                if let index = index(of: parameter), index < values.count { expression = values[index] }
            case .cast(let cast):
                try descend(&expression)
                if cast.type.kind == .int32, case .cast(let filled) = expression, filled.operand.integerLiteral != nil {
                    expression = filled.operand
                }
            default: try descend(&expression)
            }
        }

        private func index(of parameter: Parameter) -> Int? {
            switch parameter.kind {
            case .numbered(let number): number - 1
            case .named(let name): Int(name.dropFirst("argument".count)).map { $0 - 1 }
            case .anonymous, .system: nil
            }
        }
    }
}

extension FunctionRule {
    /// The call in PostgreSQL's words: the form that has as many arguments as the call.
    static func postgres(_ texts: String...) -> FunctionRule { forms(texts.map { FunctionForm($0, .postgres) }) }

    /// The call in GoogleSQL's words: the form that has as many arguments as the call.
    static func bigQuery(_ texts: String...) -> FunctionRule { forms(texts.map { FunctionForm($0, .bigQuery) }) }

    private static func forms(_ forms: [FunctionForm]) -> FunctionRule {
        .written { (transpiler, call) throws(SQLError) in
            guard let form = forms.first(where: { $0.arity == call.arguments.count }) else {
                let name = call.name.name.uppercased()
                try transpiler.refuse("\(name) with \(call.arguments.count) arguments", at: call.info.range)
                return .function(call)
            }
            let result = try form.filled(with: call.values, modifiers: call.modifiers)
            if call.modifiers != nil, case .function = result {
            } else if call.modifiers != nil {
                let name = call.name.name.uppercased()
                try transpiler.refuse("\(name) with OVER, ORDER BY or DISTINCT", at: call.info.range)
            }
            return result
        }
    }
}
