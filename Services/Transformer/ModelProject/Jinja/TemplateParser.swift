import Pipeline

/// Puts tokens together into nodes: matches the `{% … %}` tags.
struct TemplateParser {
    let source: SourceFile
    private let bytes: [UInt8]
    private let tokens: ArraySlice<TemplateToken>
    private var position: Int

    init(source: SourceFile, tokens: ArraySlice<TemplateToken>) {
        self.source = source
        self.tokens = tokens
        bytes = Array(source.text.utf8)
        position = tokens.startIndex
    }

    mutating func parse() throws(PipelineError) -> [TemplateNode] {
        let nodes = try parseNodes(depth: 0)
        if position < tokens.endIndex, case .statement(let inside) = tokens[position].kind {
            throw source.error(
                at: inside.lowerBound, "This tag closes nothing: no tag that it belongs to is open here.")
        }
        return nodes
    }

    /// Tags that belong to an open one.
    private static let inner: Set = ["elif", "else", "endif", "endfor", "endset", "endmacro", "endcall", "endfilter"]

    private static let instead = [
        "import": "Macros of macros/ are there by their names.", "from": "Macros of macros/ are there by their names.",
        "include": "Write a macro in macros/ instead.", "extends": "Write a macro in macros/ instead.",
        "block": "Write a macro instead.", "call": "Give the text as an argument.",
        "filter": "Use {% set x %} … {% endset %} and {{ x | filter }}.",
    ]

    private mutating func parseNodes(depth: Int) throws(PipelineError) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        while position < tokens.endIndex {
            let token = tokens[position]
            switch token.kind {
            case .text, .semicolon:
                let range = trimmed(token.range)
                if !range.isEmpty { nodes.append(.text(range)) }
            case .output(let inside), .call(let inside):
                var parser = jinja(inside)
                nodes.append(.output(try parser.parseWhole(), range: token.range))
            case .comment: break
            case .statement(let inside):
                var parser = jinja(inside)
                guard let word = parser.word() else {
                    throw source.error(at: inside.lowerBound, "Expected a tag name such as if, for, set or macro.")
                }
                if Self.inner.contains(word) { return nodes }
                guard depth < 64 else {
                    throw source.error(at: token.range.lowerBound, "Tags are nested too deeply here (64 levels).")
                }
                if let node = try parseTag(word, &parser, at: inside.lowerBound, depth: depth) { nodes.append(node) }
            }
            position += 1
        }
        return nodes
    }

    private mutating func parseTag(
        _ word: String, _ parser: inout JinjaParser, at offset: Int, depth: Int
    ) throws(PipelineError) -> TemplateNode? {
        switch word {
        case "if": return try parseConditional(&parser, depth: depth)
        case "for": return try parseLoop(&parser, depth: depth)
        case "set": return try parseAssignment(&parser, depth: depth)
        case "macro": return try parseMacro(&parser, depth: depth)
        case "do": return .perform(try parser.parseWhole())
        default:
            let instead = Self.instead[word].map { " \($0)" } ?? " Known: if, for, set, macro, do, raw."
            throw source.error(at: offset, "The tag {% \(word) %} is not supported.\(instead)")
        }
    }

    private func jinja(_ range: Range<Int>) -> JinjaParser { JinjaParser(source: source, bytes: bytes, range: range) }

    /// The text at the current position without the white space that the tags beside it take away.
    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        if position > tokens.startIndex, tokens[position - 1].trimsAfter {
            while start < end, bytes[start] <= 32 { start += 1 }
        }
        if position + 1 < tokens.endIndex, tokens[position + 1].trimsBefore {
            while end > start, bytes[end - 1] <= 32 { end -= 1 }
        }
        return start..<end
    }

    /// The nodes up to the tag that ends them, which is the one at `position` then.
    private mutating func parseBody(
        of tag: String, openedAt open: Int, depth: Int, until ends: Set<String>
    ) throws(PipelineError) -> (nodes: [TemplateNode], end: String, head: JinjaParser) {
        position += 1
        let nodes = try parseNodes(depth: depth + 1)
        guard position < tokens.endIndex, case .statement(let inside) = tokens[position].kind else {
            throw source.error(
                at: open, "This {% \(tag) %} has no {% end\(tag) %} (tags in comments do not count).")
        }
        var parser = jinja(inside)
        let word = parser.word() ?? ""
        guard ends.contains(word) else {
            throw source.error(at: inside.lowerBound, "{% \(word) %} does not belong to the open {% \(tag) %}.")
        }
        return (nodes, word, parser)
    }

    private var open: Int { tokens[position].range.lowerBound }

    private mutating func parseConditional(
        _ head: inout JinjaParser, depth: Int
    ) throws(PipelineError) -> TemplateNode {
        let open = open
        var branches: [TemplateBranch] = []
        var condition: JinjaExpression? = try head.parseWhole()
        while true {
            let ends: Set = condition == nil ? ["endif"] : ["elif", "else", "endif"]
            var body = try parseBody(of: "if", openedAt: open, depth: depth, until: ends)
            branches.append(TemplateBranch(condition: condition, nodes: body.nodes))
            if body.end == "elif" {
                condition = try body.head.parseWhole()
                continue
            }
            try body.head.expectEnd()
            if body.end == "endif" { return .conditional(branches) }
            condition = nil
        }
    }

    private mutating func parseLoop(_ head: inout JinjaParser, depth: Int) throws(PipelineError) -> TemplateNode {
        let open = open
        var targets = [try head.name("a name after for")]
        while head.skip(",") { targets.append(try head.name("a name after the comma")) }
        guard head.skipWord("in") else { throw head.expected("in") }
        // Not a whole expression: `if` begins the loop's condition.
        let list = try head.parseOr()
        let condition = head.skipWord("if") ? try head.parseExpression() : nil
        if head.skipWord("recursive") {
            throw source.error(at: open, "{% for … recursive %} is not supported: write a macro.")
        }
        try head.expectEnd()
        var body = try parseBody(of: "for", openedAt: open, depth: depth, until: ["else", "endfor"])
        let nodes = body.nodes
        var otherwise: [TemplateNode] = []
        if body.end == "else" {
            try body.head.expectEnd()
            body = try parseBody(of: "for", openedAt: open, depth: depth, until: ["endfor"])
            otherwise = body.nodes
        }
        return .loop(
            JinjaLoop(targets: targets, list: list, condition: condition, nodes: nodes, otherwise: otherwise))
    }

    private mutating func parseAssignment(_ head: inout JinjaParser, depth: Int) throws(PipelineError) -> TemplateNode {
        let open = open
        var targets = [try head.name("a name after set")]
        if head.skip(".") {
            let attribute = try head.name("a name after the dot")
            guard head.skip("=") else { throw head.expected("= after \(targets[0]).\(attribute)") }
            return .assignAttribute(name: targets[0], attribute: attribute, try head.parseWhole())
        }
        while head.skip(",") { targets.append(try head.name("a name after the comma")) }
        if head.isAtEnd, targets.count == 1 {
            let body = try parseBody(of: "set", openedAt: open, depth: depth, until: ["endset"])
            return .assignBlock(name: targets[0], body.nodes)
        }
        guard head.skip("=") else { throw head.expected("= after \(targets[0])") }
        var values = [try head.parseExpression()]
        while head.skip(",") { values.append(try head.parseExpression()) }
        try head.expectEnd()
        if targets.count == 1, values.count == 1 { return .assign(name: targets[0], values[0]) }
        guard targets.count == values.count else {
            throw source.error(at: open, "There are \(targets.count) names and \(values.count) values.")
        }
        return .conditional([
            TemplateBranch(condition: nil, nodes: zip(targets, values).map { .assign(name: $0, $1) })
        ])
    }

    private mutating func parseMacro(_ head: inout JinjaParser, depth: Int) throws(PipelineError) -> TemplateNode {
        let open = open
        let name = try head.name("the macro's name")
        guard head.skip("(") else { throw head.expected("( after \(name)") }
        var parameters: [JinjaMacro.Parameter] = []
        while !head.skip(")") {
            let parameter = try head.name("the name of a parameter")
            parameters.append(.init(name: parameter, fallback: head.skip("=") ? try head.parseExpression() : nil))
            if head.skip(",") { continue }
            guard head.skip(")") else { throw head.expected("a closing parenthesis") }
            break
        }
        try head.expectEnd()
        let body = try parseBody(of: "macro", openedAt: open, depth: depth, until: ["endmacro"])
        return .macro(JinjaMacro(name: name, parameters: parameters, nodes: body.nodes, source: source))
    }
}
