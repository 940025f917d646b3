import ControlPlane
import Foundation
import Logging
import Pipeline
import Planning

/// Makes plans and carries them out.
struct PlanRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let views: VirtualLayer
    let catalog: EnvironmentCatalog
    let logger: Logger

    /// What has happened so far, for people who wait.
    typealias Report = @Sendable (String) -> Void

    /// Compares the project with the environment.
    func plan(
        _ project: Project, for environment: String, upTo: Moment, window: Interval? = nil
    ) async throws -> Plan {
        if let problem = RelationNames.problem(withEnvironment: environment) {
            throw TransformerError(.invalidRequest, problem)
        }
        let graph = try ProjectGraph(project)
        let current: EnvironmentCatalog.Environment?
        do {
            current = try await catalog.find(environment)
        } catch let error as UnreadableEnvironment {
            // Its views and rows are there; the plan makes everything it says anew.
            logger.warning(
                "planned as if it were new", metadata: ["environment": "\(environment)", "error": "\(error)"])
            current = nil
        }
        let state = PlanningState(
            environment: current.map { Dictionary(uniqueKeysWithValues: $0.models.map { ($0.name, $0) }) },
            versions: try await existingVersions(), done: try await store.done())
        return Planner(graph: graph, state: state, upTo: upTo, window: window).plan(for: environment)
    }

    /// Versions whose tables are still there.
    private func existingVersions() async throws -> [SnapshotKey: String] {
        try await store.versions()
    }

    /// Carries a plan out. May be repeated after a failure: what is done is not done again.
    /// - Returns: The name of the plan in the state.
    @discardableResult
    func apply(_ plan: Plan, execution: Moment, report: Report = { _ in }) async throws -> String {
        let id = UUIDv7.make().text
        var described: [StoredModel]?
        for stage in plan.stages {
            try Task.checkCancellation()
            switch stage {
            case .createTables(let models): try await create(models, among: plan.models)
            case .backfill(let work): try await backfill(work, among: plan.models, execution: execution, report)
            case .audit(let models): try await audit(models, among: plan.models, execution: execution, report)
            case .promote(let targets, let dropped):
                // What cannot be told to others is not promoted.
                let models = try await describe(plan.models)
                _ = try announcements(plan, id: id, models)
                described = models
                try await promote(targets, dropped, environment: plan.environment)
                report("\(plan.environment): \(targets.count) views point to their tables")
            case .finalize:
                let models: [StoredModel]
                if let described { models = described } else { models = try await describe(plan.models) }
                try await finalize(plan, id: id, models)
            }
        }
        return id
    }

    private func create(_ models: [PlannedModel], among all: [PlannedModel]) async throws {
        let sql = ModelSQL(all)
        guard let always = Interval(from: .epoch, to: Moment(year: 9999, month: 1, day: 1)) else { return }
        for model in models {
            let definition = model.snapshot.definition
            let query = try sql.query(of: model, interval: always, execution: .epoch, isIncremental: false)
            let table = RelationNames.table(model.id)
            do {
                if definition.kind == .view {
                    try await tables.createView(table, as: query)
                } else {
                    try await tables.create(
                        table, as: query, declared: definition.columns.map { ($0.key, $0.value) },
                        timeColumn: definition.kind.timeRange?.timeColumn)
                }
            } catch {
                throw TransformerError.from(error, doing: "\(definition.source.path): \(model.name)")
            }
        }
        try await store.change { try await store.remember(models, $0) }
    }

    private func backfill(
        _ work: [ModelWork], among models: [PlannedModel], execution: Moment, _ report: Report
    ) async throws {
        let runner = ModelRunner(store: store, tables: tables, catalog: catalog, logger: logger)
        for item in work {
            let outcome = try await runner.run(item, among: models, ModelRunner.Ticket(execution: execution))
            report("\(item.model.name): \(outcome.rows) rows")
            for finding in outcome.findings {
                report("  warning: the audit \(finding.audit) found \(finding.failures) failures")
            }
        }
    }

    private func audit(
        _ models: [PlannedModel], among all: [PlannedModel], execution: Moment, _ report: Report
    ) async throws {
        let auditor = Auditor(tables: tables)
        for model in models {
            let findings = try await auditor.audit(model, among: all, in: nil, execution: execution)
            for finding in findings where finding.isBlocking {
                throw TransformerError(
                    .auditFailed,
                    "\(model.name): the audit \(finding.audit) found \(finding.failures) failures in what is there already. "
                        + "Nothing was promoted.")
            }
            for finding in findings {
                report("  warning: the audit \(finding.audit) found \(finding.failures) failures")
            }
        }
    }

    private func promote(_ models: [PlannedModel], _ dropped: [ModelName], environment: String) async throws {
        let targets = models.map { model in
            let definition = model.snapshot.definition
            return VirtualLayer.Target(
                view: RelationNames.view(model.name, in: environment), table: RelationNames.table(model.id),
                description: definition.description,
                columnDescriptions: definition.columnDescriptions.map { ($0.key, $0.value) })
        }
        try await views.promote(targets, dropping: dropped.map { RelationNames.view($0, in: environment) })
    }

    /// The models as the state keeps them, with the columns of their tables.
    private func describe(_ models: [PlannedModel]) async throws -> [StoredModel] {
        var stored: [StoredModel] = []
        for model in models {
            stored.append(StoredModel(model, columns: try await tables.columns(of: RelationNames.table(model.id))))
        }
        return stored
    }

    /// What the environment will be, and the messages that tell of it.
    /// - Throws: `pipelineError` when no message can hold what there is to tell.
    private func announcements(
        _ plan: Plan, id: String, _ models: [StoredModel]
    ) throws -> (environment: StoredEnvironment, messages: [OutboxMessage]) {
        let environment = StoredEnvironment(
            name: plan.environment, plan: id, promotedAt: Moment(Date()), models: models)
        let names = plan.stages.flatMap { stage -> [String] in
            if case .promote(let views, let dropped) = stage {
                return views.map(\.name.description) + dropped.map(\.description)
            }
            return []
        }
        do {
            return (environment, try Announcements.promoted(plan, environment: environment, changed: names))
        } catch let error as ControlSizeError {
            throw TransformerError(.pipelineError, "\(error) Nothing was promoted.")
        }
    }

    /// Writes down what the environment is now, and tells everybody.
    private func finalize(_ plan: Plan, id: String, _ models: [StoredModel]) async throws {
        let (environment, messages) = try announcements(plan, id: id, models)
        try await store.change { session in
            try await store.remember(plan.models, session)
            try await store.save(environment, session)
            try await store.send(messages, session)
        }
        logger.info("environment promoted", metadata: ["environment": "\(plan.environment)", "plan": "\(id)"])
    }
}
