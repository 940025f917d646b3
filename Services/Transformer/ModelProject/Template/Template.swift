import Pipeline

/// SQL as people write it: text with SQLMesh macros, Jinja tags and bare `ref('x')` calls between.
///
/// A template is parsed once, when its file is read, so that a mistake is found even in a branch that is not taken.
/// Every part keeps its place in the file.
public struct Template: Sendable, Equatable {
    /// The file the template stands in.
    public let source: SourceFile
    /// UTF-8 offsets of the template in the file.
    public let range: Range<Int>
    let nodes: [TemplateNode]
    /// The `@DEF` statements of the file, which hold for all its templates.
    var definitions: [Template] = []

    /// Parses `range` of `source`.
    public init(_ source: SourceFile, range: Range<Int>? = nil) throws(PipelineError) {
        let range = range ?? 0..<source.text.utf8.count
        let tokens = try TemplateLexer.tokens(in: source, range: range)
        try self.init(source, range: range, tokens: tokens[...])
    }

    init(_ source: SourceFile, range: Range<Int>, tokens: ArraySlice<TemplateToken>) throws(PipelineError) {
        self.source = source
        self.range = range
        var parser = TemplateParser(source: source, tokens: tokens)
        nodes = try parser.parse()
    }

    private init(_ source: SourceFile, range: Range<Int>, nodes: [TemplateNode]) {
        self.source = source
        self.range = range
        self.nodes = nodes
    }

    /// SQL that was made by code: nothing in it is expanded.
    init(verbatim source: SourceFile) {
        self.source = source
        range = 0..<source.text.utf8.count
        nodes = [.text(range)]
    }

    /// The template with a fixed name for every `ref()` and variable outside of `{% if %}`: readable without a project.
    func replacingReferences() -> Template {
        Template(
            source, range: range,
            nodes: nodes.map { node in
                guard case .output(_, let range) = node else { return node }
                return .output(.literal(.string("reference"), offset: range.lowerBound), range: range)
            })
    }

    /// The text as written.
    public var text: String {
        String(decoding: Array(source.text.utf8)[range], as: UTF8.self)
    }

    /// Where the template's SQL starts, white space and comments left out.
    public var firstCode: Int {
        PropertyScanner(source, from: range.lowerBound).ahead.map { min($0, range.upperBound) } ?? range.lowerBound
    }

    /// True when there is nothing but white space and comments.
    var isEmpty: Bool {
        (PropertyScanner(source, from: range.lowerBound).ahead ?? range.upperBound) >= range.upperBound
    }

    /// Names that the template asks for as `@name`, `{{ name }}` or in a condition, lower case.
    public var names: Set<String> {
        var names = nodes.reduce(into: Set<String>()) { $1.collectNames(in: source, into: &$0) }
        for definition in definitions { names.formUnion(definition.names) }
        return names
    }

    /// True when the template asks `is_incremental()` anywhere.
    public var asksIsIncremental: Bool { nodes.contains { $0.asksIsIncremental } }
}

/// A part of a template.
indirect enum TemplateNode: Sendable, Equatable {
    /// SQL, with the macros in it.
    case text(Range<Int>)
    /// `{{ expression }}`, or a bare `ref('x')` in SQL.
    case output(JinjaExpression, range: Range<Int>)
    /// `{% set name = expression %}`
    case assign(name: String, JinjaExpression, range: Range<Int>)
    /// `{% if %} … {% elif %} … {% else %} … {% endif %}`; `else` has no condition.
    case conditional([TemplateBranch])

    fileprivate func collectNames(in source: SourceFile, into names: inout Set<String>) {
        switch self {
        case .text(let range): MacroNames.collect(source, range, into: &names)
        case .output(let expression, _), .assign(_, let expression, _): expression.collectNames(into: &names)
        case .conditional(let branches):
            for branch in branches {
                branch.condition?.collectNames(into: &names)
                for node in branch.nodes { node.collectNames(in: source, into: &names) }
            }
        }
    }

    var asksIsIncremental: Bool {
        switch self {
        case .text: false
        case .output(let expression, _), .assign(_, let expression, _): expression.calls("is_incremental")
        case .conditional(let branches):
            branches.contains { branch in
                branch.condition?.calls("is_incremental") == true || branch.nodes.contains { $0.asksIsIncremental }
            }
        }
    }
}

struct TemplateBranch: Sendable, Equatable {
    let condition: JinjaExpression?
    let nodes: [TemplateNode]
}

/// Puts tokens together into nodes: matches the `{% … %}` tags.
struct TemplateParser {
    let source: SourceFile
    let tokens: ArraySlice<TemplateToken>
    var position: Int

    init(source: SourceFile, tokens: ArraySlice<TemplateToken>) {
        self.source = source
        self.tokens = tokens
        position = tokens.startIndex
    }

    mutating func parse() throws(PipelineError) -> [TemplateNode] {
        let nodes = try parseNodes(depth: 0)
        if position < tokens.endIndex, case .statement(let inside) = tokens[position].kind {
            throw source.error(at: inside.lowerBound, "This tag closes nothing: there is no open {% if %} here.")
        }
        return nodes
    }

    private mutating func parseNodes(depth: Int) throws(PipelineError) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        while position < tokens.endIndex {
            let token = tokens[position]
            switch token.kind {
            case .text, .semicolon: nodes.append(.text(token.range))
            case .output(let inside):
                var parser = JinjaParser(source: source, range: inside)
                nodes.append(.output(try parser.parseWhole(), range: token.range))
            case .call(let inside):
                var parser = JinjaParser(source: source, range: inside)
                nodes.append(.output(try parser.parseWhole(), range: token.range))
            case .comment: break
            case .statement(let inside):
                var parser = JinjaParser(source: source, range: inside)
                guard let word = parser.word() else {
                    throw source.error(at: inside.lowerBound, "Expected a tag name such as if, else, endif or set.")
                }
                switch word {
                case "if":
                    nodes.append(try parseConditional(&parser, openedAt: token.range.lowerBound, depth: depth))
                    continue
                case "elif", "else", "endif": return nodes
                case "set":
                    let (name, value) = try parser.parseAssignment()
                    nodes.append(.assign(name: name, value, range: token.range))
                default:
                    throw source.error(
                        at: inside.lowerBound,
                        "The tag {% \(word) %} is not supported. Known: if, elif, else, endif, set.")
                }
            }
            position += 1
        }
        return nodes
    }

    private mutating func parseConditional(
        _ head: inout JinjaParser, openedAt offset: Int, depth: Int
    ) throws(PipelineError) -> TemplateNode {
        guard depth < 64 else { throw source.error(at: offset, "{% if %} is nested too deeply (64 levels).") }
        var branches: [TemplateBranch] = []
        var condition: JinjaExpression? = try head.parseWhole()
        while true {
            position += 1
            branches.append(TemplateBranch(condition: condition, nodes: try parseNodes(depth: depth + 1)))
            guard position < tokens.endIndex, case .statement(let inside) = tokens[position].kind else {
                throw source.error(at: offset, "This {% if %} has no {% endif %} (tags in comments do not count).")
            }
            var parser = JinjaParser(source: source, range: inside)
            let word = parser.word() ?? ""
            if word == "endif" {
                try parser.expectEnd()
                position += 1
                return .conditional(branches)
            }
            guard condition != nil else {
                throw source.error(at: inside.lowerBound, "{% \(word) %} after {% else %}.")
            }
            if word == "else" {
                try parser.expectEnd()
                condition = nil
            } else {
                condition = try parser.parseWhole()
            }
        }
    }
}
