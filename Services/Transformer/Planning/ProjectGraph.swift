import ModelProject
import Pipeline

/// A project's models with their dependencies and fingerprints, parents before children.
public struct ProjectGraph: Sendable {
    public let snapshots: [ModelSnapshot]
    /// The columns of tables that are declared as others', by name in lower case.
    public private(set) var externals: [String: [RelationColumn]] = [:]
    private let byName: [ModelName: Int]
    private let columns: [ModelName: [String]]

    /// Reads every query and finds what depends on what.
    /// - Throws: ``PipelineError``, with all such mistakes, where a query cannot be read, an audit is unknown, or models depend on each other in a
    ///   circle.
    public init(_ project: Project) throws(PipelineError) {
        try self.init(project, try Self.models(of: project))
    }

    /// Reads every model, without what audits that stand alone add to them.
    /// - Parameter known: What some of them were read as before.
    /// - Throws: ``PipelineError`` with all mistakes.
    static func models(
        of project: Project, known: [ModelName: ModelSnapshot] = [:]
    ) throws(PipelineError) -> [ModelName: ModelSnapshot] {
        let reader = SnapshotReader(project: project, index: project.index)
        var found: [ModelName: ModelSnapshot] = [:]
        var errors: [PipelineError] = []
        let read = project.models.concurrentMap { model in
            Result { () throws(PipelineError) in
                if let snapshot = known[model.name] { return snapshot }
                return try reader.snapshot(of: model)
            }
        }
        for snapshot in read {
            do throws(PipelineError) {
                let snapshot = try snapshot.get()
                found[snapshot.name] = snapshot
            } catch { errors.append(error) }
        }
        if let error = PipelineError(all: errors) { throw error }
        return found
    }

    /// - Parameter models: Those of `project`, as ``models(of:known:)`` reads them.
    init(_ project: Project, _ models: [ModelName: ModelSnapshot]) throws(PipelineError) {
        var found = models
        if project.audits.contains(where: \.isStandalone) {
            var reader = SnapshotReader(project: project, index: project.index)
            let alone = try StandaloneAudits(project, reader, among: found, in: try Self.order(found))
            reader.standalone = alone.byModel
            for model in project.models where alone.byModel[model.name] != nil {
                found[model.name] = try reader.snapshot(of: model)
            }
        }
        try self.init(found)
        for table in project.externals where !table.columns.isEmpty { externals[table.name] = table.columns }
        let used = Set(snapshots.flatMap { $0.audits.map(\.name) })
        if let idle = project.audits.first(where: { $0.isBare && !used.contains($0.name) }) {
            throw idle.error(
                "No model is checked by the audit \(idle.name): none that has no MODEL block has the columns that it names, "
                    + "and none names it. Correct its columns, or name it in the model's audits (\(idle.name)).")
        }
    }

    /// Models that have been read, whatever project each is of.
    /// - Throws: ``PipelineError`` where they depend on each other in a circle, or name columns that there are not.
    public init(_ found: [ModelName: ModelSnapshot]) throws(PipelineError) {
        var ordered: [ModelSnapshot] = []
        var fingerprints: [ModelName: String] = [:]
        var order = try Self.order(found)
        let audited = Self.auditReads(found, in: order)
        if !audited.isEmpty { order = try Self.order(found, besides: audited) }
        for name in order {
            guard let snapshot = found[name] else { continue }
            let parents = snapshot.parents.map { ($0, fingerprints[$0] ?? "") }
            let fingerprint = ModelHashes.fingerprint(dataHash: snapshot.dataHash, parents: parents)
            fingerprints[name] = fingerprint
            ordered.append(snapshot.with(fingerprint: fingerprint))
        }
        let columns = try NameCheck.columns(of: ordered)
        // Of a query that takes * the columns are known only beside what it reads.
        ordered = ordered.map { $0.outputColumns == nil ? $0.with(outputColumns: columns[$0.name]) : $0 }
        snapshots = ordered
        byName = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1.name, $0) })
        self.columns = columns
    }

    /// The columns that a model gives, as SQL means their names; nil when not all of them can be known.
    public func columns(of name: ModelName) -> [String]? { columns[name] }

    public subscript(_ name: ModelName) -> ModelSnapshot? { byName[name].map { snapshots[$0] } }

    /// The models, as selections see them.
    public var candidates: [ModelSelection.Candidate] { snapshots.map(ModelSelection.Candidate.init) }

    /// `names` and everything that reads them, directly or not.
    public func descendants(of names: Set<ModelName>) -> Set<ModelName> {
        var found = names
        for snapshot in snapshots where snapshot.parents.contains(where: found.contains) { found.insert(snapshot.name) }
        return found
    }

    /// A model, all that it reads and all that reads it, directly or not.
    public func family(of name: ModelName) -> Set<ModelName> {
        var above: Set<ModelName> = [name]
        for snapshot in snapshots.reversed() where above.contains(snapshot.name) { above.formUnion(snapshot.parents) }
        return above.union(descendants(of: [name]))
    }

    /// The models that audits compare with: they are to be computed before, so that the first plan finds their rows. Where
    /// that would be a circle, as when a model is compared with one that reads it, the models' own order stays.
    private static func auditReads(
        _ models: [ModelName: ModelSnapshot], in order: [ModelName]
    ) -> [ModelName: Set<ModelName>] {
        let index = ModelIndex(order, isExact: models.values.first?.bundle.index.isExact ?? true)
        var reads: [ModelName: Set<ModelName>] = [:]
        func depends(_ first: ModelName, on second: ModelName) -> Bool {
            var seen: Set<ModelName> = []
            var open = [first]
            while let name = open.popLast() {
                if name == second { return true }
                guard seen.insert(name).inserted else { continue }
                open += (models[name]?.parents ?? []) + (reads[name] ?? [])
            }
            return false
        }
        for name in order {
            guard let model = models[name] else { continue }
            let others = Set(model.audits.flatMap { $0.places.keys }.compactMap { index.relation($0) })
            for other in others.subtracting(model.parents).sorted() where !depends(other, on: name) {
                reads[name, default: []].insert(other)
            }
        }
        return reads
    }

    /// Names the models of one circle, each with the place where it reads the next.
    private static func circle(_ models: [ModelName: ModelSnapshot]) -> PipelineError {
        // Every one of them reads another one of them, so that going on from any must come back.
        var path: [ModelSnapshot] = []
        var current = models.keys.min().flatMap { models[$0] }
        while let model = current, !path.contains(where: { $0.name == model.name }) {
            path.append(model)
            current = model.parents.first { models[$0] != nil }.flatMap { models[$0] }
        }
        let circle = Array(path.drop { $0.name != current?.name })
        let names = (circle + circle.prefix(1)).map(\.name.description).joined(separator: " reads ")
        let message = "These models depend on each other in a circle: \(names)."
        guard let first = circle.first, let next = circle.dropFirst().first ?? circle.first else {
            return PipelineError(file: "models", message: message)
        }
        let written = first.places.keys.first { $0 == next.name.description || $0 == next.name.name }
        return first.error(at: written ?? "", message)
    }

    /// Parents first; names in alphabetical order where dependencies leave a choice. Looks at each dependency once.
    /// - Parameter others: What else is to come before a model.
    private static func order(
        _ models: [ModelName: ModelSnapshot], besides others: [ModelName: Set<ModelName>] = [:]
    ) throws(PipelineError) -> [ModelName] {
        var readers: [ModelName: [ModelName]] = [:]
        var unplaced: [ModelName: Int] = [:]
        for (name, model) in models {
            let before = model.parents + (others[name] ?? [])
            unplaced[name] = before.count
            for parent in before { readers[parent, default: []].append(name) }
        }
        var ordered: [ModelName] = []
        var ready = models.keys.filter { unplaced[$0] == 0 }.sorted()
        while !ready.isEmpty {
            ordered += ready
            var next: [ModelName] = []
            for name in ready {
                unplaced[name] = nil
                for reader in readers[name] ?? [] {
                    unplaced[reader, default: 0] -= 1
                    if unplaced[reader] == 0 { next.append(reader) }
                }
            }
            ready = next.sorted()
        }
        guard unplaced.isEmpty else { throw circle(models.filter { unplaced[$0.key] != nil }) }
        return ordered
    }
}
