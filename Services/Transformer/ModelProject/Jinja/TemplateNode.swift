import Pipeline

/// A part of a template.
indirect enum TemplateNode: Sendable, Equatable {
    /// SQL, with the macros in it.
    case text(Range<Int>)
    /// `{{ expression }}`, or a bare `ref('x')` in SQL.
    case output(JinjaExpression, range: Range<Int>)
    /// `{% set name = expression %}`
    case assign(name: String, JinjaExpression)
    /// `{% set name.attribute = expression %}`, of a namespace.
    case assignAttribute(name: String, attribute: String, JinjaExpression)
    /// `{% set name %} … {% endset %}`
    case assignBlock(name: String, [TemplateNode])
    /// `{% do expression %}`
    case perform(JinjaExpression)
    /// `{% if %} … {% elif %} … {% else %} … {% endif %}`; `else` has no condition.
    case conditional([TemplateBranch])
    case loop(JinjaLoop)
    case macro(JinjaMacro)

    /// The expressions that stand in it, those of the nodes within left out.
    private var expressions: [JinjaExpression] {
        switch self {
        case .text, .assignBlock: []
        case .output(let expression, _), .assign(_, let expression), .assignAttribute(_, _, let expression),
            .perform(let expression):
            [expression]
        case .conditional(let branches): branches.compactMap(\.condition)
        case .loop(let loop): [loop.list] + [loop.condition].compactMap { $0 }
        case .macro(let macro): macro.parameters.compactMap(\.fallback)
        }
    }

    /// The nodes within.
    private var inner: [TemplateNode] {
        switch self {
        case .text, .output, .assign, .assignAttribute, .perform: []
        case .assignBlock(_, let nodes): nodes
        case .conditional(let branches): branches.flatMap(\.nodes)
        case .loop(let loop): loop.nodes + loop.otherwise
        case .macro(let macro): macro.nodes
        }
    }

    func collectNames(in source: SourceFile, into names: inout Set<String>) {
        if case .text(let range) = self { MacroNames.collect(source, range, into: &names) }
        for expression in expressions { expression.collectNames(into: &names) }
        for node in inner { node.collectNames(in: source, into: &names) }
    }

    var asksIsIncremental: Bool {
        expressions.contains { $0.calls("is_incremental") } || inner.contains { $0.asksIsIncremental }
    }
}

struct TemplateBranch: Sendable, Equatable {
    let condition: JinjaExpression?
    let nodes: [TemplateNode]
}

/// `{% for targets in list if condition %} … {% else %} … {% endfor %}`
struct JinjaLoop: Sendable, Equatable {
    let targets: [String]
    let list: JinjaExpression
    let condition: JinjaExpression?
    let nodes: [TemplateNode]
    let otherwise: [TemplateNode]
}
