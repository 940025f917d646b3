import ControlPlane
import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres

/// Carries plans out, stage by stage.
struct PlanRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
    let promoter: Promoter
    /// How many models are computed at a time.
    var concurrency = 1
    /// Shared with all that computes in this process.
    var slots = WorkSlots(1)
    /// Told of what is computed; nil: nobody is.
    var lineage: LineageReporter?
    let logger: Logger

    /// What has happened so far, for people who wait.
    typealias Report = @Sendable (String) -> Void

    /// How many batches of how many are computed of a model.
    typealias Progress = @Sendable (ModelName, Int, Int) -> Void

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
    /// - Parameters:
    ///   - id: The name of the plan in the state; nil: a new one.
    ///   - allowingRemoval: Carries out a plan that takes away more than half of the environment, too.
    /// - Returns: The name of the plan in the state.
    @discardableResult
    func apply(
        _ plan: Plan, as id: String? = nil, execution: Moment, allowingRemoval: Bool = false,
        report: @escaping Report = { _ in }, progress: @escaping Progress = { _, _, _ in }
    ) async throws -> String {
        if let removal = plan.removal, !allowingRemoval { throw TransformerError(.invalidRequest, removal) }
        let id = id ?? UUIDv7.make().text
        var holder = WorkHolder.thisProcess
        holder.plan = id
        try await store.use(plan.models.map(\.id))
        try await store.watchRestatements(of: plan.models, from: execution)
        for case .promote(_, let dropped) in plan.stages {
            try await promoter.checkReaders(of: dropped, changing: [], in: plan.environment)
        }
        let steps = plan.statements.map { statements in
            EnvironmentSteps(
                database: store.database, statements: statements, environment: plan.environment,
                models: plan.models.filter(\.hasRelation).map(\.name), execution: execution)
        }
        try steps?.check()
        try await steps?.run(.beforeAll)
        for stage in plan.stages {
            try Task.checkCancellation()
            switch stage {
            case .migrate(let models):
                try await prepare(migrating: models, creating: plan.created, of: plan, holder, report)
            case .createTables(let models):
                if !plan.migrates { try await prepare(migrating: [], creating: models, of: plan, holder, report) }
                for case .promote(let models, let dropped) in plan.stages {
                    try await promoter.checkReaders(
                        of: dropped, changing: models.map(PromotedModel.init), in: plan.environment)
                }
            case .backfill(let work):
                try await backfill(work, of: plan, holder, execution: execution, report, progress)
            case .runStatements(let models):
                try await runStatements(of: models, in: plan, holder, execution: execution, report)
            case .audit(let models): try await audit(models, of: plan, holder, execution: execution, report)
            case .assume(let work): try await assume(work, report)
            case .promote(let models, let dropped):
                try await checkDescriptions(of: models)
                try await promoter.promote(Promotion(plan, id: id, shown: models, dropped: dropped), report)
                report("\(plan.environment): \(models.count) views point to their tables")
                if !dropped.isEmpty {
                    let names = dropped.map { RelationNames.view($0, in: plan.environment).description }
                    report("\(plan.environment): dropped \(names.joined(separator: ", "))")
                }
            }
        }
        do { try await steps?.run(.afterAll) } catch {
            let why = TransformerError.from(error)
            throw TransformerError(why.code, "\(why) The plan itself is carried out.", isRetriable: why.isRetriable)
        }
        return id
    }

    /// Adds columns to tables whose rows stay, and makes those that are not there, parents first: a query over a parent's
    /// new column, or over all of its columns, finds it.
    private func prepare(
        migrating: [PlannedModel], creating models: [PlannedModel], of plan: Plan, _ holder: WorkHolder,
        _ report: Report
    ) async throws {
        let all = plan.models
        let sql = ModelSQL(RelationsOfModels(all))
        let (migrated, created) = (Set(migrating.map(\.name)), Set(models.map(\.name)))
        var made: [PlannedModel] = []
        for model in all {
            if migrated.contains(model.name) {
                let query = try sql.statements(of: model, interval: .always, execution: .epoch, isIncremental: true)
                    .query
                let added = try await tables.addColumns(model.forward?.added ?? [], to: model, query)
                for column in added { report("\(model.name): added \(column.name) \(column.type)") }
            }
            guard created.contains(model.name) else { continue }
            let tables = tables.labelled(holder.label(model.name, in: plan.environment))
            let statements = try sql.statements(
                of: model, interval: .always, execution: .epoch, isIncremental: false, isCreating: true)
            do {
                let kind = model.snapshot.definition.kind
                let isView = kind.isView || kind.isMaterializedView
                let isMade =
                    try await isView
                    ? tables.createView(model, as: statements) : tables.create(model, as: statements)
                if isMade { made.append(model) }
            } catch {
                throw TransformerError.from(error, doing: "\(model.name)")
            }
            if model.isPreview, model.isForward { try await tables.checkPreview(model) }
        }
        if models.isEmpty { return }
        try await checkDescriptions(of: models)
        let promoted = all.map(PromotedModel.init)
        let named = Set(models.map(\.name))
        let empty = made.map(\.id)
        try await store.change { session in
            try await store.remember(promoted.filter { named.contains($0.name) }, among: promoted, session)
            try await store.forgetDone(empty, session)
        }
    }

    /// Runs what stands after the queries, as behind a batch: each has run often, and may again.
    private func runStatements(
        of models: [PlannedModel], in plan: Plan, _ holder: WorkHolder, execution: Moment, _ report: Report
    ) async throws {
        let sql = ModelSQL(RelationsOfModels(plan.models))
        for model in models {
            let statements = try sql.statements(of: model, interval: .always, execution: execution, isIncremental: true)
            let tables = tables.labelled(holder.label(model.name, in: plan.environment))
            try await tables.runAfter(statements, of: model.name)
            report("\(model.name): ran the statements after its query")
        }
    }

    /// A description of a column that there is not would fail when the view is made, after everything is computed.
    private func checkDescriptions(of models: [PlannedModel]) async throws {
        let described = models.filter { !$0.snapshot.definition.columnDescriptions.isEmpty }
        guard !described.isEmpty else { return }
        let columns = try await store.database.columns(of: described.map { RelationNames.table($0.id) })
        for model in described {
            let definition = model.snapshot.definition
            let names = (columns[RelationNames.table(model.id)] ?? []).map(\.name)
            if let other = definition.columnDescriptions.keys.first(where: { !names.contains($0) }) {
                throw definition.error(
                    "column_descriptions",
                    "\(model.name) has no column \(other) to describe: \(names.joined(separator: ", ")).")
            }
        }
    }

    private func backfill(
        _ work: [ModelWork], of plan: Plan, _ holder: WorkHolder, execution: Moment, _ report: @escaping Report,
        _ progress: @escaping Progress
    ) async throws {
        let models = plan.models
        let runner = ModelRunner(
            store: store, tables: tables, catalog: catalog, environment: plan.environment, slots: slots, logger: logger)
        let items = Dictionary(uniqueKeysWithValues: work.map { ($0.model.name, $0) })
        let relations = RelationsOfModels(models)
        let columns = Dictionary(
            uniqueKeysWithValues: models.compactMap { model in
                model.snapshot.outputColumns.map { names in
                    (model.name, names.map { StoredColumn(name: $0, type: "") })
                }
            })
        let nodes = models.map { model in
            GraphExecution.Node(
                name: model.name, parents: model.snapshot.parents, after: model.snapshot.auditReads)
        }
        try await GraphExecution(nodes, concurrency: concurrency).run { name in
            guard let item = items[name] else { return }
            let ticket = ModelRunner.Ticket(
                execution: execution, holder: holder, progress: { progress(name, $0, $1) })
            let outcome = try await lineage.reporting(item, in: plan.environment, columns: { columns[$0] }) {
                try await runner.run(item, among: relations, ticket)
            }
            report("\(name): \(outcome.rows) rows")
            for finding in outcome.findings { report("  warning: \(finding.message)") }
        }
    }

    /// Says that intervals are done though nothing was computed: somebody has asked for it.
    private func assume(_ work: [ModelWork], _ report: Report) async throws {
        try await store.change { session in
            for item in work {
                let done = item.batches.reduce(IntervalSet()) { $0.union(item.missing.complete($1)) }
                try await store.markDone(done, of: item.model.id, session)
            }
        }
        for item in work { report("\(item.model.name): taken as done without computing") }
    }

    private func audit(
        _ models: [PlannedModel], of plan: Plan, _ holder: WorkHolder, execution: Moment, _ report: Report
    ) async throws {
        let relations = RelationsOfModels(plan.models)
        for model in models {
            let auditor = Auditor(
                store: store, tables: tables.labelled(holder.label(model.name, in: plan.environment)))
            let findings = try await auditor.audit(model, among: relations, in: nil, execution: execution)
            try await store.keep(findings, of: model.id)
            for finding in findings where finding.isBlocking {
                throw TransformerError(
                    .auditFailed, "\(finding.message) That is in what is there already. Nothing was promoted.")
            }
            for finding in findings { report("  warning: \(finding.message)") }
        }
    }
}
