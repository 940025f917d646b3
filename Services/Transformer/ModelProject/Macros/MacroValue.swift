/// What a macro, or a variable, stands for.
enum MacroValue: Sendable, Equatable {
    /// Nothing: an element of a list that is left out.
    case nothing
    /// One piece of SQL, as text.
    case sql(String)
    /// A value of the configuration or of Millrace.
    case constant(VariableValue)
    /// Any number of pieces of SQL, which become elements of the list around them.
    case list([String])

    /// As it stands in SQL; nil when it leaves nothing there.
    var text: String? {
        switch self {
        case .nothing: nil
        case .sql(let text): text
        case .constant(let value): value.literal
        case .list(let elements): elements.isEmpty ? nil : elements.joined(separator: ", ")
        }
    }

    /// As it stands within a name or a string: without the quotes of a string or of a name, of `a.b` only `b`.
    var embedded: String {
        switch self {
        case .nothing: ""
        case .constant(let value): value.plain
        case .list(let elements): elements.joined(separator: ", ")
        case .sql(let text): SQLPiece(text).embedded
        }
    }

    /// The text of the string that it is; nil for anything else.
    var string: String? {
        switch self {
        case .constant(.string(let text)): text
        case .sql(let text): SQLPiece(text).string
        default: nil
        }
    }
}

/// A short piece of SQL of which only the outside matters.
struct SQLPiece {
    private let text: String
    private let skimmer: SQLSkimmer

    init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        skimmer = SQLSkimmer(bytes: bytes, end: bytes.count, stringsHaveEscapes: false)
    }

    /// The content of `'…'`, if the piece is just that.
    var string: String? {
        guard skimmer.at(0) == UInt8(ascii: "'"), skimmer.piece(at: 0).end == skimmer.end, skimmer.end > 1 else {
            return nil
        }
        return text.trimmingQuotes()
    }

    /// The parts of a dotted name, each without its quotes; nil when the piece is no name.
    var nameParts: [String]? {
        var parts: [String] = []
        var index = 0
        while index < skimmer.end {
            let piece = skimmer.piece(at: index)
            switch piece.kind {
            case .word where !(48...57).contains(skimmer.bytes[index]): parts.append(skimmer.text(index..<piece.end))
            case .quotedName: parts.append(StatementText.unquoted(skimmer.text(index..<piece.end)))
            default: return nil
            }
            if piece.end == skimmer.end { return parts }
            guard skimmer.at(piece.end) == UInt8(ascii: ".") else { return nil }
            index = piece.end + 1
        }
        return nil
    }

    var embedded: String { string ?? nameParts?.last ?? text }

    /// The elements of `[a, b]`, `(a, b)` or `ARRAY[a, b]`; nil when the piece is something else.
    var elements: [String]? {
        var open = skimmer.code(from: 0)
        if case .word = skimmer.at(open) == nil ? .space : skimmer.piece(at: open).kind {
            let word = skimmer.piece(at: open)
            guard skimmer.text(open..<word.end).lowercased() == "array" else { return nil }
            open = skimmer.code(from: word.end)
        }
        guard let first = skimmer.at(open), first == UInt8(ascii: "(") || first == UInt8(ascii: "["),
            let list = skimmer.list(openedAt: open), skimmer.code(from: list.end) == skimmer.end
        else { return nil }
        return list.elements.map { skimmer.text($0) }
    }
}
