import Logging
import ModelProject
import Pipeline
import Planning
import Warehouse

/// Makes plans: compares a project with an environment, and with what is in the database.
struct PlanMaker: Sendable {
    let store: StateStore
    let warehouse: PostgresEngine
    let catalog: EnvironmentCatalog
    let logger: Logger

    /// Everything that a project says, up to a time.
    func plan(_ project: Project, for environment: String, upTo: Moment, window: Interval? = nil) async throws -> Plan {
        try await plan(project, PlanRequest(environment: environment, upTo: upTo, window: window))
    }

    /// What there is when an environment is planned, in the state and in the database.
    struct Surroundings: Sendable {
        let outlines: [String: StateStore.Outline]
        fileprivate(set) var state: PlanningState
        /// The environment; nil when there is none, or it cannot be read.
        let current: EnvironmentCatalog.Environment?
        /// Production, where another environment is planned.
        let production: EnvironmentCatalog.Environment?
    }

    /// Reads what an environment is planned against. It needs nothing of the project, and can be read beside it.
    func surroundings(of environment: String) async throws -> Surroundings {
        try Self.check(name: environment)
        let outlines = try await store.outlines()
        var state = PlanningState(done: try await store.done())
        let current = try await readEnvironment(environment, outlines[environment], into: &state)
        try await compareWithDatabase(environment, &state)
        let plan = outlines[RelationNames.production]?.plan
        let production = try await readProduction(plan, besides: environment, current, into: &state)
        return Surroundings(outlines: outlines, state: state, current: current, production: production)
    }

    /// Compares the project with the environment.
    func plan(_ project: Project, _ request: PlanRequest) async throws -> Plan {
        let surroundings = try await surroundings(of: request.environment)
        return try await plan(project, try ProjectGraph(project), request, in: surroundings)
    }

    /// Compares the project with the environment.
    /// - Parameter whole: The graph of the project.
    /// - Throws: ``TransformerError`` when the project cannot be what the environment is to be: a model reads one that is not
    ///   part of it, or two views would have one name.
    func plan(
        _ project: Project, _ whole: ProjectGraph, _ wanted: PlanRequest, in surroundings: Surroundings
    ) async throws -> Plan {
        var request = wanted
        request.forwardOnly = wanted.forwardOnly || project.config.plan.forwardOnly
        let environment = request.environment
        var graph = whole
        let (current, production) = (surroundings.current, surroundings.production)
        let models = surroundings.outlines.mapValues(\.models)
        var state = surroundings.state
        if graph.snapshots.isEmpty, models[environment] == nil {
            throw TransformerError(
                .invalidRequest,
                "The project has no models, and there is no environment \(environment): nothing to plan.")
        }
        if current != nil, environment == RelationNames.production, request.window != nil, request.restated.isEmpty {
            throw TransformerError(
                .invalidRequest,
                "--start and --end would leave \(environment) without the days outside of them until a run has computed them. "
                    + "Give them to a plan of another environment, or with --restate-model; a model's `start` says where its "
                    + "rows begin.")
        }
        if let selected = request.selected {
            graph = try await select(
                selected, of: graph, over: current ?? production, changed: request.changedFiles)
        }
        let broken = graph.brokenReaders(of: models, planning: environment)
        if !broken.isEmpty {
            throw TransformerError(.pipelineError, broken.map(\.description).joined(separator: "\n"))
        }
        if let problem = RelationNames.problem(withViewsOf: graph.snapshots, in: environment, besides: models) {
            throw problem
        }
        state.readiness = try await store.readiness(of: graph.snapshots.flatMap(\.awaited))
        state.previous = try await previous(current ?? production, changedBy: graph)
        let restated = try restated(request, graph)
        if !restated.isEmpty {
            let others = try await catalog.all().environments.filter { $0.name != environment }
            state.shared = Set(others.flatMap(\.tables))
        }
        let backfilled = try backfilled(request, graph)
        let choices = try self.choices(request, among: graph.candidates)
        let planner = { state in
            Planner(
                graph: graph, state: state, request: request, restated: restated, backfilled: backfilled,
                choices: choices)
        }
        var plan = planner(state).plan()
        if plan.stages.contains(where: { if case .audit = $0 { true } else { false } }) {
            // Perhaps another environment has shown these tables under these audits all the time.
            state.audited = PlanningState.audited(try await catalog.all().environments.map(\.models))
            plan = planner(state).plan()
        }
        let allowed = try names(request.allowedDestructive, among: graph.candidates, changed: request.changedFiles)
        try check(request, areChangedBy: plan, among: graph.candidates)
        let refusals = plan.refusals(of: request) + plan.forwardRefusals(allowing: allowed)
        if !refusals.isEmpty {
            throw TransformerError(.pipelineError, refusals.map(\.description).joined(separator: "\n"))
        }
        if environment != RelationNames.production, !project.config.pinnedEnvironments.contains(environment) {
            plan.lifetime = project.config.environmentLifetime
        }
        plan.restated = restated
        plan.estimates = try await WorkEstimates(warehouse: warehouse, done: state.done).estimates(
            of: plan, after: [current, production].compactMap(\.self))
        plan.tableLifetime = project.config.tableLifetime
        plan.basis = current?.plan ?? state.unreadBasis
        plan.take(project.statements, insteadOf: surroundings.outlines[environment]?.statements)
        return plan
    }

    /// The models that are computed, with what they read; nil: all.
    private func backfilled(_ request: PlanRequest, _ graph: ProjectGraph) throws -> Set<ModelName>? {
        guard let wanted = request.backfilled else { return nil }
        return try names(wanted.map(\.withParents), among: graph.candidates, changed: request.changedFiles)
    }

    /// What is to be computed again: of a raw table, what reads it. Models whose rows are history stay as they are where they
    /// are among others; asked for by its name, or alone, one is an error.
    private func restated(_ request: PlanRequest, _ graph: ProjectGraph) throws -> Set<ModelName> {
        let sources = Set(graph.snapshots.flatMap(\.sources))
        let fixed = graph.snapshots.filter { !$0.definition.kind.options.canRestate }
        var restated: Set<ModelName> = []
        for selection in request.restated {
            let tables = selection.tables(among: sources)
            guard !tables.isEmpty else {
                let named = try names([selection], among: graph.candidates, changed: request.changedFiles)
                let kept = named.subtracting(fixed.map(\.name))
                if selection.isOneName || kept.isEmpty, let first = fixed.first(where: { named.contains($0.name) }) {
                    throw TransformerError.restatementDisabled(first.definition)
                }
                restated.formUnion(kept)
                continue
            }
            let readers = graph.snapshots.filter { snapshot in
                snapshot.definition.kind.options.canRestate && snapshot.sources.contains(where: tables.contains)
            }
            guard !readers.isEmpty else {
                throw TransformerError(
                    .invalidRequest,
                    "Nothing that reads \(tables.sorted().joined(separator: ", ")) can be computed again: the rows are history."
                )
            }
            restated.formUnion(readers.map(\.name))
        }
        return restated
    }

    /// What forward-only changes are compared with, and a new environment begins as.
    /// - Returns: Production, where another environment is planned.
    private func readProduction(
        _ plan: String?, besides environment: String, _ current: EnvironmentCatalog.Environment?,
        into state: inout PlanningState
    ) async throws -> EnvironmentCatalog.Environment? {
        if environment != RelationNames.production {
            do {
                guard let production = try await catalog.find(RelationNames.production, plan: plan) else { return nil }
                state.production = Dictionary(uniqueKeysWithValues: production.models.map { ($0.name, $0) })
                state.columns = production.columns.mapValues { $0.map(\.name) }
                return production
            } catch let unreadable as EnvironmentCatalog.Unreadable {
                logger.warning("planned without production", metadata: ["error": "\(unreadable)"])
                return nil
            }
        }
        state.columns = current?.columns.mapValues { $0.map(\.name) } ?? [:]
        return nil
    }

    /// The texts of models before they were changed, to see what the change means. One that this version cannot read is
    /// left out: its rows are taken to be others.
    private func previous(
        _ current: EnvironmentCatalog.Environment?, changedBy graph: ProjectGraph
    ) async throws -> [ModelName: ModelSnapshot] {
        guard let current else { return [:] }
        let changed = current.models.filter { model in graph[model.name].map { $0.dataHash != model.dataHash } ?? false
        }
        return try await catalog.readable(changed.map(\.name), of: current) { error in
            logger.warning("model cannot be compared with what it was", metadata: ["error": "\(error)"])
        }.mapValues(\.snapshot)
    }

    /// A graph in which only the selected models are the project's; the others are as an environment has them.
    /// - Parameter base: The environment, or, where there is none yet, production.
    private func select(
        _ selections: [ModelSelection], of graph: ProjectGraph, over base: EnvironmentCatalog.Environment?,
        changed: [String: Set<String>]
    ) async throws -> ProjectGraph {
        var stored: [ModelName: PlannedModel] = [:]
        if let base { stored = try await catalog.read(base.models.map(\.name), of: base) }
        var candidates = graph.candidates
        for model in base?.models ?? [] where graph[model.name] == nil {
            candidates.append(ModelSelection.Candidate(model))
        }
        let selected = try names(selections, among: candidates, changed: changed)
        var mixed: [ModelName: ModelSnapshot] = [:]
        for snapshot in graph.snapshots where selected.contains(snapshot.name) { mixed[snapshot.name] = snapshot }
        for (name, model) in stored where !selected.contains(name) { mixed[name] = model.snapshot }
        return try ProjectGraph(mixed)
    }

    private func names(
        _ selections: [ModelSelection], among candidates: [ModelSelection.Candidate], changed: [String: Set<String>]
    ) throws -> Set<ModelName> {
        var names: Set<ModelName> = []
        for selection in selections {
            do throws(ModelSelection.Mistake) {
                names.formUnion(try selection.names(among: candidates, changed: changed))
            } catch {
                throw TransformerError(.invalidRequest, "\(error)")
            }
        }
        return names
    }

    private func choices(
        _ request: PlanRequest, among candidates: [ModelSelection.Candidate]
    ) throws -> [ModelName: ChangeCategory] {
        try request.categories.reduce(into: [:]) { found, choice in
            for name in try names([choice.models], among: candidates, changed: request.changedFiles) {
                found[name] = choice.category
            }
        }
    }

    /// - Throws: When somebody says what a change means, and there is none.
    private func check(
        _ request: PlanRequest, areChangedBy plan: Plan, among candidates: [ModelSelection.Candidate]
    ) throws {
        let edited = Set(plan.changes.filter(\.isOfItsText).map(\.name))
        for choice in request.categories {
            let named = try names([choice.models], among: candidates, changed: request.changedFiles)
            guard named.isDisjoint(with: edited) else { continue }
            throw TransformerError(
                .invalidRequest,
                "--category \(choice.category.rawValue): no text of \(named.sorted().map(\.description).joined(separator: ", ")) "
                    + "has changed so that rows could. What reads other models follows from what is said of those.")
        }
    }

    private static func check(name: String) throws {
        if let problem = RelationNames.problem(withEnvironment: name) {
            throw TransformerError(.invalidRequest, problem)
        }
    }

    /// - Returns: The environment as it is; nil when there is none, or it cannot be read.
    private func readEnvironment(
        _ name: String, _ outline: StateStore.Outline?, into state: inout PlanningState
    ) async throws -> EnvironmentCatalog.Environment? {
        do {
            guard let current = try await catalog.find(name, plan: outline?.plan) else { return nil }
            state.environment = Dictionary(uniqueKeysWithValues: current.models.map { ($0.name, $0) })
            return current
        } catch let unreadable as EnvironmentCatalog.Unreadable {
            // What the project says is written over it; of what was there only the names matter.
            logger.warning("environment is planned anew", metadata: ["error": "\(unreadable)"])
            state.environment = [:]
            state.unread = outline?.models ?? []
            state.unreadBasis = unreadable.plan
            return nil
        }
    }

    /// Looks for tables and views that somebody took away or changed by hand.
    private func compareWithDatabase(_ environment: String, _ state: inout PlanningState) async throws {
        let versions = try await store.versions()
        let layer = try await warehouse.virtualLayer(over: RelationNames.physicalPrefix)
        let ids = versions.map { VersionID(name: $0.key.name, version: $0.value) }
        let shownHere = (state.environment ?? [:]).values.map(\.id)
        let lost = Set(ids).union(shownHere).filter { !layer.tables.contains(RelationNames.table($0)) }
        let current = state.environment ?? [:]
        let astray = current.values.filter { model in
            model.facts.hasRelation
                && layer.shown[RelationNames.view(model.name, in: environment)] != RelationNames.table(model.id)
        }
        state.look(versions: versions, lost: lost, astray: Set(astray.map(\.name)))
    }
}
