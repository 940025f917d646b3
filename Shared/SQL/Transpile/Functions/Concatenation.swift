/// CONCAT, CONCAT_WS and FORMAT, which differ in what they make of nulls and of values that are no strings.
enum Concatenation {
    // MARK: To GoogleSQL

    /// PostgreSQL's concat takes any type and reads null as empty.
    static func ignoringNulls(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var parts: [Expression] = []
        for value in call.values { parts.append(try emptyForNull(&transpiler, value, in: "concat")) }
        return parts.count == 1 ? parts[0] : .call("CONCAT", parts)
    }

    /// ARRAY_TO_STRING leaves nulls out, as concat_ws does.
    static func withSeparator(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let separator = call.values.first else { return try transpiler.wrongArguments(call) }
        var parts: [Expression] = []
        for value in call.values.dropFirst() { parts.append(try text(&transpiler, value, in: "concat_ws")) }
        let array = Expression.list(parts)
        return .call("ARRAY_TO_STRING", array, separator)
    }

    /// PostgreSQL's `format('%s of %s', a, b)`: its pieces, one behind the other.
    static func format(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let pattern = call.values.first?.stringLiteral, let pieces = pieces(of: pattern),
            pieces.allSatisfy({ $0.isText || $0.code == "s" })
        else {
            let advice = "Write format with a literal that has no codes but %s."
            try transpiler.refuse("this format", advice, at: call.info.range)
            return .function(call)
        }
        var values = call.values.dropFirst()
        var parts: [Expression] = []
        for piece in pieces {
            if piece.isText {
                parts.append(.string(piece.code))
            } else if let value = values.popFirst() {
                parts.append(try emptyForNull(&transpiler, value, in: "format"))
            } else {
                try transpiler.refuse("format with too few arguments", at: call.info.range)
            }
        }
        return parts.isEmpty ? .string("") : parts.count == 1 ? parts[0] : .call("CONCAT", parts)
    }

    private static func emptyForNull(
        _ transpiler: inout Transpiler, _ value: Expression, in function: String
    ) throws(SQLError) -> Expression {
        if value.isNullLiteral { return .string("") }
        let text = try text(&transpiler, value, in: function)
        return isNeverNull(value) ? text : .call("IFNULL", text, .string(""))
    }

    /// A constant, or a value that ends in one where it would be null.
    private static func isNeverNull(_ value: Expression) -> Bool {
        switch value {
        case .literal: return !value.isNullLiteral
        case .function(let call):
            switch call.name.name.lowercased() {
            case "coalesce", "ifnull": return call.values.last.map { isNeverNull($0) } ?? false
            case "concat": return call.values.allSatisfy { isNeverNull($0) }
            default: return false
            }
        default: return false
        }
    }

    /// `value` as PostgreSQL writes it into text.
    private static func text(
        _ transpiler: inout Transpiler, _ value: Expression, in function: String
    ) throws(SQLError) -> Expression {
        if value.stringLiteral != nil || value.isNullLiteral { return value }
        guard let kind = transpiler.type(of: value) else {
            try transpiler.needType(of: value, for: function)
            return .cast(value, to: .text)
        }
        if kind.isText { return value }
        if kind == .boolean { return .call("IF", value, .string("t"), .string("f")) }
        if kind.isWholeNumber || kind == .date { return .cast(value, to: .text) }
        let type = DataType(kind: kind).sql(transpiler.source)
        try transpiler.refuse("\(function) of \(type)", "Cast it to text as it shall look.", at: value.info.range)
        return .cast(value, to: .text)
    }

    // MARK: To PostgreSQL

    /// What `CONCAT(IFNULL(x, ''), …)` is called while it goes to PostgreSQL: a name that no text can have.
    static let nullsEmpty = "concat:nulls"

    /// The call of `nullsEmpty` that a call of GoogleSQL's CONCAT comes to; nil where its arguments may be null.
    static func withoutNulls(_ call: FunctionCall) -> FunctionCall? {
        guard call.name.name.lowercased() == "concat", call.values.allSatisfy({ isNeverNull($0) }) else { return nil }
        var isChanged = false
        let values = call.values.map { value in
            guard case .function(let inner) = value, inner.name.name.lowercased() == "ifnull",
                inner.arguments.count == 2, inner.values[1].stringLiteral == ""
            else { return value }
            isChanged = true
            return inner.values[0]
        }
        return isChanged ? call.with(values, name: nullsEmpty) : nil
    }

    /// GoogleSQL's CONCAT is null when an argument is: so is `||`. Where none can be, concat is the same.
    static func toPostgres(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        if call.values.allSatisfy({ isNeverNull($0) }) { return .function(call) }
        guard var result = call.values.first else { return try transpiler.wrongArguments(call) }
        for value in call.values.dropFirst() { result = .binary(result, .concatenate, value) }
        return result
    }

    /// GoogleSQL's FORMAT with the codes that have an equivalent: %s, %d, %i, %t of strings and whole numbers, and
    /// `%.2f`. It is null when an argument is.
    static func formatToPostgres(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let pattern = call.values.first?.stringLiteral, let pieces = pieces(of: pattern) else {
            try transpiler.refuse("FORMAT with this text", "Write a literal.", at: call.info.range)
            return .function(call)
        }
        var values = call.values.dropFirst()
        var parts: [Expression] = []
        for piece in pieces {
            if piece.isText {
                parts.append(.string(piece.code))
                continue
            }
            guard let value = values.popFirst() else { break }
            guard let part = formatted(transpiler.type(of: value), value, piece.code) else {
                let advice = "Write to_char(number, pattern)."
                try transpiler.refuse("FORMAT with the code %\(piece.code)", advice, at: call.info.range)
                return .function(call)
            }
            parts.append(part)
        }
        guard var result = parts.first else { return .string("") }
        for part in parts.dropFirst() { result = .binary(result, .concatenate, part) }
        return result
    }

    private static func formatted(_ kind: DataType.Kind?, _ value: Expression, _ code: String) -> Expression? {
        if code.hasPrefix("."), code.hasSuffix("f"), let places = Int(code.dropFirst().dropLast()) {
            guard kind?.isFloat ?? true else {
                return .cast(.call("round", .cast(value, to: .numeric), .integer(places)), to: .text)
            }
            // As in C, halves go to the even neighbour.
            let pattern = "FM99999999999990" + (places > 0 ? "." : "") + String(repeating: "0", count: places)
            return .call("to_char", value, .string(pattern))
        }
        switch code {
        case "s": return value
        case "d", "i": return .cast(value, to: .text)
        case "t":
            guard let kind, kind.isText || kind.isWholeNumber || kind == .date else { return nil }
            return kind.isText ? value : .cast(value, to: .text)
        default: return nil
        }
    }

    // MARK: Formats

    /// A stretch of plain text, or what stands behind a percent sign.
    private struct Piece {
        var code: String
        var isText: Bool
    }

    /// Nil when the text ends within a code.
    private static func pieces(of pattern: String) -> [Piece]? {
        var pieces: [Piece] = []
        var plain = ""
        var rest = Substring(pattern)
        while let character = rest.popFirst() {
            guard character == "%" else {
                plain.append(character)
                continue
            }
            if rest.first == "%" {
                plain.append("%")
                rest.removeFirst()
                continue
            }
            if !plain.isEmpty { pieces.append(Piece(code: plain, isText: true)) }
            plain = ""
            var code = String(rest.prefix { !$0.isLetter })
            rest.removeFirst(code.count)
            guard let letter = rest.popFirst() else { return nil }
            code.append(letter)
            pieces.append(Piece(code: code, isText: false))
        }
        if !plain.isEmpty { pieces.append(Piece(code: plain, isText: true)) }
        return pieces
    }
}
