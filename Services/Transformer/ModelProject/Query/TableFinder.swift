/// Finds the relations in FROM and JOIN.
struct TableFinder {
    /// What is known of an open parenthesis.
    private struct Frame {
        var inFrom = false
        var expectsTable = false
        /// EXTRACT(x FROM y): FROM is no clause here.
        var isFunctionWithFrom = false
        /// Names of CTEs that a WITH at this depth has defined so far, and what encloses it.
        var names: Set<String> = []
    }

    static func tables(in tokens: [QueryToken]) -> [QueryOutline.Table] {
        var tables: [QueryOutline.Table] = []
        var frames = [Frame()]
        var index = 0
        while index < tokens.count {
            let token = tokens[index]
            let top = frames.count - 1
            switch (token.kind, token.text) {
            case (.sign, "("):
                var frame = Frame(names: frames[top].names)
                frame.isFunctionWithFrom = index > 0 && SQLWords.withFrom.contains(tokens[index - 1].text)
                let isSubquery =
                    index + 1 < tokens.count && ["select", "with", "values"].contains(tokens[index + 1].text)
                frame.inFrom = frames[top].expectsTable && !isSubquery
                frame.expectsTable = frame.inFrom
                frames[top].expectsTable = false
                frames.append(frame)
            case (.sign, ")"):
                if frames.count > 1 { frames.removeLast() }
            case (.sign, ","):
                frames[top].expectsTable = frames[top].inFrom
            case (.word, "with") where startsQuery(tokens, index):
                frames[top].names.formUnion(commonTables(tokens, after: index))
            case (.word, "from"):
                let distinctFrom =
                    index > 0 && tokens[index - 1].text == "distinct" && index > 1
                    && ["is", "not"].contains(tokens[index - 2].text)
                if !frames[top].isFunctionWithFrom && !distinctFrom {
                    frames[top].inFrom = true
                    frames[top].expectsTable = true
                }
            case (.word, "join"): frames[top].expectsTable = true
            case (.word, "lateral"), (.word, "only"): break
            case (.word, let word) where SQLWords.endOfFrom.contains(word):
                frames[top].inFrom = false
                frames[top].expectsTable = false
            default:
                if frames[top].expectsTable, token.isName {
                    frames[top].expectsTable = false
                    let (table, next) = read(tokens, at: index)
                    let isFunction = next < tokens.count && tokens[next].text == "("
                    if !isFunction && !(table.parts.count == 1 && frames[top].names.contains(table.parts[0])) {
                        tables.append(table)
                    }
                    index = next
                    continue
                }
            }
            index += 1
        }
        return tables
    }

    private static func read(_ tokens: [QueryToken], at start: Int) -> (QueryOutline.Table, next: Int) {
        var parts = [tokens[start].text]
        var next = start + 1
        while next + 1 < tokens.count, tokens[next].text == ".", tokens[next + 1].isName {
            parts.append(tokens[next + 1].text)
            next += 2
        }
        var hasAlias = false
        if next < tokens.count {
            let after = tokens[next]
            hasAlias =
                after.text == "as" && after.kind == .word || after.kind == .quoted
                || after.kind == .word && !SQLWords.afterTable.contains(after.text)
        }
        let range = tokens[start].range.lowerBound..<tokens[next - 1].range.upperBound
        return (QueryOutline.Table(parts: parts, range: range, hasAlias: hasAlias), next)
    }

    /// True for the WITH of a query, not for `TIME WITH ZONE` or `WITH ORDINALITY`.
    private static func startsQuery(_ tokens: [QueryToken], _ index: Int) -> Bool {
        index == 0 || ["(", ";"].contains(tokens[index - 1].text) || tokens[index - 1].text == "as"
    }

    /// The names that a WITH clause defines.
    private static func commonTables(_ tokens: [QueryToken], after start: Int) -> Set<String> {
        var names: Set<String> = []
        var depth = 0
        var index = start + 1
        var expectsName = true
        while index < tokens.count {
            let token = tokens[index]
            if token.text == "(" && token.kind == .sign { depth += 1 }
            if token.text == ")" && token.kind == .sign {
                depth -= 1
                if depth < 0 { break }
            }
            if depth == 0 {
                if token.text == "," {
                    expectsName = true
                } else if token.text == "select" {
                    break
                } else if expectsName, token.isName, token.text != "recursive" {
                    names.insert(token.text)
                    expectsName = false
                }
            }
            index += 1
        }
        return names
    }
}

/// Finds the outermost SELECT's list.
struct SelectListFinder {
    /// The list's items; nil when there is no single outermost SELECT.
    private(set) var items: [ArraySlice<QueryToken>]?
    private(set) var range: Range<Int>?
    private(set) var isGrouped = false
    private(set) var dependsOnListOrder = false

    init(_ tokens: [QueryToken]) {
        var depth = 0
        var start: Int?
        var end: Int?
        var cuts: [Int] = []
        for (index, token) in tokens.enumerated() {
            if token.kind == .sign && token.text == "(" { depth += 1 }
            if token.kind == .sign && token.text == ")" { depth -= 1 }
            guard depth == 0 else { continue }
            switch (token.kind, token.text) {
            case (.word, "select"):
                if start != nil { return }
                start = index + 1
            case (.word, "union"), (.word, "intersect"), (.word, "except"): return
            case (.word, "distinct") where start == index:
                dependsOnListOrder = true
                start = index + 1
            case (.word, "all") where start == index: start = index + 1
            case (.word, "from") where start != nil && end == nil && !Self.isDistinctFrom(tokens, index): end = index
            case (.sign, ",") where start != nil && end == nil: cuts.append(index)
            case (.word, "by") where index > 0:
                if tokens[index - 1].text == "group" { isGrouped = true }
                if Self.namesPosition(tokens, after: index) { dependsOnListOrder = true }
            default: break
            }
        }
        guard let first = start else { return }
        let last = end ?? tokens.count
        guard first < last else { return }
        range = first..<last
        var found: [ArraySlice<QueryToken>] = []
        var from = first
        for cut in cuts + [last] where cut >= from {
            found.append(tokens[from..<cut])
            from = cut + 1
        }
        items = found
    }

    private static func isDistinctFrom(_ tokens: [QueryToken], _ index: Int) -> Bool {
        index > 1 && tokens[index - 1].text == "distinct" && ["is", "not"].contains(tokens[index - 2].text)
    }

    /// `GROUP BY 1`, `ORDER BY 2`: a number where an expression starts.
    private static func namesPosition(_ tokens: [QueryToken], after index: Int) -> Bool {
        var depth = 0
        for position in (index + 1)..<max(index + 1, tokens.count) {
            let token = tokens[position]
            if token.text == "(" { depth += 1 }
            if token.text == ")" { depth -= 1 }
            if depth < 0 || depth == 0 && ["having", "order", "limit", "window", "offset"].contains(token.text) {
                return false
            }
            let before = tokens[position - 1].text
            let isNumber = token.kind == .constant && token.text.utf8.allSatisfy { (48...57).contains($0) }
            if depth == 0, before == "by" || before == ",", isNumber { return true }
        }
        return false
    }
}
