// PostgreSQL's operators on JSON, as functions with paths.

extension Transpiler {
    /// `->`, `->>`, `#>`, `#>>` and `?`. Values that are objects or arrays are null for JSON_VALUE, as texts they are not.
    mutating func json(_ node: BinaryOperation) throws(SQLError) -> Expression {
        let isText = node.operation == .jsonText || node.operation == .jsonPathText
        var steps: [Step]?
        switch node.operation {
        case .jsonPath, .jsonPathText: steps = path(node.right)
        default: steps = step(node.right).map { [$0] }
        }
        guard let steps else { return try dynamic(node, isText) }
        var base = node.left
        var path = "$"
        if let inner = node.left.jsonQuery {
            base = inner.base
            path = inner.path
        }
        for step in steps { path += step.text }
        if node.operation == .hasKey { return .isNotNull(.call("JSON_QUERY", base, .string(path))) }
        return .call(isText ? "JSON_VALUE" : "JSON_QUERY", base, .string(path))
    }

    /// A key that the row tells.
    private mutating func dynamic(_ node: BinaryOperation, _ isText: Bool) throws(SQLError) -> Expression {
        guard node.operation == .jsonField || node.operation == .jsonText, node.right.integerLiteral == nil else {
            let sign = source.traits.operators.binary(node.operation)?.text ?? ""
            try refuse("\(sign) with this path", "Write constant keys, and positions from 0.", at: node.info.range)
            return .binary(node)
        }
        let value = Expression.subscripted(SubscriptAccess(operand: node.left, position: .index(node.right)))
        return isText ? .call("JSON_VALUE", value) : value
    }

    /// One step of a path: a key, or a position from 0.
    private enum Step {
        case key(String)
        case position(Int)

        var text: String {
            switch self {
            case .position(let position): return "[\(position)]"
            case .key(let key):
                let isPlain = key.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil
                if isPlain { return ".\(key)" }
                let escaped = key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                return ".\"\(escaped)\""
            }
        }
    }

    private func step(_ value: Expression) -> Step? {
        if let key = value.stringLiteral { return .key(key) }
        if let position = value.integerLiteral, position >= 0 { return .position(position) }
        return nil
    }

    /// The steps of `'{a,0,b}'` or `ARRAY['a', '0', 'b']`.
    private func path(_ value: Expression) -> [Step]? {
        var keys: [String]?
        if let text = value.stringLiteral, text.hasPrefix("{"), text.hasSuffix("}"), !text.contains("\"") {
            keys = text.dropFirst().dropLast().split(separator: ",").map { $0.trimmingSpaces }
        }
        if case .array(let array) = value, case .elements(let elements) = array.content {
            let texts = elements.compactMap(\.stringLiteral)
            keys = texts.count == elements.count ? texts : nil
        }
        // A step of digits is a position in an array; a key of digits cannot be told from it.
        return keys?.map { key in Int(key).map { .position($0) } ?? .key(key) }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension Expression {
    /// The parts of `JSON_QUERY(base, 'path')`.
    fileprivate var jsonQuery: (base: Expression, path: String)? {
        guard case .function(let call) = self, call.name.name == "JSON_QUERY", call.arguments.count == 2,
            let path = call.arguments[1].value.stringLiteral
        else { return nil }
        return (call.arguments[0].value, path)
    }
}
