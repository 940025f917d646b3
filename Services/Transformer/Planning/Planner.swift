import ModelProject
import Pipeline
import SQL

/// What is known about the world when a plan is made.
public struct PlanningState: Sendable {
    /// The environment's models as they are; nil when there is no such environment yet.
    public var environment: [ModelName: PromotedModel]?
    /// Those of them whose text the project has changed, read; one that is missing is taken to have given other rows.
    public var previous: [ModelName: ModelSnapshot] = [:]
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
    /// Production's models, where another environment is planned.
    public var production: [ModelName: PromotedModel] = [:]
    /// The columns of production's tables.
    public var columns: [ModelName: [String]] = [:]
    /// Tables that another environment shows: what is restated elsewhere than in production leaves them their rows.
    public var shared: Set<VersionID> = []
    /// The promotion that made an environment that cannot be read what it is.
    public var unreadBasis: String?
    /// Audits that the rows of a table have passed, by table: those under which every environment that shows it shows it.
    public var audited: [VersionID: Set<[String]>] = [:]
    /// How far the data has come that models wait for.
    public var readiness = Readiness([:])

    public init(
        environment: [ModelName: PromotedModel]? = nil, versions: [SnapshotKey: String] = [:],
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
    /// Takes in what the database has.
    public mutating func look(versions: [SnapshotKey: String], lost: Set<VersionID>, astray: Set<ModelName>) {
        self.versions = versions
        self.lost = lost
        self.astray = astray
        done = done.filter { !lost.contains($0.key) }
    }

    /// What tables have passed, given the models of each environment. An environment without an audit may have added rows
    /// that nobody put to it, so that an audit counts only when all that show the table have it.
    public static func audited(_ environments: [[PromotedModel]]) -> [VersionID: Set<[String]>] {
        var passed: [VersionID: Set<[String]>] = [:]
        for model in environments.joined() {
            let audits = Set(model.facts.audits)
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
    public let request: PlanRequest
    /// The models to be computed again.
    public let restated: Set<ModelName>
    /// The models that are computed; nil: all.
    public let backfilled: Set<ModelName>?
    /// What a person says that changes of models mean.
    public let choices: [ModelName: ChangeCategory]

    public init(
        graph: ProjectGraph, state: PlanningState, request: PlanRequest, restated: Set<ModelName> = [],
        backfilled: Set<ModelName>? = nil, choices: [ModelName: ChangeCategory] = [:]
    ) {
        self.choices = choices
        self.graph = graph
        self.state = state
        self.request = request
        self.restated = restated
        self.backfilled = backfilled
    }

    /// What the project is compared with: the environment, or production where there is none yet.
    private var basis: [ModelName: PromotedModel] { state.environment ?? state.production }

    public func plan() -> Plan {
        let current = state.environment ?? [:]
        var comparison = ModelComparison(
            graph, with: basis, previous: state.previous, forwardOnly: request.forwardOnly, choices: choices)
        var planned: [ModelName: PlannedModel] = [:]
        var models: [PlannedModel] = []
        var changes: [ModelChange] = []
        for snapshot in graph.snapshots {
            let change = comparison.change(of: snapshot)
            let found = self.planned(
                snapshot, kind: change?.kind, isForward: comparison.isForward(snapshot), parents: planned)
            let model = apart(found, parents: planned)
            planned[snapshot.name] = model
            models.append(model)
            if let (kind, reason) = change {
                changes.append(
                    ModelChange(name: snapshot.name, kind: kind, reason: reason, texts: texts(of: snapshot)))
            }
        }
        let removed = state.unread.union(current.keys).filter { graph[$0] == nil }.sorted()
        // One that has become a part of its readers has no view any more.
        let embedded = models.filter { model in
            !model.hasRelation && current[model.name].map(\.facts.hasRelation) == true
        }.map(\.name)
        changes += removed.map { ModelChange(name: $0, kind: .removed) }
        let stated = models.filter { $0.hasRelation && !$0.isNew && comparison.addsStatements($0.snapshot) }
        var plan = Plan(
            environment: request.environment, changes: changes, models: models,
            stages: stages(models, kinds: comparison.kinds, stated: stated, removed: (removed + embedded).sorted()),
            modelsBefore: state.unread.union(current.keys).count)
        plan.waiting = limits(models)
        plan.choiceRefusals = comparison.refusals
        return plan
    }

    /// Which table is to hold the model's rows: the one that ever held those of its fingerprint; the one it has, where
    /// the rows stay; else a new one.
    private func planned(
        _ snapshot: ModelSnapshot, kind: ModelChange.Kind?, isForward: Bool, parents: [ModelName: PlannedModel]
    ) -> PlannedModel {
        let key = SnapshotKey(name: snapshot.name, fingerprint: snapshot.fingerprint)
        func known(_ version: String) -> PlannedModel {
            let isLost = state.lost.contains(VersionID(name: snapshot.name, version: version))
            return PlannedModel(snapshot: snapshot, version: version, isNew: isLost)
        }
        // The environment's own comes first: a restatement may have given it a table apart.
        if let current = state.environment?[snapshot.name], current.fingerprint == snapshot.fingerprint {
            // Production may have taken over since what a preview tries out.
            if !current.id.isPreview { return known(current.version) }
        }
        let readsPreview = snapshot.parents.contains { parents[$0]?.isPreview == true }
        if !readsPreview, let version = state.versions[key] { return known(version) }
        if let preview = preview(of: snapshot, isForward: isForward, readsPreview: readsPreview) { return preview }
        if kind == .forwardOnly, let current = state.environment?[snapshot.name] {
            var model = known(current.version)
            model.isForward = true
            model.forward = ForwardChange(of: snapshot, over: state.columns[snapshot.name])
            return model
        }
        if let current = basis[snapshot.name], kind?.keepsRows ?? true {
            // A view is bound to the tables that it reads, and so is what stands in one.
            let kind = snapshot.definition.kind
            let isBound = kind.isView || kind.isMaterializedView || !kind.options.hasRelation
            let stays = snapshot.parents.allSatisfy { parents[$0]?.id == basis[$0]?.id }
            if stays || !isBound { return known(current.version) }
        }
        return PlannedModel(snapshot: snapshot, version: String(snapshot.fingerprint.prefix(16)), isNew: true)
    }

    /// Where a forward-only change is tried out elsewhere than in production: a table apart, for some intervals. What reads
    /// one gets one too: production's must not be computed from it.
    private func preview(of snapshot: ModelSnapshot, isForward: Bool, readsPreview: Bool) -> PlannedModel? {
        guard request.environment != RelationNames.production else { return nil }
        let base = state.production[snapshot.name]
        let isForward =
            isForward && base?.dataHash != snapshot.dataHash
            && base?.facts.kind == snapshot.definition.kind.name
        guard isForward || readsPreview else { return nil }
        let id = VersionID.preview(snapshot.name, fingerprint: snapshot.fingerprint)
        let isThere = state.versions[id.key(fingerprint: snapshot.fingerprint)] != nil && !state.lost.contains(id)
        var model = PlannedModel(snapshot: snapshot, version: id.version, isNew: !isThere)
        model.isPreview = true
        model.isForward = isForward
        model.forward = isForward ? ForwardChange(of: snapshot, over: state.columns[snapshot.name]) : nil
        return model
    }

    /// Gives a model a table apart that is to be computed again, or reads one that is, where another environment shows
    /// its table: that one keeps its rows.
    private func apart(_ model: PlannedModel, parents: [ModelName: PlannedModel]) -> PlannedModel {
        guard request.environment != RelationNames.production, !restated.isEmpty, !model.isNew,
            state.shared.contains(model.id)
        else { return model }
        let reads = model.snapshot.parents.contains { name in
            guard let parent = parents[name] else { return false }
            return parent.isNew && parent.id != state.environment?[name]?.id
        }
        guard restated.contains(model.name) || reads else { return model }
        let mark = SHA256.hexadecimal("\(request.environment) \(request.upTo) \(model.version)").prefix(6)
        return PlannedModel(snapshot: model.snapshot, version: model.id.apart(String(mark)).version, isNew: true)
    }

    private func texts(of snapshot: ModelSnapshot) -> (before: String, after: String)? {
        let after = snapshot.definition.source.text
        guard let before = state.previous[snapshot.name]?.definition.source.text, before != after else { return nil }
        return (before, after)
    }

    // MARK: Stages

    private func stages(
        _ models: [PlannedModel], kinds: [ModelName: ModelChange.Kind], stated: [PlannedModel], removed: [ModelName]
    ) -> [Stage] {
        var stages: [Stage] = []
        let migrated = models.filter { $0.isForward && !$0.isPreview && $0.forward != nil }
        if !migrated.isEmpty { stages.append(.migrate(migrated)) }
        let created = models.filter { $0.isNew && $0.hasRelation }
        if !created.isEmpty { stages.append(.createTables(created)) }
        let left = leftToProduction(models)
        let work = ModelWork.all(
            models, done: state.done, upTo: request.upTo, window: restated.isEmpty ? request.window : nil,
            requested: requested(models), before: tablesBefore(models), windows: previewed(models),
            limits: limits(models), repeatsPartials: false
        ).filter { !left.contains($0.model.name) && backfilled?.contains($0.model.name) != false }
        let outside = outsidePreviews(models)
        if !outside.isEmpty { stages.append(.assume(outside)) }
        if !work.isEmpty {
            switch request.backfill {
            case .compute: stages.append(.backfill(work))
            case .assume: stages.append(.assume(work))
            case .skip: break
            }
        }
        if !stated.isEmpty { stages.append(.runStatements(stated)) }
        let audited = models.filter(hasNewAudits)
        if !audited.isEmpty { stages.append(.audit(audited)) }
        let current = state.environment ?? [:]
        let views = models.filter { model in
            guard model.hasRelation else { return false }
            guard let old = current[model.name] else { return true }
            return old.version != model.version || kinds[model.name] != nil || state.astray.contains(model.name)
        }
        if !views.isEmpty || !removed.isEmpty || state.environment == nil {
            stages.append(.promote(views: views, dropped: removed))
        }
        return stages
    }

    /// What keeps models from being computed as far as is asked for.
    private func limits(_ models: [PlannedModel]) -> [ModelName: Readiness.Limit] {
        let schedules = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0.snapshot.schedule) })
        return state.readiness.limits(of: models.map { Readiness.Model($0.snapshot) }).filter { name, limit in
            schedules[name].map { limit.moment < $0.floor(request.upTo) } ?? false
        }
    }

    /// The models whose tables production computes.
    private func leftToProduction(_ models: [PlannedModel]) -> Set<ModelName> {
        if request.environment == RelationNames.production { return [] }
        let tables = models.map { ($0.name, (table: $0.id, parents: $0.snapshot.parents)) }
        return ProductionTables.left(by: Dictionary(uniqueKeysWithValues: tables), to: state.production)
    }

    /// What of new previews is computed: what was asked for, or the last interval that is over.
    private func previewed(_ models: [PlannedModel]) -> [ModelName: Interval] {
        var windows: [ModelName: Interval] = [:]
        for model in models where model.isPreview && model.isNew {
            let end = model.snapshot.grid.floor(request.upTo)
            windows[model.name] =
                request.window ?? request.effective ?? Interval(from: model.snapshot.grid.step(end, by: -1), to: end)
        }
        return windows
    }

    /// What of new previews is not computed: it counts as done, or the next run would compute all of it.
    private func outsidePreviews(_ models: [PlannedModel]) -> [ModelWork] {
        let windows = previewed(models)
        return models.compactMap { model in
            guard let window = windows[model.name] else { return nil }
            let shown = model.snapshot.grid.covering(IntervalSet([window]))
            let missing = MissingIntervals(of: model.snapshot, done: shown, upTo: request.upTo)
            return missing.due.isEmpty ? nil : ModelWork(model: model, missing: missing)
        }
    }

    /// What is computed again of the models that are restated.
    private func requested(_ models: [PlannedModel]) -> [ModelName: IntervalSet] {
        let wanted = IntervalSet(
            request.window.map { [$0] } ?? Interval(from: .beginning, to: request.upTo).map { [$0] } ?? [])
        var requested: [ModelName: IntervalSet] = [:]
        for model in models where restated.contains(model.name) {
            requested[model.name] = model.snapshot.grid.covering(
                wanted.intersection(IntervalSet(from: .beginning, to: request.upTo)))
        }
        if let effective = request.effective {
            for model in models where model.isForward && !model.isPreview {
                let times = model.snapshot.grid.covering(IntervalSet([effective]))
                requested[model.name] = (requested[model.name] ?? IntervalSet()).union(times)
            }
        }
        return requested
    }

    /// The tables that models had before they got new ones: what readers that stay were computed from.
    private func tablesBefore(_ models: [PlannedModel]) -> [ModelName: VersionID] {
        var tables: [ModelName: VersionID] = [:]
        for model in models {
            if model.isNew, let old = state.environment?[model.name]?.id, old != model.id { tables[model.name] = old }
        }
        return tables
    }

    /// Whether there are rows in the table of `model` that have not been put to all of its audits.
    private func hasNewAudits(_ model: PlannedModel) -> Bool {
        guard !model.isNew, !(state.done[model.id] ?? IntervalSet()).isEmpty else { return false }
        var passed = state.audited[model.id] ?? []
        if let current = state.environment?[model.name], current.id == model.id {
            passed = Set(current.facts.audits)
        }
        return !model.snapshot.audits.allSatisfy { passed.contains(ModelHashes.audit($0)) }
    }
}

extension ModelWork {
    /// What is missing in `models`, parents before children. What a parent computes again is computed again in its
    /// children, for their own lookback too.
    /// - Parameters:
    ///   - requested: Computed even where done, by model; spreads to children the same way.
    ///   - before: For models that get a new table: the one they had. Filling the new one changes nothing for readers
    ///     that keep their tables; what would have been due in the old one does.
    ///   - windows: For single models, instead of `window`.
    ///   - limits: What keeps single models back.
    ///   - repeatsPartials: False leaves intervals that are not over to the next run, unless a table has nothing yet.
    public static func all(
        _ models: [PlannedModel], done: [VersionID: IntervalSet], upTo: Moment, window: Interval? = nil,
        requested: [ModelName: IntervalSet] = [:], before: [ModelName: VersionID] = [:],
        windows: [ModelName: Interval] = [:], limits: [ModelName: Readiness.Limit] = [:], repeatsPartials: Bool = true
    ) -> [ModelWork] {
        var computed: [ModelName: IntervalSet] = [:]
        var restated = Set(requested.keys)
        var work: [ModelWork] = []
        for model in models {
            let kind = model.snapshot.definition.kind.options
            var wanted = requested[model.name] ?? IntervalSet()
            for parent in model.snapshot.parents { if let set = computed[parent] { wanted = wanted.union(set) } }
            if kind.canRestate, model.snapshot.parents.contains(where: restated.contains) {
                restated.insert(model.name)
            }
            func missing(in table: VersionID) -> MissingIntervals {
                let done = done[table] ?? IntervalSet()
                return MissingIntervals(
                    of: model.snapshot, done: done, upTo: upTo, requested: wanted,
                    startsAnew: kind.restatesWhole && restated.contains(model.name),
                    window: windows[model.name] ?? window, limit: limits[model.name]?.moment,
                    includesPartials: repeatsPartials || done.isEmpty)
            }
            computed[model.name] = missing(in: before[model.name] ?? model.id).due
            if !model.hasRelation { computed[model.name] = wanted }
            let own = missing(in: model.id)
            if !own.due.isEmpty { work.append(ModelWork(model: model, missing: own)) }
        }
        return work
    }
}
