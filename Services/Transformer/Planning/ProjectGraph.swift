import Pipeline

/// A project's models with their dependencies and fingerprints, parents before children.
public struct ProjectGraph: Sendable {
    public let snapshots: [ModelSnapshot]
    private let byName: [ModelName: Int]

    /// Reads every query and finds what depends on what.
    /// - Throws: ``PipelineError`` where a query cannot be read, an audit is unknown, or models depend on each other in a
    ///   circle.
    public init(_ project: Project) throws(PipelineError) {
        let reader = SnapshotReader(project: project, index: project.index)
        var found: [ModelName: ModelSnapshot] = [:]
        for model in project.models { found[model.name] = try reader.snapshot(of: model) }
        try self.init(found)
    }

    init(_ found: [ModelName: ModelSnapshot]) throws(PipelineError) {
        var ordered: [ModelSnapshot] = []
        var fingerprints: [ModelName: String] = [:]
        for name in try Self.order(found) {
            guard var snapshot = found[name] else { continue }
            let parents = snapshot.parents.map { ($0, fingerprints[$0] ?? "") }
            snapshot.fingerprint = ModelHashes.fingerprint(dataHash: snapshot.dataHash, parents: parents)
            fingerprints[name] = snapshot.fingerprint
            ordered.append(snapshot)
        }
        snapshots = ordered
        byName = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1.name, $0) })
    }

    public subscript(_ name: ModelName) -> ModelSnapshot? { byName[name].map { snapshots[$0] } }

    /// `names` and everything that reads them, directly or not.
    public func descendants(of names: Set<ModelName>) -> Set<ModelName> {
        var found = names
        for snapshot in snapshots where snapshot.parents.contains(where: found.contains) { found.insert(snapshot.name) }
        return found
    }

    /// Parents first; names in alphabetical order where dependencies leave a choice.
    private static func order(_ models: [ModelName: ModelSnapshot]) throws(PipelineError) -> [ModelName] {
        var ordered: [ModelName] = []
        var placed: Set<ModelName> = []
        var waiting = models.keys.sorted()
        while !waiting.isEmpty {
            let ready = waiting.filter { name in models[name]?.parents.allSatisfy(placed.contains) ?? true }
            guard !ready.isEmpty else {
                let source = models[waiting[0]]?.definition.source.path ?? ""
                let names = waiting.map(\.description).joined(separator: ", ")
                throw PipelineError(
                    file: source, line: 1, column: 1,
                    message: "These models depend on each other in a circle: \(names).")
            }
            ordered += ready
            placed.formUnion(ready)
            waiting.removeAll(where: placed.contains)
        }
        return ordered
    }
}
