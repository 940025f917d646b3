import Pipeline

/// `{% macro name(parameters) %} … {% endmacro %}`
struct JinjaMacro: Sendable, Equatable {
    struct Parameter: Sendable, Equatable {
        let name: String
        let fallback: JinjaExpression?
    }

    let name: String
    let parameters: [Parameter]
    let nodes: [TemplateNode]
    /// The file that it stands in.
    let source: SourceFile

    static func == (left: JinjaMacro, right: JinjaMacro) -> Bool {
        left.name == right.name && left.source == right.source && left.nodes == right.nodes
    }
}
