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

    /// The relations that are at most `steps` reads away from one of `centre`, either way, the nearest first until there
    /// are `most`; all of them, in the graph's order, when `centre` is empty.
    /// - Returns: The part of the graph, and whether some had to be left out.
    public func part(around centre: [String], steps: Int, most: Int) -> (graph: LineageGraph, isCut: Bool) {
        let all = models.map(\.description) + sources
        var kept: Set<String> = []
        var isCut = false
        if centre.isEmpty {
            kept = Set(all.prefix(most))
            isCut = all.count > most
        } else {
            var near: [String: [String]] = [:]
            for edge in edges {
                near[edge.from, default: []].append(edge.to)
                near[edge.to, default: []].append(edge.from)
            }
            let known = Set(all)
            var front = centre.filter(known.contains)
            kept = Set(front.prefix(most))
            for _ in 0..<steps {
                var next: [String] = []
                for name in front.flatMap({ near[$0] ?? [] }) where !kept.contains(name) {
                    guard kept.count < most else {
                        isCut = true
                        break
                    }
                    kept.insert(name)
                    next.append(name)
                }
                front = next
            }
        }
        let part = LineageGraph(
            models: models.filter { kept.contains($0.description) }, sources: sources.filter(kept.contains),
            edges: edges.filter { kept.contains($0.from) && kept.contains($0.to) })
        return (part, isCut)
    }

    private init(models: [ModelName], sources: [String], edges: [(from: String, to: String)]) {
        self.models = models
        self.sources = sources
        self.edges = edges
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
