import ControlPlane
import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres

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
    /// - Throws: ``TransformerError`` when the project cannot be what the environment is to be: a model reads one that is not
    ///   part of it, or two views would have one name.
    func plan(
        _ project: Project, for environment: String, upTo: Moment, window: Interval? = nil
    ) async throws -> Plan {
        try Self.check(name: environment)
        let graph = try ProjectGraph(project)
        let models = try await store.modelNames()
        if graph.snapshots.isEmpty, models[environment] == nil {
            throw TransformerError(
                .invalidRequest,
                "The project has no models, and there is no environment \(environment): nothing to plan.")
        }
        let broken = graph.brokenReaders(of: models, planning: environment)
        if !broken.isEmpty {
            throw TransformerError(.pipelineError, broken.map(\.description).joined(separator: "\n"))
        }
        if let problem = RelationNames.problem(
            withViewsOf: graph.snapshots, in: environment, besides: models)
        {
            throw problem
        }
        var state = PlanningState(done: try await store.done())
        let basis = try await readEnvironment(environment, models[environment] ?? [], into: &state)
        try await compareWithDatabase(environment, &state)
        var plan = Planner(graph: graph, state: state, upTo: upTo, window: window).plan(for: environment)
        if plan.stages.contains(where: { if case .audit = $0 { true } else { false } }) {
            // Perhaps another environment has shown these tables under these audits all the time.
            state.audited = PlanningState.audited(try await catalog.all().environments.map(\.models))
            plan = Planner(graph: graph, state: state, upTo: upTo, window: window).plan(for: environment)
        }
        plan.basis = basis
        return plan
    }

    private static func check(name: String) throws {
        if let problem = RelationNames.problem(withEnvironment: name) {
            throw TransformerError(.invalidRequest, problem)
        }
    }

    /// - Returns: The plan that made the environment what it is; nil when there is none.
    private func readEnvironment(
        _ name: String, _ models: Set<ModelName>, into state: inout PlanningState
    ) async throws -> String? {
        do {
            guard let current = try await catalog.find(name) else { return nil }
            state.environment = Dictionary(uniqueKeysWithValues: current.models.map { ($0.name, $0) })
            return current.plan
        } catch let unreadable as EnvironmentCatalog.Unreadable {
            // What the project says is written over it; of what was there only the names matter.
            logger.warning("environment is planned anew", metadata: ["error": "\(unreadable)"])
            state.environment = [:]
            state.unread = models
            return unreadable.plan
        }
    }

    /// Looks for tables and views that somebody took away or changed by hand.
    private func compareWithDatabase(_ environment: String, _ state: inout PlanningState) async throws {
        let versions = try await store.versions()
        let (tables, shown) = try await views.physical()
        let ids = versions.map { VersionID(name: $0.key.name, version: $0.value) }
        let lost = Set(ids).filter { !tables.contains(RelationNames.table($0)) }
        let current = state.environment ?? [:]
        let astray = current.values.filter { model in
            shown[RelationNames.view(model.name, in: environment)] != RelationNames.table(model.id)
        }
        state = PlanningState(
            environment: state.environment, versions: versions, done: state.done, lost: lost,
            astray: Set(astray.map(\.name)), unread: state.unread)
    }

    /// Keeps others from changing `environment` while `body` runs; waits for those who are at it.
    /// - Parameter report: Told who is, once.
    func exclusively<R: Sendable>(
        _ environment: String, report: @escaping Report, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        try await store.database.holding(
            lock: "transformer.environment.\(environment)", as: "millrace transformer \(environment)",
            whenHeld: { report("\(environment) is being changed by \($0). Waiting for it to end.") }, body)
    }

    /// Carries a plan out. May be repeated after a failure: what is done is not done again.
    /// - Parameter allowingRemoval: Carries out a plan that takes away more than half of the environment, too.
    /// - Returns: The name of the plan in the state.
    @discardableResult
    func apply(
        _ plan: Plan, execution: Moment, allowingRemoval: Bool = false, report: Report = { _ in }
    ) async throws -> String {
        if let removal = plan.removal, !allowingRemoval { throw TransformerError(.invalidRequest, removal) }
        let id = UUIDv7.make().text
        for case .promote(_, let dropped) in plan.stages {
            try await views.checkReaders(of: relations(dropped, plan), changing: [])
        }
        for stage in plan.stages {
            try Task.checkCancellation()
            switch stage {
            case .createTables(let models):
                try await create(models, among: plan.models)
                for case .promote(let models, let dropped) in plan.stages {
                    try await views.checkReaders(
                        of: relations(dropped, plan), changing: models.map { target($0, plan.environment) })
                }
            case .backfill(let work): try await backfill(work, among: plan.models, execution: execution, report)
            case .audit(let models): try await audit(models, among: plan.models, execution: execution, report)
            case .promote(let models, let dropped):
                try await promote(models, dropped, plan, id: id, report)
                report("\(plan.environment): \(models.count) views point to their tables")
                if !dropped.isEmpty {
                    let names = dropped.map { RelationNames.view($0, in: plan.environment).description }
                    report("\(plan.environment): dropped \(names.joined(separator: ", "))")
                }
            }
        }
        return id
    }

    private func relations(_ models: [ModelName], _ plan: Plan) -> [RelationName] {
        models.map { RelationNames.view($0, in: plan.environment) }
    }

    private func create(_ models: [PlannedModel], among all: [PlannedModel]) async throws {
        let sql = ModelSQL(all)
        guard let always = Interval(from: .beginning, to: Moment(year: 9999, month: 1, day: 1)) else { return }
        var made: [PlannedModel] = []
        for model in models {
            let statements = try sql.statements(of: model, interval: always, execution: .epoch, isIncremental: false)
            do {
                let isView = model.snapshot.definition.kind.isView
                let isMade =
                    try await isView
                    ? tables.createView(model, as: statements) : tables.create(model, as: statements)
                if isMade { made.append(model) }
            } catch {
                throw TransformerError.from(error, doing: "\(model.name)")
            }
            try await checkDescriptions(of: model)
        }
        let empty = made.map(\.id)
        try await store.change { session in
            try await store.remember(models, among: all, session)
            try await store.forgetDone(empty, session)
        }
    }

    /// A description of a column that there is not would fail when the view is made, after everything is computed.
    private func checkDescriptions(of model: PlannedModel) async throws {
        let described = model.snapshot.definition.columnDescriptions.keys
        guard !described.isEmpty else { return }
        let columns = try await tables.columns(of: RelationNames.table(model.id)).map(\.name)
        if let other = described.first(where: { !columns.contains($0) }) {
            throw model.snapshot.definition.error(
                "column_descriptions",
                "\(model.name) has no column \(other) to describe: \(columns.joined(separator: ", ")).")
        }
    }

    private func backfill(
        _ work: [ModelWork], among models: [PlannedModel], execution: Moment, _ report: Report
    ) async throws {
        let runner = ModelRunner(store: store, tables: tables, catalog: catalog, logger: logger)
        let items = Dictionary(uniqueKeysWithValues: work.map { ($0.model.name, $0) })
        var failures = ModelFailures()
        for model in models where !failures.skips(model) {
            guard let item = items[model.name] else { continue }
            do {
                let outcome = try await runner.run(item, among: models, ModelRunner.Ticket(execution: execution))
                report("\(item.model.name): \(outcome.rows) rows")
                for finding in outcome.findings { report("  warning: \(finding.message)") }
            } catch {
                try failures.note(error, of: model)
            }
        }
        try failures.check()
    }

    private func audit(
        _ models: [PlannedModel], among all: [PlannedModel], execution: Moment, _ report: Report
    ) async throws {
        let auditor = Auditor(tables: tables)
        for model in models {
            let findings = try await auditor.audit(model, among: all, in: nil, execution: execution)
            try await store.keep(findings, of: model.id)
            for finding in findings where finding.isBlocking {
                throw TransformerError(
                    .auditFailed, "\(finding.message) That is in what is there already. Nothing was promoted.")
            }
            for finding in findings { report("  warning: \(finding.message)") }
        }
    }

    private func target(_ model: PlannedModel, _ environment: String) -> VirtualLayer.Target {
        let definition = model.snapshot.definition
        return VirtualLayer.Target(
            view: RelationNames.view(model.name, in: environment), table: RelationNames.table(model.id),
            description: definition.description,
            columnDescriptions: definition.columnDescriptions.map { ($0.key, $0.value) })
    }

    /// Points and drops views, writes down what the environment is now, and tells everybody, in one transaction: a process
    /// that dies leaves all of it or nothing.
    private func promote(
        _ models: [PlannedModel], _ dropped: [ModelName], _ plan: Plan, id: String, _ report: Report
    ) async throws {
        for model in models { try await checkDescriptions(of: model) }
        let targets = models.map { target($0, plan.environment) }
        let gone = relations(dropped, plan)
        let changed = models.map(\.name.description) + dropped.map(\.description)
        try await withViewsLocked("the views of \(plan.environment)", report) { session in
            guard try await store.plans(session)[plan.environment] == plan.basis else {
                throw TransformerError(
                    .conflict,
                    "\(plan.environment) was changed while this plan was under way. Nothing was promoted; plan again.")
            }
            try await views.promote(targets, dropping: gone, session)
            var stored: [StoredModel] = []
            for model in plan.models {
                let columns = try await session.columns(of: RelationNames.table(model.id))
                stored.append(StoredModel(model, columns: columns))
            }
            let environment = StoredEnvironment(
                name: plan.environment, plan: id, promotedAt: Moment(Date()), models: stored)
            try await store.remember(plan.models, among: plan.models, session)
            try await store.save(environment, session)
            do {
                let messages = try Announcements.promoted(plan, environment: environment, changed: changed)
                try await store.send(messages, session)
            } catch let error as ControlSizeError {
                throw TransformerError(.pipelineError, "\(error) Nothing was promoted.")
            }
            if plan.environment != RelationNames.production {
                try await views.dropEmpty(Set(gone.map(\.schema)).subtracting(targets.map(\.view.schema)), session)
            }
        }
        logger.info("environment promoted", metadata: ["environment": "\(plan.environment)", "plan": "\(id)"])
    }

    /// A change of the state that also changes views. It never waits long for somebody who reads one of them, as everybody
    /// else who changes the state would wait with it: it makes way and tries again.
    private func withViewsLocked(
        _ what: String, _ report: Report, _ body: @Sendable (Session) async throws -> Void
    ) async throws {
        var isTold = false
        while true {
            do {
                try await store.change { session in
                    try await session.execute("SET LOCAL lock_timeout = '2s'")
                    try await body(session)
                }
                return
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                if !isTold { report("somebody is reading \(what); waiting until they are done") }
                isTold = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    // MARK: Removing

    /// Takes an environment away: its views, what the state knows of it, and everybody is told, in one transaction. Its
    /// tables stay, so that it can be made again without computing.
    /// - Returns: The views that were dropped.
    /// - Throws: `unknownEnvironment`; `conflict` when something outside of the project reads one of the views.
    @discardableResult
    func remove(_ environment: String, report: Report = { _ in }) async throws -> [RelationName] {
        let names = try await store.modelNames()
        guard let models = names[environment] else {
            throw TransformerError.unknownEnvironment(environment, known: names.keys.sorted())
        }
        let gone = models.sorted().map { RelationNames.view($0, in: environment) }
        try await views.checkReaders(of: gone, changing: [])
        try await withViewsLocked("the views of \(environment)", report) { session in
            try await views.promote([], dropping: gone, session)
            try await store.remove(environment, session)
            try await store.send([try OutboxMessage(EnvironmentRemoved(environment: environment))], session)
            if environment != RelationNames.production {
                try await views.dropEmpty(Set(gone.map(\.schema)), session)
            }
        }
        logger.info("environment removed", metadata: ["environment": "\(environment)"])
        return gone
    }
}
