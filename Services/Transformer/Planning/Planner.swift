import ModelProject
import Pipeline
import SQL

/// What is known about the world when a plan is made.
public struct PlanningState: Sendable {
    /// The environment's models as they are; nil when there is no such environment yet.
    public var environment: [ModelName: PlannedModel]?
    /// Versions of all snapshots ever built and still there, by name and fingerprint.
    public var versions: [SnapshotKey: String]
    /// What has been computed, by physical table.
    public var done: [VersionID: IntervalSet]
    /// Tables that somebody took away: they are made and filled again.
    public var lost: Set<VersionID>
    /// Models whose view is not there, or shows another table than it should: it is pointed again.
    public var astray: Set<ModelName>
    /// Models that the environment has and whose texts cannot be read: nothing is known but that they are there.
    public var unread: Set<ModelName>
    /// Audits that the rows of a table have passed, by table: those under which every environment that shows it shows it.
    public var audited: [VersionID: Set<[String]>] = [:]

    public init(
        environment: [ModelName: PlannedModel]? = nil, versions: [SnapshotKey: String] = [:],
        done: [VersionID: IntervalSet] = [:], lost: Set<VersionID> = [], astray: Set<ModelName> = [],
        unread: Set<ModelName> = []
    ) {
        self.environment = environment
        self.versions = versions
        self.done = done.filter { !lost.contains($0.key) }
        self.lost = lost
        self.astray = astray
        self.unread = unread
    }
}

extension PlanningState {
    /// What tables have passed, given the models of each environment. An environment without an audit may have added rows
    /// that nobody put to it, so that an audit counts only when all that show the table have it.
    public static func audited(_ environments: [[PlannedModel]]) -> [VersionID: Set<[String]>] {
        var passed: [VersionID: Set<[String]>] = [:]
        for model in environments.joined() {
            let audits = Set(model.snapshot.audits.map(ModelHashes.audit))
            passed[model.id] = passed[model.id]?.intersection(audits) ?? audits
        }
        return passed
    }
}

/// A model at one state of its text.
public struct SnapshotKey: Sendable, Hashable {
    public let name: ModelName
    public let fingerprint: String

    public init(name: ModelName, fingerprint: String) {
        self.name = name
        self.fingerprint = fingerprint
    }
}

/// Compares a project with an environment and says what to do.
public struct Planner: Sendable {
    public let graph: ProjectGraph
    public let state: PlanningState
    /// The plan's present: data before this time is wanted.
    public let upTo: Moment
    /// When given, nothing outside of it is computed: a preview of some days.
    public let window: Interval?

    public init(graph: ProjectGraph, state: PlanningState, upTo: Moment, window: Interval? = nil) {
        self.graph = graph
        self.state = state
        self.upTo = upTo
        self.window = window
    }

    public func plan(for environment: String) -> Plan {
        let current = state.environment ?? [:]
        var models: [PlannedModel] = []
        var kinds: [ModelName: ModelChange.Kind] = [:]
        for snapshot in graph.snapshots {
            let kind = change(of: snapshot, from: current[snapshot.name]?.snapshot, parents: kinds)
            kinds[snapshot.name] = kind
            models.append(planned(snapshot, kind: kind, current: current[snapshot.name]))
        }
        let removed = state.unread.union(current.keys).filter { graph[$0] == nil }.sorted()
        var changes = models.compactMap { model in
            kinds[model.name].map { ModelChange(name: model.name, kind: $0, texts: texts(of: model, current)) }
        }
        changes += removed.map { ModelChange(name: $0, kind: .removed) }
        return Plan(
            environment: environment, changes: changes, models: models,
            stages: stages(models, kinds: kinds, removed: removed),
            modelsBefore: state.unread.union(current.keys).count)
    }

    /// Nil when nothing has changed.
    private func change(
        of snapshot: ModelSnapshot, from old: ModelSnapshot?, parents kinds: [ModelName: ModelChange.Kind]
    ) -> ModelChange.Kind? {
        guard let old else { return .added }
        if snapshot.dataHash != old.dataHash {
            return .modified(breaking: !Self.isExtension(snapshot, of: old))
        }
        if snapshot.fingerprint != old.fingerprint {
            let untouched = snapshot.parents.allSatisfy { parent in
                switch kinds[parent] {
                case nil, .metadata, .modified(breaking: false), .indirectlyModified(breaking: false): true
                default: false
                }
            }
            // A view is bound to its parents' tables, and `*` takes in what was added: both have to be made anew.
            let follows = snapshot.definition.kind.isView || snapshot.usesStar
            return .indirectlyModified(breaking: !untouched || follows || snapshot.parents != old.parents)
        }
        return snapshot.metadataHash != old.metadataHash ? .metadata : nil
    }

    /// The one automatic non-breaking change: columns were only added.
    static func isExtension(_ new: ModelSnapshot, of old: ModelSnapshot) -> Bool {
        var alike = new.definition
        alike.kind = old.definition.kind
        return new.definition.kind == old.definition.kind && new.definition.dialect == old.definition.dialect
            && !new.definition.query.asksIsIncremental && !old.definition.query.asksIsIncremental
            && new.definition.preStatements.map(\.text) == old.definition.preStatements.map(\.text)
            && new.definition.postStatements.map(\.text) == old.definition.postStatements.map(\.text)
            && old.definition.columns.isEmpty == new.definition.columns.isEmpty
            && old.definition.columns.allSatisfy { new.definition.columns[$0.key] == $0.value }
            && !old.usesStar && !new.usesStar
            && new.query.query.diff(from: old.query.query, dialect: new.query.dialect).onlyAdds
    }

    private func planned(
        _ snapshot: ModelSnapshot, kind: ModelChange.Kind?, current: PlannedModel?
    ) -> PlannedModel {
        let key = SnapshotKey(name: snapshot.name, fingerprint: snapshot.fingerprint)
        func known(_ version: String) -> PlannedModel {
            let isLost = state.lost.contains(VersionID(name: snapshot.name, version: version))
            return PlannedModel(snapshot: snapshot, version: version, isNew: isLost)
        }
        if let version = state.versions[key] { return known(version) }
        if kind == .indirectlyModified(breaking: false), let current { return known(current.version) }
        return PlannedModel(snapshot: snapshot, version: String(snapshot.fingerprint.prefix(16)), isNew: true)
    }

    private func texts(of model: PlannedModel, _ current: [ModelName: PlannedModel]) -> (before: String, after: String)?
    {
        guard let old = current[model.name]?.snapshot.definition.source.text,
            old != model.snapshot.definition.source.text
        else { return nil }
        return (old, model.snapshot.definition.source.text)
    }

    // MARK: Stages

    private func stages(
        _ models: [PlannedModel], kinds: [ModelName: ModelChange.Kind], removed: [ModelName]
    ) -> [Stage] {
        var stages: [Stage] = []
        let created = models.filter(\.isNew)
        if !created.isEmpty { stages.append(.createTables(created)) }
        let work = ModelWork.all(
            models, done: state.done, upTo: upTo, window: window, extended: extended(models, kinds: kinds),
            repeatsPartials: false)
        if !work.isEmpty { stages.append(.backfill(work)) }
        let audited = models.filter(hasNewAudits)
        if !audited.isEmpty { stages.append(.audit(audited)) }
        let current = state.environment ?? [:]
        let views = models.filter { model in
            guard let old = current[model.name] else { return true }
            return old.version != model.version || kinds[model.name] != nil || state.astray.contains(model.name)
        }
        if !views.isEmpty || !removed.isEmpty || state.environment == nil {
            stages.append(.promote(views: views, dropped: removed))
        }
        return stages
    }

    /// The tables that models had before their columns were only added to: what their children were computed from.
    private func extended(
        _ models: [PlannedModel], kinds: [ModelName: ModelChange.Kind]
    ) -> [ModelName: VersionID] {
        var tables: [ModelName: VersionID] = [:]
        for model in models where kinds[model.name] == .modified(breaking: false) {
            tables[model.name] = state.environment?[model.name]?.id
        }
        return tables
    }

    /// Whether there are rows in the table of `model` that have not been put to all of its audits.
    private func hasNewAudits(_ model: PlannedModel) -> Bool {
        guard !model.isNew, !(state.done[model.id] ?? IntervalSet()).isEmpty else { return false }
        var passed = state.audited[model.id] ?? []
        if let current = state.environment?[model.name], current.id == model.id {
            passed = Set(current.snapshot.audits.map(ModelHashes.audit))
        }
        return !model.snapshot.audits.allSatisfy { passed.contains(ModelHashes.audit($0)) }
    }
}

extension ModelWork {
    /// What is missing in `models`, parents before children. What a parent computes again is computed again in its
    /// children, for their own lookback too.
    /// - Parameters:
    ///   - requested: Computed even where done, by model; spreads to children the same way.
    ///   - extended: For models that get a new table with the old rows and more columns: the old table. Filling the new
    ///     one changes nothing for children; what would have been due in the old one does.
    ///   - repeatsPartials: False leaves intervals that are not over to the next run, unless a table has nothing yet.
    public static func all(
        _ models: [PlannedModel], done: [VersionID: IntervalSet], upTo: Moment, window: Interval? = nil,
        requested: [ModelName: IntervalSet] = [:], extended: [ModelName: VersionID] = [:], repeatsPartials: Bool = true
    ) -> [ModelWork] {
        var computed: [ModelName: IntervalSet] = [:]
        var work: [ModelWork] = []
        for model in models {
            var wanted = requested[model.name] ?? IntervalSet()
            for parent in model.snapshot.parents { if let set = computed[parent] { wanted = wanted.union(set) } }
            func missing(in table: VersionID) -> MissingIntervals {
                let done = done[table] ?? IntervalSet()
                return MissingIntervals(
                    of: model.snapshot, done: done, upTo: upTo, requested: wanted, window: window,
                    includesPartials: repeatsPartials || done.isEmpty)
            }
            computed[model.name] = missing(in: extended[model.name] ?? model.id).due
            let own = missing(in: model.id)
            if !own.due.isEmpty { work.append(ModelWork(model: model, missing: own)) }
        }
        return work
    }
}
