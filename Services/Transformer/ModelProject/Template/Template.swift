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
                return .output(JinjaExpression(.literal(.string("reference")), at: range.lowerBound), range: range)
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

extension Template {
    /// Expands Jinja, and then the macros in what it gives.
    public func render(_ context: RenderContext) throws(PipelineError) -> RenderedText {
        var expander = MacroExpander(context)
        let rendered = try expandJinja(context)
        for definition in context.macros.definitions(for: names) {
            try expander.define(try definition.expandJinja(context))
        }
        for definition in definitions { try expander.define(try definition.expandJinja(context)) }
        return try expander.expand(rendered)
    }

    private func expandJinja(_ context: RenderContext) throws(PipelineError) -> RenderedText {
        var renderer = JinjaRenderer(source: source, context: context)
        try renderer.render(nodes)
        return renderer.output
    }
}
