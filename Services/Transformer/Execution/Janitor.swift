import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import SQL
import Warehouse

/// Takes away what nothing needs any more: environments whose time is over, promotions that are too old to go back to, and
/// then the tables that nothing shows and nobody can go back to.
struct Janitor: Sendable {
    let store: StateStore
    let warehouse: PostgresEngine
    let promoter: Promoter
    let plans: PlanRunner
    let logger: Logger

    /// How long it is known what was computed when, in seconds: 30 days.
    static let historyKept = 30 * 86_400

    /// What was taken away.
    struct Outcome: Sendable, Equatable {
        var environments: [String] = []
        var tables: [RelationPath] = []
        /// Tables that should go and did not, with the reason: something outside of the project reads them.
        var kept: [String] = []
    }

    /// - Parameter retention: How long what is not shown stays, in seconds; nil: as the projects said.
    func clean(retention: Int? = nil) async throws -> Outcome {
        var outcome = Outcome()
        for environment in try await store.expiredEnvironments() {
            do {
                let removed = try await plans.exclusively(environment, report: { _ in }) {
                    // It may have been promoted again while this waited.
                    guard try await store.expiredEnvironments().contains(environment) else { return false }
                    try await promoter.remove(environment)
                    return true
                }
                if removed { outcome.environments.append(environment) }
            } catch let error as TransformerError where error.code == .conflict {
                outcome.kept.append("the environment \(environment): \(error.message)")
            }
        }
        try await store.forgetPromotions(olderThan: retention)
        for unused in try await store.unusedTables(for: retention) {
            do {
                if try await drop(unused, retention: retention) { outcome.tables.append(RelationNames.table(unused)) }
            } catch WarehouseError.relationInUse(let relation, let reason) {
                outcome.kept.append("\(relation): \(reason)")
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                outcome.kept.append("\(RelationNames.table(unused)): somebody is reading it")
            }
        }
        try await store.forgetPlans(olderThan: StateStore.plansKept)
        try await store.forgetSnapshots()
        try await store.forgetRuns(olderThan: Self.historyKept)
        for kept in outcome.kept { logger.warning("not cleaned up", metadata: ["what": "\(kept)"]) }
        if outcome != Outcome() {
            logger.info(
                "cleaned up",
                metadata: [
                    "environments": "\(outcome.environments.count)", "tables": "\(outcome.tables.count)",
                ])
        }
        return outcome
    }

    /// Drops a table, unless a plan has come to count on it meanwhile.
    private func drop(_ version: VersionID, retention: Int?) async throws -> Bool {
        let table = RelationNames.table(version)
        return try await store.change { session in
            guard try await store.isUnused(version, for: retention, session) else { return false }
            try await session.execute("SET LOCAL lock_timeout = '2s'")
            if let connection = session.connection { try await warehouse.drop(table, in: connection) }
            try await store.forget(version, session)
            return true
        }
    }
}
