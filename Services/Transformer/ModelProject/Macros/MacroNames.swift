import Pipeline

/// Finds macros in SQL without expanding them.
enum MacroNames {
    /// Adds the names, lower case, of the variables and functions in `range`, those in their arguments too.
    static func collect(_ source: SourceFile, _ range: Range<Int>, into names: inout Set<String>) {
        each(source, range) { skimmer, start in
            var from = start + 1
            if skimmer.at(from) == UInt8(ascii: "{") { from = skimmer.code(from: from + 1) }
            guard let byte = skimmer.at(from), TemplateLexer.isWord(byte) else { return }
            let end = skimmer.piece(at: from).end
            let name = skimmer.text(from..<end).lowercased()
            names.insert(name)
            guard name == "var" || name == "blueprint_var", skimmer.at(end) == UInt8(ascii: "("),
                let first = skimmer.list(openedAt: end)?.elements.first
            else { return }
            names.insert(skimmer.text(first).trimmingQuotes().lowercased())
        }
    }

    /// Where in `range` the `@` of variables stands whose names begin with `prefix`.
    static func starts(of prefix: String, _ source: SourceFile, _ range: Range<Int>) -> [Int] {
        var starts: [Int] = []
        each(source, range) { skimmer, start in
            if skimmer.text(start + 1..<skimmer.end).hasPrefix(prefix) { starts.append(start) }
        }
        return starts
    }

    private static func each(_ source: SourceFile, _ range: Range<Int>, _ body: (SQLSkimmer, Int) -> Void) {
        let skimmer = SQLSkimmer(bytes: Array(source.text.utf8), end: range.upperBound, stringsHaveEscapes: false)
        var index = range.lowerBound
        while index < skimmer.end {
            let piece = skimmer.piece(at: index)
            switch piece.kind {
            case .mark(UInt8(ascii: "@")) where skimmer.at(index + 1) == UInt8(ascii: "'"):
                let end = skimmer.piece(at: index + 1).end
                for place in index + 1..<end where skimmer.bytes[place] == UInt8(ascii: "@") { body(skimmer, place) }
                index = end
                continue
            case .mark(UInt8(ascii: "@")): body(skimmer, index)
            case .quotedName:
                for place in index..<piece.end where skimmer.bytes[place] == UInt8(ascii: "@") { body(skimmer, place) }
            default: break
            }
            index = piece.end
        }
    }
}
