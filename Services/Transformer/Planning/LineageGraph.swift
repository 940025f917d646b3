import ModelProject

/// Which relation is made from which, table by table.
public struct LineageGraph: Sendable {
    /// Parents before children.
    public let models: [ModelName]
    /// Relations that are no models: raw tables.
    public let sources: [String]
    /// From what is read to what reads it.
    public let edges: [(from: String, to: String)]

    /// The models of a project, parents before children.
    public init(_ snapshots: [ModelSnapshot]) {
        self.init(snapshots.map { ($0.name, $0.parents, $0.sources) })
    }

    /// The models of an environment, parents before children.
    public init(_ models: [PromotedModel]) {
        self.init(models.map { ($0.name, $0.facts.parents, $0.facts.sources) })
    }

    private init(_ reads: [(name: ModelName, parents: [ModelName], sources: [String])]) {
        models = reads.map(\.name)
        sources = Set(reads.flatMap(\.sources)).sorted()
        edges = reads.flatMap { model in
            (model.sources + model.parents.map(\.description)).map { ($0, model.name.description) }
        }
    }

    /// A tree for people: each relation with what reads it below. What was shown before is not unfolded again.
    public var tree: String {
        var lines: [String] = []
        var shown: Set<String> = []
        func add(_ name: String, depth: Int) {
            let children = edges.filter { $0.from == name }.map(\.to)
            let isNew = shown.insert(name).inserted
            let mark = isNew || children.isEmpty ? "" : "  (see above)"
            lines.append(String(repeating: "  ", count: depth) + name + mark)
            if isNew { for child in children { add(child, depth: depth + 1) } }
        }
        let roots = sources + models.map(\.description).filter { name in !edges.contains { $0.to == name } }
        for root in roots { add(root, depth: 0) }
        return lines.joined(separator: "\n")
    }
}
