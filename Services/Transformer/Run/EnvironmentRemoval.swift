import ControlPlane
import Logging
import Pipeline
import Planning
import Postgres

/// Takes an environment away: its views, its schemas when nothing else is in them, its place in the state, and tells
/// everybody. The tables stay: another environment may show them, and a plan that makes it anew finds them computed.
struct EnvironmentRemoval: Sendable {
    let store: StateStore
    let views: VirtualLayer
    let catalog: EnvironmentCatalog
    let logger: Logger

    /// May be repeated after a failure. The views go first: while the state knows the environment, somebody can ask again.
    /// - Throws: `unknownEnvironment`; `conflict` when something depends on a view, or a plan was applied meanwhile.
    func remove(_ name: String) async throws {
        let environment = try await catalog.environment(name)
        let gone = environment.models.map { RelationNames.view($0.name, in: name) }
        try await views.promote([], dropping: gone)
        if name != RelationNames.production {
            for schema in Set(gone.map(\.schema)).sorted() { try await views.dropIfEmpty(schema: schema) }
        }
        try await store.change { session in
            guard try await store.forget(name, plan: environment.plan, session) else {
                throw TransformerError(
                    .conflict, "\(name) was changed by another plan meanwhile. Look at it, then remove it again.")
            }
            try await store.send([try OutboxMessage(EnvironmentRemoved(environment: name))], session)
        }
        logger.info("environment removed", metadata: ["environment": "\(name)"])
    }
}

extension VirtualLayer {
    /// Without CASCADE: what somebody put there by hand keeps the schema.
    fileprivate func dropIfEmpty(schema: String) async throws {
        do {
            try await database.session.execute("DROP SCHEMA IF EXISTS \(identifier: schema)")
        } catch let error as PostgresError where error.sqlState == .dependentObjectsStillExist {
            return
        }
    }
}

extension StateStore {
    /// Forgets an environment, if `plan` is still what made it.
    fileprivate func forget(_ environment: String, plan: String, _ session: Session) async throws -> Bool {
        try await !session.rows(
            """
            DELETE FROM transformer.environments WHERE name = \(environment) AND plan = \(plan)::uuid
            RETURNING name
            """
        ).isEmpty
    }
}
