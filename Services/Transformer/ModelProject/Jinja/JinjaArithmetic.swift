import Foundation

/// Operators of Jinja on values; nil where they do not go with these.
enum JinjaArithmetic {
    static func apply(_ operation: JinjaOperator, _ left: VariableValue, _ right: VariableValue) -> VariableValue? {
        switch (operation, left, right) {
        case (.equal, _, _): return .boolean(areEqual(left, right))
        case (.different, _, _): return .boolean(!areEqual(left, right))
        case (.concatenate, _, _): return .string(left.plain + right.plain)
        case (.in, _, _): return contains(right, left).map { .boolean($0) }
        case (.notIn, _, _): return contains(right, left).map { .boolean(!$0) }
        case (.less, _, _): return order(left, right).map { .boolean($0 < 0) }
        case (.lessOrEqual, _, _): return order(left, right).map { .boolean($0 <= 0) }
        case (.greater, _, _): return order(left, right).map { .boolean($0 > 0) }
        case (.greaterOrEqual, _, _): return order(left, right).map { .boolean($0 >= 0) }
        case (.add, .string(let left), .string(let right)): return .string(left + right)
        case (.add, .list(let left), .list(let right)): return .list(left + right)
        case (.multiply, .string(let text), .integer(let count)) where (0...100_000).contains(count):
            return .string(String(repeating: text, count: count))
        case (.modulo, .string(let text), .list(let values)): return JinjaMethods.percentFormat(text, values)
        case (.modulo, .string(let text), _): return JinjaMethods.percentFormat(text, [right])
        case (_, .integer(let left), .integer(let right)): return integers(operation, left, right)
        default:
            guard let left = number(left), let right = number(right) else { return nil }
            return numbers(operation, left, right)
        }
    }

    private static func integers(_ operation: JinjaOperator, _ left: Int, _ right: Int) -> VariableValue? {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .floorDivide, .modulo:
            guard right != 0, left > .min else { return nil }
            let quotient = Int((Double(left) / Double(right)).rounded(.down))
            return .integer(operation == .modulo ? left - quotient * right : quotient)
        default: return numbers(operation, Double(left), Double(right))
        }
        return result.overflow ? nil : .integer(result.partialValue)
    }

    private static func numbers(_ operation: JinjaOperator, _ left: Double, _ right: Double) -> VariableValue? {
        switch operation {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide where right != 0: return .number(left / right)
        case .floorDivide where right != 0: return .number((left / right).rounded(.down))
        case .power:
            let result = pow(left, right)
            let isWhole = left == left.rounded() && right == right.rounded() && right >= 0
            return isWhole ? Int(exactly: result).map { .integer($0) } : .number(result)
        default: return nil
        }
    }

    static func number(_ value: VariableValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    /// Negative, zero or positive; nil for values that have no order.
    static func order(_ left: VariableValue, _ right: VariableValue) -> Int? {
        if let left = number(left), let right = number(right) { return left < right ? -1 : left == right ? 0 : 1 }
        guard case .string(let left) = left, case .string(let right) = right else { return nil }
        return left == right ? 0 : left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
    }

    private static func areEqual(_ left: VariableValue, _ right: VariableValue) -> Bool {
        if let left = number(left), let right = number(right) { return left == right }
        return left == right
    }

    private static func contains(_ whole: VariableValue, _ part: VariableValue) -> Bool? {
        switch (whole, part) {
        case (.list(let elements), _): elements.contains { areEqual($0, part) }
        case (.mapping(let pairs), .string(let key)): pairs[key] != nil
        case (.string(let text), .string(let part)): part.isEmpty || text.contains(part)
        default: nil
        }
    }
}
