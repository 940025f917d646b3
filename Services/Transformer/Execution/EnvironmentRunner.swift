import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Synchronization

/// Brings the models of a promoted environment up to date.
struct EnvironmentRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
    /// How many models are computed at a time.
    var concurrency = 1
    /// Shared with all that computes in this process.
    var slots = WorkSlots(1)
    /// Told of what is computed; nil: nobody is.
    var lineage: LineageReporter?
    let logger: Logger

    /// What to do with which models.
    struct Request: Sendable {
        var environment: String
        /// Nil: all models.
        var model: ModelName?
        /// Data before this time.
        var upTo: Moment
        /// Computed again even where done; nil: only what is missing.
        var from: Moment?
        /// Without `model`: these alone; nil: all.
        var selected: Set<ModelName>?
        /// Nothing outside of it is computed; nil: all that is missing. A FULL model has no outside.
        var window: Interval?
        /// All that is over is due, whatever the crons say.
        var ignoresCron = false
        /// With `model`: whatever reads it, directly or not, is brought up to date as well.
        var includesReaders = false
    }

    /// Runs one model, or all, parents first. One that fails holds up only what reads it; the rest is computed.
    /// - Throws: What failed, once everything else is done.
    func run(
        _ request: Request, ticket: ModelRunner.Ticket,
        report: @escaping @Sendable (ModelName, ModelOutcome) -> Void = { _, _ in }
    ) async throws -> ModelOutcome {
        let environment = try await catalog.environment(request.environment)
        let models = try selected(request, environment)
        let texts = try await catalog.read(models.map(\.name), of: environment)
        let relations = try await catalog.relations(of: environment)
        let left = try await leftToProduction(environment)
        let limits = try await limits(in: environment)
        let runner = ModelRunner(
            store: store, tables: tables, catalog: catalog, environment: environment.name, slots: slots, logger: logger)
        let nodes = models.map { model in
            GraphExecution.Node(
                name: model.name, parents: model.facts.parents, after: model.facts.auditReads ?? [])
        }
        let anew =
            request.from == nil ? try await restateByCron(texts.values.filter { !left.contains($0.name) }, ticket) : []
        let isDue: @Sendable (PlannedModel) async throws -> MissingIntervals? = { model in
            if left.contains(model.name) { return nil }
            let missing = try await missing(
                of: model, request, ticket, limit: limits[model.name]?.moment, anew: anew.contains(model.name))
            return missing.due.isEmpty ? nil : missing
        }
        return try await withSteps(in: environment, of: texts.values, ticket.execution, isDue) {
            let total = Mutex(ModelOutcome())
            try await GraphExecution(nodes, concurrency: concurrency).run { name in
                // Looked at one by one: computing a parent reopens its children.
                guard let model = texts[name], let missing = try await isDue(model) else { return }
                let work = ModelWork(model: model, missing: missing)
                let outcome = try await lineage.reporting(
                    work, in: environment.name, columns: { environment.columns[$0] }
                ) {
                    try await runner.run(work, among: relations, ticket)
                }
                if anew.contains(name) { try await store.forgetPendingRestatement(of: model.id) }
                report(name, outcome)
                total.withLock { $0.add(outcome) }
            }
            return total.withLock { $0 }
        }
    }

    /// Takes as missing what is computed again because a cron of its kind has ticked.
    /// - Returns: The models that are computed again as a whole.
    private func restateByCron(
        _ models: some Sequence<PlannedModel>, _ ticket: ModelRunner.Ticket
    ) async throws -> Set<ModelName> {
        var anew: Set<ModelName> = []
        for model in models {
            guard let restatement = AutoRestatement(model.snapshot) else { continue }
            let outcome = try await store.restate(model.id, restatement, at: ticket.execution)
            if outcome == .whole { anew.insert(model.name) }
            guard outcome != .none else { continue }
            let times: String = if case .times(let times) = outcome { IntervalText.days(times) } else { "all of it" }
            logger.info("restated by its cron", metadata: ["model": "\(model.name)", "times": "\(times)"])
        }
        return anew
    }

    /// Computes between what the environment's project runs before and after everything else; where nothing is due, neither
    /// runs.
    private func withSteps(
        in environment: EnvironmentCatalog.Environment, of models: some Sequence<PlannedModel>, _ execution: Moment,
        _ isDue: (PlannedModel) async throws -> MissingIntervals?, _ compute: () async throws -> ModelOutcome
    ) async throws -> ModelOutcome {
        guard let statements = try await store.statements(of: environment.name), !statements.isEmpty else {
            return try await compute()
        }
        let steps = EnvironmentSteps(
            database: store.database, statements: statements, environment: environment.name,
            models: environment.models.filter(\.facts.hasRelation).map(\.name), execution: execution)
        var isAnyDue = false
        for model in models where !isAnyDue { isAnyDue = try await isDue(model) != nil }
        guard isAnyDue else { return ModelOutcome() }
        try steps.check()
        try await steps.run(.beforeAll)
        let result: Result<ModelOutcome, any Error>
        do { result = .success(try await compute()) } catch { result = .failure(error) }
        // Whatever has become of the models: it may give back what the beginning took.
        try await steps.run(.afterAll)
        return try result.get()
    }

    /// The models whose tables production computes.
    private func leftToProduction(_ environment: EnvironmentCatalog.Environment) async throws -> Set<ModelName> {
        guard environment.name != RelationNames.production,
            let production = try await catalog.all().environments.first(where: { $0.name == RelationNames.production })
        else { return [] }
        let tables = environment.models.map { ($0.name, (table: $0.id, parents: $0.facts.parents)) }
        return ProductionTables.left(
            by: Dictionary(uniqueKeysWithValues: tables),
            to: Dictionary(uniqueKeysWithValues: production.models.map { ($0.name, $0) }))
    }

    private func missing(
        of model: PlannedModel, _ request: Request, _ ticket: ModelRunner.Ticket, limit: Moment?, anew: Bool
    ) async throws -> MissingIntervals {
        let done = try await store.done(model.id)
        if anew {
            return MissingIntervals(
                of: model.snapshot, done: done, upTo: request.upTo, startsAnew: true, limit: limit)
        }
        if let named = request.model, named != model.name {
            // A reader of the one that was asked for: what that reopened is missing here.
            return MissingIntervals(of: model.snapshot, done: done, upTo: ticket.execution, limit: limit)
        }
        let kind = model.snapshot.definition.kind.options
        if request.from != nil, !kind.canRestate {
            if request.model == model.name { throw TransformerError.restatementDisabled(model.snapshot.definition) }
            return MissingIntervals(
                of: model.snapshot, done: done, upTo: request.upTo, window: window(request, model), limit: limit)
        }
        return MissingIntervals(
            of: model.snapshot, done: done, upTo: request.upTo, requested: requested(request, model),
            startsAnew: request.from != nil && kind.restatesWhole, window: window(request, model), limit: limit,
            ignoresCron: request.ignoresCron)
    }

    /// What keeps models back.
    private func limits(
        in environment: EnvironmentCatalog.Environment
    ) async throws -> [ModelName: Readiness.Limit] {
        let readiness = try await store.readiness(of: environment.models.flatMap { $0.facts.awaited ?? [] })
        return readiness.limits(of: environment.models.map(Readiness.Model.init))
    }

    /// Of the models that were asked for, those that data keeps back from being computed up to the time that was asked
    /// for, and which data.
    func waiting(_ request: Request) async throws -> [String] {
        let environment = try await catalog.environment(request.environment)
        let limits = try await limits(in: environment)
        return try selected(request, environment).compactMap { model in
            guard let limit = limits[model.name], limit.moment < IntervalGrid(model.facts.unit).floor(request.upTo)
            else { return nil }
            return "\(model.name) \(limit)."
        }
    }

    /// Why a backfill has nothing to compute, model by model.
    func reasons(_ request: Request) async throws -> [String] {
        let environment = try await catalog.environment(request.environment)
        let left = try await leftToProduction(environment)
        let limits = try await limits(in: environment)
        return try selected(request, environment).map { model in
            if left.contains(model.name) {
                return "\(model.name) shows production's table, over other tables of what it reads than production's: "
                    + "`transformer backfill --environment \(RelationNames.production)` computes it."
            }
            if let start = model.facts.start, start >= request.upTo {
                return "\(model.name) starts at \(start)."
            }
            if let limit = limits[model.name], limit.moment < request.upTo { return "\(model.name) \(limit)." }
            return "\(model.name) has no interval that begins and is over in that time."
        }
    }

    private func selected(
        _ request: Request, _ environment: EnvironmentCatalog.Environment
    ) throws -> [PromotedModel] {
        guard let name = request.model else {
            guard let selected = request.selected else { return environment.models }
            return environment.models.filter { selected.contains($0.name) }
        }
        guard let model = environment[name] else {
            throw TransformerError.unknownModel(name.description, in: request.environment)
        }
        guard request.includesReaders else { return [model] }
        var names: Set<ModelName> = [name]
        return environment.models.filter { candidate in
            guard candidate.name == name || candidate.facts.parents.contains(where: names.contains) else {
                return false
            }
            names.insert(candidate.name)
            return true
        }
    }

    /// A backfill leaves what is outside of it alone, apart from the lookback before it.
    private func window(_ request: Request, _ model: PlannedModel) -> Interval? {
        guard let from = request.from else { return request.window }
        let grid = model.snapshot.grid
        return Interval(
            from: grid.step(grid.floor(from), by: -model.snapshot.lookback), to: grid.ceiling(request.upTo))
    }

    /// What a backfill asks for, on the model's grid.
    private func requested(_ request: Request, _ model: PlannedModel) -> IntervalSet {
        guard let from = request.from else { return IntervalSet() }
        return model.snapshot.grid.covering(IntervalSet(from: from, to: request.upTo))
    }
}
