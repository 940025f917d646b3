/// What stands behind `is`. `defined` and `undefined` are the evaluator's.
enum JinjaTests {
    static let names: Set = [
        "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in", "integer",
        "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string", "true",
        "undefined",
        "upper",
    ]

    /// Those with an argument, which needs no parentheses.
    static let binary: Set = ["divisibleby", "eq", "equalto", "ge", "gt", "in", "le", "lt", "ne"]

    private static let operators: [String: JinjaOperator] = [
        "eq": .equal, "equalto": .equal, "ne": .different, "lt": .less, "le": .lessOrEqual, "gt": .greater,
        "ge": .greaterOrEqual, "in": .in,
    ]

    /// Nil where the test does not go with these values.
    static func holds(_ name: String, _ value: VariableValue, _ arguments: [VariableValue]) -> Bool? {
        if let operation = operators[name] {
            return arguments.first.flatMap { JinjaArithmetic.apply(operation, value, $0) }?.isTrue
        }
        switch (name, value) {
        case ("none", .null), ("boolean", .boolean), ("string", .string), ("integer", .integer), ("float", .number),
            ("number", .integer), ("number", .number), ("mapping", .mapping), ("true", .boolean(true)),
            ("false", .boolean(false)):
            return true
        case ("iterable", _), ("sequence", _): return JinjaFilters.elements(value) != nil
        case ("lower", .string(let text)): return text == text.lowercased()
        case ("upper", .string(let text)): return text == text.uppercased()
        case ("odd", .integer(let number)): return number % 2 != 0
        case ("even", .integer(let number)): return number % 2 == 0
        case ("divisibleby", .integer(let number)):
            guard case .integer(let divisor)? = arguments.first, divisor != 0 else { return nil }
            return number % divisor == 0
        default: return ["lower", "upper", "odd", "even", "divisibleby"].contains(name) ? nil : false
        }
    }
}
