import Pipeline

/// Macros that stand for a keyword and take its clause away where their condition is false: `@WHERE(condition) …`.
enum ClauseMacro: String {
    case with, join, `where`, having, limit
    case groupBy = "group_by"
    case orderBy = "order_by"

    /// What the macro stands for.
    var keyword: String { rawValue.uppercased().replacing("_", with: " ") }

    /// Words before JOIN that belong to it.
    static let joinWords: Set = ["natural", "left", "right", "full", "inner", "outer", "cross", "lateral"]

    /// Words that begin something else than what the clause has in it.
    private static let clauseEnds: Set = [
        "select", "where", "group", "having", "window", "qualify", "order", "limit", "offset", "fetch", "for", "union",
        "intersect", "except", "returning",
    ]

    /// True when the clause ends before `word` (lower case), behind which `next` stands.
    func ends(before word: String, _ next: String) -> Bool {
        switch self {
        case .with: return ["select", "values", "insert", "update", "delete", "merge", "table"].contains(word)
        case .join where word == "join" || Self.joinWords.contains(word): return next != "("
        default: break
        }
        if word == "group" || word == "order" { return next == "by" }
        return Self.clauseEnds.contains(word)
    }
}

extension MacroExpander {
    /// Puts the clause's keyword in, or leaves the clause out; where the text goes on.
    mutating func expand(
        _ clause: ClauseMacro, _ call: MacroCall, _ skimmer: SQLSkimmer, into output: inout MacroOutput
    ) throws(PipelineError) -> Int {
        guard call.arguments.count == 1 else { throw call.error("@\(call.name) takes one argument: the condition.") }
        if try isTrue(try value(of: call.arguments[0], in: call.text), at: call) {
            output.insert(clause.keyword, from: call.start)
            return call.end
        }
        if clause == .join { output.dropWords { ClauseMacro.joinWords.contains($0) } }
        return end(of: clause, from: call.end, skimmer)
    }

    private func end(of clause: ClauseMacro, from start: Int, _ skimmer: SQLSkimmer) -> Int {
        var depth = 0
        var index = start
        var last: SQLSkimmer.Kind = .space
        while index < skimmer.end {
            let piece = skimmer.piece(at: index)
            switch piece.kind {
            case .mark(UInt8(ascii: "(")), .mark(UInt8(ascii: "[")): depth += 1
            case .mark(UInt8(ascii: ")")), .mark(UInt8(ascii: "]")):
                if depth == 0 { return index }
                depth -= 1
            case .mark(UInt8(ascii: ";")) where depth == 0: return index
            case .mark(UInt8(ascii: ",")) where depth == 0 && clause == .join: return index
            case .mark(UInt8(ascii: "@")) where depth == 0:
                if let next = skimmer.at(index + 1), TemplateLexer.isWord(next) {
                    let word = skimmer.text(index + 1..<skimmer.piece(at: index + 1).end).lowercased()
                    if ClauseMacro(rawValue: word) != nil { return index }
                }
            case .word where depth == 0 && last != .mark(UInt8(ascii: ".")) && last != .mark(UInt8(ascii: "@")):
                let next = skimmer.code(from: piece.end)
                let following = next < skimmer.end ? skimmer.text(next..<skimmer.piece(at: next).end).lowercased() : ""
                if clause.ends(before: skimmer.text(index..<piece.end).lowercased(), following) { return index }
            default: break
            }
            if piece.kind != .space, piece.kind != .comment { last = piece.kind }
            index = piece.end
        }
        return index
    }
}
