import ControlPlane
import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import SQL
import Warehouse

/// What an environment is to become.
struct Promotion: Sendable {
    let environment: String
    /// The name that the promotion gets in the state.
    let id: String
    /// The promotion that it was planned against; nil when there was no environment.
    let basis: String?
    /// Every model of the environment as it will be, parents before children.
    let models: [PromotedModel]
    /// The models whose views are pointed.
    let shown: [PromotedModel]
    /// The models whose statements run on their views; none when an environment goes back: its views keep their grants.
    let updated: [PlannedModel]
    /// The models whose views go.
    let dropped: [ModelName]
    /// The texts of `models`, in their order.
    let snapshots: Snapshots
    /// What runs before and after everything else from now on; nil: what did so far.
    let statements: EnvironmentStatements?
    /// When the janitor may take the environment away.
    let expiry: Expiry
    /// How long its tables stay when nothing shows them any more, in seconds; nil: as long as they do so far.
    let tableLifetime: Int64?

    enum Expiry: Sendable {
        /// So many seconds after the promotion; nil: never.
        case after(Int64?)
        /// As it is.
        case unchanged
    }

    enum Snapshots: Sendable {
        /// To be written down where they are not there yet.
        case texts([StoredSnapshot])
        /// Written down before.
        case ids([String])
    }

    /// The end of a plan.
    init(_ plan: Plan, id: String, shown: [PlannedModel], dropped: [ModelName]) throws {
        environment = plan.environment
        self.id = id
        basis = plan.basis
        models = plan.models.map(PromotedModel.init)
        self.shown = shown.map(PromotedModel.init)
        updated = shown
        self.dropped = dropped
        snapshots = .texts(try plan.models.map(StoredSnapshot.init))
        statements = plan.statements
        expiry = .after(plan.lifetime)
        tableLifetime = plan.tableLifetime
    }

    /// Going back to what an environment was.
    init(of earlier: EarlierPromotion, instead now: EnvironmentCatalog.Environment, id: String) {
        environment = now.name
        self.id = id
        basis = now.plan
        models = earlier.models
        let tables = Dictionary(uniqueKeysWithValues: now.models.map { ($0.name, $0) })
        shown = earlier.models.filter { $0.facts.hasRelation && tables[$0.name] != $0 }
        updated = []
        let kept = Set(earlier.models.filter(\.facts.hasRelation).map(\.name))
        dropped = now.models.map(\.name).filter { !kept.contains($0) }
        snapshots = .ids(earlier.snapshots)
        statements = nil
        expiry = .unchanged
        tableLifetime = nil
    }
}

/// Makes environments what they are to be, or takes them away.
struct Promoter: Sendable {
    let store: StateStore
    let warehouse: PostgresEngine
    /// The role that may read the views, where there is one of that name.
    let reader: String?
    let logger: Logger

    /// Points and drops views, writes down what the environment is now, and tells everybody, in one transaction: a process
    /// that dies leaves all of it or nothing.
    /// - Throws: `conflict` when the environment is not what it was when this was planned.
    func promote(_ promotion: Promotion, _ report: PlanRunner.Report) async throws {
        let environment = promotion.environment
        let publication = publication(of: promotion.shown, dropping: promotion.dropped, in: environment)
        let changed = promotion.shown.map(\.name.description) + promotion.dropped.map(\.description)
        let relations = promotion.models.map { RelationNames.table($0.id) }
        let now = Moment(Date())
        try await withViewsLocked("the views of \(environment)", report) { session in
            guard try await store.plans(session)[environment] == promotion.basis else {
                throw TransformerError(
                    .conflict,
                    "\(environment) was changed while this plan was under way. Nothing was promoted; plan again.")
            }
            let connection = try await publish(publication, session)
            try await VirtualUpdates(environment: environment, execution: now).run(for: promotion.updated, session)
            let columns = try await store.database.columns(of: relations, session)
            let stored = StoredEnvironment(
                name: environment, plan: promotion.id, promotedAt: now,
                models: promotion.models.map {
                    let all = columns[RelationNames.table($0.id)] ?? []
                    return StoredModel(
                        $0, columns: ViewDefinition.shown(all, of: $0.facts.columns, name: \.name))
                })
            try await store.remember(
                promotion.models, among: promotion.models, keptFor: promotion.tableLifetime, session)
            let snapshots: [String]
            switch promotion.snapshots {
            case .texts(let texts):
                try await store.keep(texts, session)
                snapshots = texts.map(\.id)
            case .ids(let ids): snapshots = ids
            }
            try await store.save(stored, snapshots: snapshots, keptFor: promotion.tableLifetime, session)
            if let statements = promotion.statements { try await store.keep(statements, of: environment, session) }
            if case .after(let seconds) = promotion.expiry {
                try await store.setExpiry(of: environment, to: seconds.map { now.adding(seconds: $0) }, session)
            }
            do {
                try await store.send(try Announcements.promoted(stored, changed: changed), session)
            } catch let error as ControlSizeError {
                throw TransformerError(.pipelineError, "\(error) Nothing was promoted.")
            }
            if environment != RelationNames.production {
                let left = Set(publication.dropped.map(\.schema)).subtracting(publication.views.map(\.view.schema))
                try await warehouse.dropEmpty(left, in: connection)
            }
        }
        logger.info(
            "environment promoted", metadata: ["environment": "\(environment)", "plan": "\(promotion.id)"])
    }

    /// Refuses what would break views that are none of ours.
    /// - Throws: `conflict`.
    func checkReaders(
        of gone: [ModelName], changing models: [PromotedModel], in environment: String
    ) async throws {
        do {
            try await warehouse.rehearse(publication(of: models, dropping: gone, in: environment))
        } catch {
            throw TransformerError.from(error)
        }
    }

    private func publication(
        of models: [PromotedModel], dropping gone: [ModelName], in environment: String
    ) -> Publication {
        let views = models.map { model in
            var view = ViewDefinition(
                RelationNames.view(model.name, in: environment), over: RelationNames.table(model.id),
                comment: model.facts.description)
            view.columns = model.facts.columns
            view.columnComments = model.facts.columnDescriptions
            return view
        }
        return Publication(views, dropping: gone.map { RelationNames.view($0, in: environment) }, reader: reader)
    }

    /// The state and the warehouse are one database: what is published and what is written down is one transaction.
    /// - Returns: The connection of that transaction.
    private func publish(_ publication: Publication, _ session: Session) async throws -> PostgresConnection {
        guard let connection = session.connection else {
            throw TransformerError(.unavailable, "Views are published in a transaction, and there is none.")
        }
        do {
            try await warehouse.publish(publication, in: connection)
        } catch let error as WarehouseError {
            throw TransformerError.from(error)
        }
        return connection
    }

    /// A change of the state that also changes views. It never waits long for somebody who reads one of them, as everybody
    /// else who changes the state would wait with it: it makes way and tries again.
    private func withViewsLocked(
        _ what: String, _ report: PlanRunner.Report, _ body: @Sendable (Session) async throws -> Void
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

    /// Takes an environment away: its views, what the state knows of it, and everybody is told, in one transaction. Its
    /// tables stay until the janitor finds that nothing needs them, so that it can be made again without computing.
    /// - Returns: The views that were dropped.
    /// - Throws: `unknownEnvironment`; `conflict` when something outside of the project reads one of the views.
    @discardableResult
    func remove(_ environment: String, report: PlanRunner.Report = { _ in }) async throws -> [RelationPath] {
        let outlines = try await store.outlines()
        guard let models = outlines[environment]?.models else {
            throw TransformerError.unknownEnvironment(environment, known: outlines.keys.sorted())
        }
        let gone = models.sorted().map { RelationNames.view($0, in: environment) }
        try await checkReaders(of: models.sorted(), changing: [], in: environment)
        try await withViewsLocked("the views of \(environment)", report) { session in
            let connection = try await publish(Publication([], dropping: gone), session)
            try await store.remove(environment, session)
            try await store.send([try OutboxMessage(EnvironmentRemoved(environment: environment))], session)
            if environment != RelationNames.production {
                try await warehouse.dropEmpty(Set(gone.map(\.schema)), in: connection)
            }
        }
        logger.info("environment removed", metadata: ["environment": "\(environment)"])
        return gone
    }
}
