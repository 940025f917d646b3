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
        let current = try await catalog.find(environment)
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
        for stage in plan.stages {
            try Task.checkCancellation()
            switch stage {
            case .createTables(let models): try await create(models, among: plan.models)
            case .backfill(let work): try await backfill(work, among: plan.models, execution: execution, report)
            case .audit(let models): try await audit(models, among: plan.models, execution: execution, report)
            case .promote(let targets, let dropped):
                try await promote(targets, dropped, environment: plan.environment)
                report("\(plan.environment): \(targets.count) views point to their tables")
            case .finalize: try await finalize(plan, id: id)
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

    /// Writes down what the environment is now, and tells everybody.
    private func finalize(_ plan: Plan, id: String) async throws {
        var models: [StoredModel] = []
        for model in plan.models {
            models.append(StoredModel(model, columns: try await tables.columns(of: RelationNames.table(model.id))))
        }
        let now = Moment(Date())
        let environment = StoredEnvironment(name: plan.environment, plan: id, promotedAt: now, models: models)
        let names = plan.stages.flatMap { stage -> [String] in
            if case .promote(let views, let dropped) = stage {
                return views.map(\.name.description) + dropped.map(\.description)
            }
            return []
        }
        let messages = try Announcements.promoted(plan, environment: environment, changed: names)
        try await store.change { session in
            try await store.remember(plan.models, session)
            try await store.save(environment, session)
            try await store.send(messages, session)
        }
        logger.info("environment promoted", metadata: ["environment": "\(plan.environment)", "plan": "\(id)"])
    }
}
