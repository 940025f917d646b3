import ModelProject
import Pipeline
import SQL

/// Decides what an edit means for a model's rows, and for those who read them: by the difference of the two queries, and
/// by which columns each reader takes.
struct ModelComparison {
    let graph: ProjectGraph
    /// The environment's models as they are.
    let current: [ModelName: PromotedModel]
    /// Those of them whose text has changed, read.
    let previous: [ModelName: ModelSnapshot]
    /// Changes of incremental models hold for new intervals alone, whatever their kinds say.
    let forwardOnly: Bool
    /// What a person says that changes mean.
    let choices: [ModelName: ChangeCategory]
    /// What of it cannot be.
    private(set) var refusals: [PipelineError] = []
    /// What was decided of models so far: parents come before those who read them.
    private(set) var kinds: [ModelName: ModelChange.Kind] = [:]

    init(
        _ graph: ProjectGraph, with current: [ModelName: PromotedModel], previous: [ModelName: ModelSnapshot],
        forwardOnly: Bool = false, choices: [ModelName: ChangeCategory] = [:]
    ) {
        self.forwardOnly = forwardOnly
        self.choices = choices
        self.graph = graph
        self.current = current
        self.previous = previous
    }

    /// - Returns: Nil when nothing has changed.
    mutating func change(of snapshot: ModelSnapshot) -> (kind: ModelChange.Kind, reason: String)? {
        let change = decide(snapshot)
        kinds[snapshot.name] = change?.0
        return change
    }

    /// Whether a change of the model holds for new intervals alone.
    func isForward(_ snapshot: ModelSnapshot) -> Bool {
        switch choices[snapshot.name] {
        case .forwardOnly?: snapshot.isForward(true)
        case .breaking?, .nonBreaking?, .sameRows?: false
        case nil: snapshot.isForward(forwardOnly)
        }
    }

    private mutating func decide(_ snapshot: ModelSnapshot) -> (ModelChange.Kind, String)? {
        guard let old = current[snapshot.name] else { return (.added, "") }
        if snapshot.dataHash != old.dataHash {
            let (own, reason) = ownEffect(of: snapshot)
            let (read, readReason, _) = readEffect(on: snapshot, before: old)
            let reasons = ([reason] + (read == .none ? [] : [readReason])).joined(separator: "; ")
            let effect = own.union(read)
            if let choice = choices[snapshot.name] {
                if let refusal = choice.refusal(of: snapshot, from: previous[snapshot.name], old) {
                    refusals.append(refusal)
                }
                return (choice.kind, "\(choice.rawValue), as asked; it would be \(effect.words): \(reasons)")
            }
            if effect != .none, isForward(snapshot), old.facts.kind == snapshot.definition.kind.name {
                return (.forwardOnly, reasons)
            }
            return (.modified(effect), reasons)
        }
        if snapshot.fingerprint != old.fingerprint {
            let (effect, reason, getsOtherColumns) = readEffect(on: snapshot, before: old)
            if effect != .none, isForward(snapshot) {
                if getsOtherColumns, old.facts.kind == snapshot.definition.kind.name { return (.forwardOnly, reason) }
                return (.indirectlyModified(.none), "\(reason); forward-only: rows that are there stay")
            }
            return (.indirectlyModified(effect), reason)
        }
        return snapshot.metadataHash != old.metadataHash ? (.metadata, "") : nil
    }

    // MARK: Its own text

    private func ownEffect(of new: ModelSnapshot) -> (RowEffect, String) {
        guard let old = previous[new.name] else { return (.all, "what it was cannot be read by this version") }
        if new.definition.kind.name != old.definition.kind.name {
            return (.all, "its kind was \(old.definition.kind.name)")
        }
        guard ModelHashes.settings(new.definition) == ModelHashes.settings(old.definition),
            ModelHashes.partitions(new.definition) == ModelHashes.partitions(old.definition)
        else {
            return (.all, "its settings differ")
        }
        guard Self.keepsDeclaredColumns(new, old) else { return (.all, "its declared columns differ") }
        let statements = StatementChange(from: old.statements, to: new.statements)
        guard statements.keepsRows else { return (.all, "statements before or after its query differ") }
        guard let diff = Self.difference(of: new, from: old) else { return (.all, "its rows differ") }
        if diff.isEmpty, new.statements != old.statements {
            return (.none, statements.adds ? "only statements after its query differ" : Self.statementsAreGone)
        }
        if diff.isEmpty { return (.none, "the same query in other words") }
        if old.usesStar || new.usesStar { return (.all, "its query, which takes * of others, differs") }
        guard diff.restIsSame, !diff.addsRows else {
            return (.all, "other than in its columns: what is read, which rows, or how they are grouped")
        }
        return (.columns(Set(diff.removed + diff.changed)), Self.words(diff))
    }

    private static let statementsAreGone = "statements after its query are gone; what they have made stays"

    /// Whether the table of a model whose rows stay gets something by new statements after its query.
    func addsStatements(_ new: ModelSnapshot) -> Bool {
        guard kinds[new.name]?.keepsRows == true, let old = previous[new.name] else { return false }
        let change = StatementChange(from: old.statements, to: new.statements)
        return change.keepsRows && change.adds
    }

    /// Declared columns may be added; a change of the others is one of the rows.
    private static func keepsDeclaredColumns(_ new: ModelSnapshot, _ old: ModelSnapshot) -> Bool {
        old.definition.columns.isEmpty == new.definition.columns.isEmpty
            && old.definition.columns.allSatisfy { new.definition.columns[$0.key] == $0.value }
    }

    /// Nil when the two are not worth comparing: a seed's rows are its query.
    private static func difference(of new: ModelSnapshot, from old: ModelSnapshot) -> QueryDiff? {
        if case .seed = new.definition.kind { return nil }
        let first = new.query.query.diff(from: old.query.query, dialect: new.query.dialect)
        switch (new.incrementalQuery, old.incrementalQuery) {
        case (nil, nil): return first
        case (let new?, let old?):
            // Its first and its later runs must have changed alike.
            return first == new.query.diff(from: old.query, dialect: new.dialect) ? first : nil
        default: return nil
        }
    }

    private static func words(_ diff: QueryDiff) -> String {
        func part(_ word: String, _ names: [String]) -> [String] {
            names.isEmpty ? [] : ["\(word) \(names.joined(separator: ", "))"]
        }
        let parts = part("added", diff.added) + part("changed", diff.changed) + part("removed", diff.removed)
        return parts.isEmpty ? "its columns stand in another order" : parts.joined(separator: "; ")
    }

    // MARK: What it reads

    /// What the changes of a model's parents do to its rows, and whether it gets other columns by them.
    private func readEffect(
        on snapshot: ModelSnapshot, before old: PromotedModel
    ) -> (RowEffect, String, getsOtherColumns: Bool) {
        if snapshot.parents != old.facts.parents { return (.all, "it reads other models", false) }
        var effect = RowEffect.none
        var getsOtherColumns = false
        var reasons: [String] = []
        var columns: ColumnUse?
        for parent in snapshot.parents {
            guard let change = kinds[parent] else { continue }
            let isOther = snapshot.usesStar && givesOtherColumns(parent)
            getsOtherColumns = getsOtherColumns || isOther
            let found: RowEffect
            switch choices[parent] == .nonBreaking ? .none : change.effect {
            case .none:
                // The rows of a forward-only model stay, and its columns do not.
                guard change == .forwardOnly, isOther else { continue }
                (found, reasons) = (.all, reasons + ["takes * of \(parent), whose columns change"])
            case .all: (found, reasons) = (.all, reasons + ["reads \(parent), whose rows change"])
            case .columns(let names):
                let use = columns ?? ColumnUse(snapshot, in: graph)
                columns = use
                let hit = use.columns(of: parent).map { names.intersection($0) } ?? names
                found = use.effect(of: names, of: parent)
                if found == .none { continue }
                reasons.append(
                    hit.isEmpty ? "takes * of \(parent)" : "reads \(hit.sorted().joined(separator: ", ")) of \(parent)")
            }
            effect = effect.union(found)
        }
        let reason = effect == .none ? "reads nothing that changes" : reasons.joined(separator: "; ")
        return (effect, reason, getsOtherColumns)
    }

    /// Whether a changed model gives other columns than before; true where that cannot be told.
    private func givesOtherColumns(_ name: ModelName) -> Bool {
        guard let new = graph[name]?.outputColumns, let old = previous[name]?.outputColumns else { return true }
        return new != old
    }
}

/// Which columns of its parents a model takes, and what for.
struct ColumnUse {
    private let snapshot: ModelSnapshot
    /// One for each form of the query; nil when a form's columns cannot be followed.
    private let lineages: [QueryLineage?]
    private let index: ModelIndex

    init(_ snapshot: ModelSnapshot, in graph: ProjectGraph) {
        self.snapshot = snapshot
        let index = snapshot.parentIndex
        self.index = index
        let queries = [snapshot.query] + (snapshot.incrementalQuery.map { [$0] } ?? [])
        lineages = queries.map { query in
            let catalog = query.catalog { written in index.relation(written).flatMap { graph.columns(of: $0) } }
            // What cannot be followed is taken to read everything.
            guard let lineage = try? query.query.lineage(in: catalog), lineage.isComplete else { return nil }
            return lineage
        }
    }

    /// The columns of `parent` that it takes; nil when that cannot be told.
    func columns(of parent: ModelName) -> Set<String>? {
        var taken: Set<String> = []
        for lineage in lineages {
            guard let lineage else { return nil }
            let sources = lineage.columns.flatMap { $0.sources.map(\.column) } + lineage.filters
            for source in sources where index.find(source.table.lowercased()) == parent { taken.insert(source.column) }
        }
        return taken
    }

    /// What a change of `names` of `parent` does to the model's rows.
    func effect(of names: Set<String>, of parent: ModelName) -> RowEffect {
        // New columns are seen by those alone who take all that there are.
        if snapshot.usesStar { return .all }
        if names.isEmpty { return .none }
        // A parent that only depends_on names, or a statement before or after the query, is read nobody knows how.
        let isRead = snapshot.places.keys.contains { index.find($0) == parent }
        guard isRead, snapshot.statements.isEmpty else { return .all }
        var changed: Set<String> = []
        for lineage in lineages {
            guard let lineage else { return .all }
            func isHit(_ source: SourceReference) -> Bool {
                names.contains(source.column) && index.find(source.table.lowercased()) == parent
            }
            if lineage.filters.contains(where: isHit) { return .all }
            for column in lineage.columns where column.sources.contains(where: { isHit($0.column) }) {
                changed.insert(column.name)
            }
        }
        if changed.isEmpty { return .none }
        return snapshot.query.query.rowsFollowValues(snapshot.query.dialect) ? .all : .columns(changed)
    }
}
