import Planning

/// The graph of models as data.
struct LineageDocument: Encodable {
    struct Edge: Encodable { let from: String, to: String }
    /// Parents before children.
    let models: [String]
    /// Tables that are no models.
    let sources: [String]
    let edges: [Edge]

    init(_ lineage: LineageGraph) {
        models = lineage.models.map(\.description)
        sources = lineage.sources
        edges = lineage.edges.map { Edge(from: $0.from, to: $0.to) }
    }
}

extension LineageGraph {
    /// For Graphviz: models in boxes, other tables without.
    var dot: String {
        func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\\\""))\"" }
        var lines = ["digraph models {", "  rankdir=LR;"]
        lines += sources.map { "  \(quoted($0)) [shape=plaintext];" }
        lines += models.map { "  \(quoted($0.description)) [shape=box];" }
        lines += edges.map { "  \(quoted($0.from)) -> \(quoted($0.to));" }
        return (lines + ["}"]).joined(separator: "\n")
    }
}
