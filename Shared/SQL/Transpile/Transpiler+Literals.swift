// Constants.

extension Transpiler {
    mutating func literal(_ literal: Literal) throws(SQLError) -> Expression {
        switch (direction, literal.value) {
        case (.toBigQuery, .bits(let digits)):
            try refuse("the bit string B'\(digits)'", "Write a number.", at: literal.info.range)
        case (.toBigQuery, .integer(let digits)) where !digits.hasPrefix("0x") && Int(digits) == nil:
            // Beyond 64 bits PostgreSQL reads a numeric.
            return .typedLiteral(
                TypedLiteral(type: DataType(kind: digits.count > 29 ? .bigNumeric : .numeric), text: digits))
        case (.toPostgres, .integer(let digits)) where digits.lowercased().hasPrefix("0x"):
            // Before version 16, PostgreSQL has no such numbers.
            if let number = Int(digits.dropFirst(2), radix: 16) { return .integer(number) }
        case (.toPostgres, .bytes(let bytes)):
            let digits = bytes.map { byte in
                let text = String(byte, radix: 16)
                return text.utf8.count < 2 ? "0" + text : text
            }
            return .cast(.string("\\x" + digits.joined()), to: .bytes)
        case (.toPostgres, .string(let text)) where text.utf8.contains(0):
            try refuse("a string with the character 0", at: literal.info.range)
        default: break
        }
        return .literal(literal)
    }

    mutating func typedLiteral(_ literal: TypedLiteral) throws(SQLError) -> Expression {
        switch direction {
        case .toBigQuery:
            switch literal.type.kind {
            case .date, .time, .timestamp, .timestampTZ:
                guard DateText.isStandard(literal.text, literal.type.kind) else {
                    try refuse(
                        "'\(literal.text)' as a \(literal.type.sql(source))",
                        "Write it as 2026-11-23 12:34:56, or with a function.", at: literal.info.range)
                    return .typedLiteral(literal)
                }
            case .json, .jsonb: break
            default:
                // `int '5'` is a cast.
                let operand = typed(.string(literal.text), .text)
                return try cast(Cast(operand: operand, type: literal.type, info: literal.info))
            }
        case .toPostgres:
            if literal.type.kind == .numeric || literal.type.kind == .bigNumeric { return number(literal.text) }
        }
        var literal = literal
        literal.type = try type(literal.type)
        return .typedLiteral(literal)
    }

    /// The number of a text, with its sign before it.
    private func number(_ text: String) -> Expression {
        var digits = text
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        let isPlain = !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        guard isPlain else { return .cast(.string(text), to: .numeric) }
        // A whole number without a point would be an integer.
        if !digits.contains("."), digits.utf8.count < 19 {
            return .cast(.literal(Literal(value: .integer(text))), to: .numeric)
        }
        let value = Expression.literal(Literal(value: digits.contains(".") ? .decimal(digits) : .integer(digits)))
        return isNegative ? .unary(UnaryOperation(operation: .minus, operand: value)) : value
    }
}

/// Texts of dates and times that both dialects read alike.
enum DateText {
    /// `2026-11-23`, `12:34:56.789`, or both with a space or T between them, and a zone where the type has one.
    static func isStandard(_ text: String, _ kind: DataType.Kind) -> Bool {
        switch kind {
        case .date: text.wholeMatch(of: /\d{4}-\d{1,2}-\d{1,2}/) != nil
        case .time: text.wholeMatch(of: /\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?/) != nil
        case .timestamp:
            text.wholeMatch(of: /\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?/) != nil
        case .timestampTZ:
            text.wholeMatch(
                of:
                    /\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?( ?([-+]\d{1,2}(:\d{2})?|Z|UTC|[A-Z][A-Za-z_]+\/[A-Za-z_\/]+))?/
            ) != nil
        default: false
        }
    }
}
