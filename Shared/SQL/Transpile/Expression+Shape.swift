// Questions about the shape of an expression that rules ask, and short forms for what they build.

extension Expression {
    /// GoogleSQL's `[a, b]`.
    static func list(_ elements: [Expression]) -> Expression {
        .array(ArrayConstructor(content: .elements(elements), hasKeyword: Spelling(false)))
    }

    var isNullLiteral: Bool {
        if case .literal(let literal) = self, literal.value == .null { true } else { false }
    }

    /// The text of a string literal.
    var stringLiteral: String? {
        if case .literal(let literal) = self, case .string(let text) = literal.value { text } else { nil }
    }

    /// The value of a whole number, with a minus before it or without.
    var integerLiteral: Int? {
        switch self {
        case .literal(let literal):
            if case .integer(let digits) = literal.value { Int(digits) } else { nil }
        case .unary(let node) where node.operation == .minus: node.operand.integerLiteral.map { -$0 }
        default: nil
        }
    }
}

extension DataType.Kind {
    var isWholeNumber: Bool { self == .int16 || self == .int32 || self == .int64 }
    var isFloat: Bool { self == .float32 || self == .float64 }
    var isExactNumber: Bool { self == .numeric || self == .bigNumeric }
    var isNumber: Bool { isWholeNumber || isFloat || isExactNumber }
    var isText: Bool { self == .text || self == .varchar || self == .char }
    var isArray: Bool { if case .array = self { true } else { false } }
}
