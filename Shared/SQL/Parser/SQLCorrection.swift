/// Something that no database takes and that can mean one thing only, with what is to stand there.
public struct SQLCorrection: Sendable, Equatable {
    /// What was written.
    public enum Slip: String, Sendable, CaseIterable {
        /// A comma with nothing behind it: `SELECT a, FROM t`, `f(a,)`.
        case surplusComma
        /// `==`
        case doubledEqual
        /// A type under the name that another dialect has for it: `DOUBLE`, `STRING`.
        case foreignType
    }

    public let slip: Slip
    /// Where it stands.
    public let range: SourceRange
    /// What is to stand there instead; empty where nothing is.
    public let replacement: String

    /// For people: what is wrong, without the place.
    public var message: String {
        switch slip {
        case .surplusComma: "This comma has nothing behind it."
        case .doubledEqual: "`==` is written `=`."
        case .foreignType: "This type is called \(replacement) here."
        }
    }
}

extension Parser {
    /// The comma between two elements of a list. Where slips are forgiven, a comma with nothing behind it ends the list.
    mutating func takeSeparator() -> Bool {
        let comma = token.range
        guard take(.comma) else { return false }
        return !forgives || hasElement(behind: comma)
    }

    private mutating func hasElement(behind comma: SourceRange) -> Bool {
        while at(.comma) {
            note(.surplusComma, at: token.range)
            advance()
        }
        guard endsList() else { return true }
        note(.surplusComma, at: comma)
        return false
    }

    private mutating func note(_ slip: SQLCorrection.Slip, at range: SourceRange, _ replacement: String = "") {
        corrections.append(SQLCorrection(slip: slip, range: range, replacement: replacement))
    }

    /// True at what no element of a list begins with.
    private func endsList() -> Bool {
        switch token.kind {
        case .endOfText, .rightParenthesis, .rightBracket, .semicolon, .pipe: return true
        case .word: return endsEmptyList()
        default: return false
        }
    }

    /// A type that another dialect has, under the name that this one has for it; nil for any other type.
    /// - Parameters:
    ///   - words: The type's name as written, in lower case.
    ///   - name: Where that stands.
    ///   - parameters: What followed in parentheses. They go where this dialect's type has none.
    mutating func forgivenType(_ words: String, at name: SourceRange, parameters: [Int]) -> DataType? {
        guard forgives, let kind = dialect.traits.types.foreign[words],
            let written = dialect.traits.types.names[kind]
        else { return nil }
        switch kind {
        case .numeric, .varchar, .timestamp, .timestampTZ:
            note(.foreignType, at: name, written)
            return DataType(kind: kind, parameters: parameters)
        default:
            note(.foreignType, at: SourceRange(start: name.start, end: lastEnd), written)
            return DataType(kind: kind)
        }
    }
}
