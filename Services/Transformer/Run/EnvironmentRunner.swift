import Foundation
import Logging
import ModelProject
import Pipeline
import Planning

/// Brings the models of a promoted environment up to date.
struct EnvironmentRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
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
    }

    /// Runs one model, or all, parents first.
    func run(
        _ request: Request, ticket: ModelRunner.Ticket,
        report: @Sendable (ModelName, ModelOutcome) -> Void = { _, _ in }
    ) async throws -> ModelOutcome {
        let environment = try await catalog.environment(request.environment)
        let models = try selected(request, environment)
        let runner = ModelRunner(store: store, tables: tables, catalog: catalog, logger: logger)
        var total = ModelOutcome()
        for model in models {
            // Looked at one by one: computing a parent reopens its children.
            let missing = MissingIntervals(
                of: model.snapshot, done: try await store.done(model.id), upTo: request.upTo,
                requested: requested(request, model), window: window(request, model))
            guard !missing.due.isEmpty else { continue }
            let outcome = try await runner.run(
                ModelWork(model: model, missing: missing), among: environment.models, ticket)
            report(model.name, outcome)
            total.rows += outcome.rows
            total.intervals = total.intervals.union(outcome.intervals)
            total.findings += outcome.findings
        }
        return total
    }

    private func selected(
        _ request: Request, _ environment: EnvironmentCatalog.Environment
    ) throws -> [PlannedModel] {
        guard let name = request.model else { return environment.models }
        guard let model = environment[name] else {
            throw TransformerError.unknownModel(name.description, in: request.environment)
        }
        return [model]
    }

    /// A backfill leaves what is outside of it alone, apart from the lookback before it.
    private func window(_ request: Request, _ model: PlannedModel) -> Interval? {
        guard let from = request.from else { return nil }
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
