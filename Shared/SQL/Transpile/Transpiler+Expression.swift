extension Transpiler {
    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        try descend(&expression)
        let info = expression.info
        expression = try converted(expression)
        // What stands in the node's place answers for its type, and says what was said of it.
        expression.info.range = info.range
        if let comments = info.comments { expression.info.comments = comments }
    }

    /// The expression, of which the operands are of the target dialect already, in the target dialect.
    private mutating func converted(_ expression: Expression) throws(SQLError) -> Expression {
        switch expression {
        case .function(let node): return try converted(node)
        default: return expression
        }
    }

    private mutating func converted(_ call: FunctionCall) throws(SQLError) -> Expression {
        guard call.qualifier.isEmpty else {
            try unknownFunction(call)
            return .function(call)
        }
        switch functions.rule(for: call) {
        case nil:
            try unknownFunction(call)
            return .function(call)
        case .same: return .function(call)
        case .renamed(let name): return .function(call.renamed(name))
        case .written(let write): return try write(&self, call)
        case .refused(let advice):
            try refuse("\(call.name.name.uppercased())", advice, at: call.info.range)
            return .function(call)
        }
    }
}
