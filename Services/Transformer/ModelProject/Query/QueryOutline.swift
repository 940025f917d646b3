/// What a query's text shows without its meaning: the relations it reads and the list it selects.
///
/// Works on tokens, so comments, strings and spelling do not mislead it.
public struct QueryOutline: Sendable {
    /// A relation named in FROM or JOIN.
    public struct Table: Sendable, Equatable {
        /// The parts of the name: bare ones lower case, quoted ones as written.
        public let parts: [String]
        /// UTF-8 offsets in the text.
        public let range: Range<Int>
        /// True when the query gives it a name of its own.
        public let hasAlias: Bool

        /// `schema.name` or `name`.
        public var name: String { parts.joined(separator: ".") }
    }

    /// An item of the outermost select list.
    public struct Projection: Sendable, Equatable {
        /// One text for all spellings, alias included.
        public let canonical: String
        /// The column's name, where the text shows one.
        public let name: String?
        /// The item without its alias.
        let tokens: [QueryToken]
        /// Names of called functions, those with OVER left out.
        public let functions: Set<String>
        /// True when a query stands in it.
        public let hasSubquery: Bool
    }

    /// The text.
    public let sql: String
    /// Relations in the order of the text, without the query's own CTEs.
    public let tables: [Table]
    /// Nil for a set operation or VALUES.
    public let projections: [Projection]?
    /// True when a `*` stands anywhere but in a call.
    public let usesStar: Bool
    /// True when the outermost SELECT has GROUP BY.
    public let isGrouped: Bool
    /// DISTINCT, or a position in GROUP BY or ORDER BY.
    public let dependsOnListOrder: Bool
    /// One text for all spellings of white space, case and comments.
    public let canonical: String
    /// `canonical` with an empty outermost select list.
    public let skeleton: String
    /// Every bare name that stands where a column may.
    public let names: Set<String>

    /// Reads a text; anything is taken, what is no SQL has an outline that says little.
    public init(_ sql: String) {
        self.sql = sql
        var tokens = QueryToken.tokens(of: sql)
        while tokens.last?.text == ";" { tokens.removeLast() }
        canonical = Self.text(tokens[...])
        tables = TableFinder.tables(in: tokens)
        let list = SelectListFinder(tokens)
        projections = list.items?.map { Self.projection($0) }
        isGrouped = list.isGrouped
        dependsOnListOrder = list.dependsOnListOrder
        skeleton =
            list.range.map { Self.text(tokens[..<$0.lowerBound]) + " … " + Self.text(tokens[$0.upperBound...]) } ?? ""
        usesStar = tokens.indices.contains { index in
            guard tokens[index].text == "*", tokens[index].kind == .sign, index > 0 else { return false }
            let before = tokens[index - 1]
            return ["select", "distinct", "all", ",", "."].contains(before.text) && before.kind != .constant
        }
        names = Set(
            tokens.indices.filter { index in
                tokens[index].isName && (index + 1 >= tokens.count || tokens[index + 1].text != "(")
            }.map { tokens[$0].text })
    }

    private static func text(_ tokens: ArraySlice<QueryToken>) -> String {
        tokens.map(\.canonical).joined(separator: " ")
    }

    private static func projection(_ item: ArraySlice<QueryToken>) -> Projection {
        var value = Array(item)
        var name: String?
        if value.count >= 2, let last = value.last, last.isName {
            let before = value[value.count - 2]
            if before.text == "as" && before.kind == .word {
                name = last.text
                value.removeLast(2)
            } else if before.isName && !SQLWords.beforeName.contains(before.text) || before.text == ")"
                || before.kind == .constant
            {
                name = last.text == "end" ? nil : last.text
                if name != nil { value.removeLast() }
            } else if before.text == "." {
                name = last.text
            }
        } else if value.count == 1, value[0].isName {
            name = value[0].text
        }
        var functions: Set<String> = []
        for index in value.indices.dropLast() where value[index].kind == .word && value[index + 1].text == "(" {
            if SQLWords.notFunctions.contains(value[index].text) || isWindowed(value, callAt: index) { continue }
            functions.insert(value[index].text)
        }
        return Projection(
            canonical: text(item), name: name, tokens: value, functions: functions,
            hasSubquery: value.contains { $0.kind == .word && $0.text == "select" })
    }

    /// True when the call that starts at `index` is followed by OVER.
    private static func isWindowed(_ tokens: [QueryToken], callAt index: Int) -> Bool {
        var depth = 0
        for position in (index + 1)..<tokens.count {
            if tokens[position].text == "(" { depth += 1 }
            if tokens[position].text == ")" { depth -= 1 }
            if depth == 0 { return position + 1 < tokens.count && tokens[position + 1].text == "over" }
        }
        return false
    }
}

/// Words with a part to play in an outline.
enum SQLWords {
    static let afterTable: Set<String> = [
        "where", "group", "having", "order", "limit", "offset", "fetch", "union", "intersect", "except", "window",
        "qualify",
        "join", "left", "right", "full", "inner", "cross", "natural", "on", "using", "tablesample", "for", "lateral",
        "as",
    ]
    static let endOfFrom: Set<String> = [
        "where", "group", "having", "order", "limit", "offset", "fetch", "union", "intersect", "except", "window",
        "qualify",
        "for", "select",
    ]
    /// Functions that have FROM among their arguments.
    static let withFrom: Set<String> = ["extract", "substring", "trim", "overlay", "position", "substr"]
    /// What may stand before a name without making it an alias.
    static let beforeName: Set<String> = [
        "and", "or", "not", "is", "in", "like", "ilike", "between", "case", "when", "then", "else", "distinct", "all",
        "from",
        "cast", "as", "at", "zone", "select", "by", "interval",
    ]
    static let notFunctions: Set<String> = [
        "in", "and", "or", "not", "cast", "case", "when", "then", "else", "over", "filter", "within", "exists", "any",
        "all",
        "some", "as", "interval", "varchar", "char", "numeric", "decimal", "row", "values", "by", "partition", "order",
    ]
}
