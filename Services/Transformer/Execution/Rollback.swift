import ControlPlane
import ModelProject
import Planning
import Warehouse

/// Makes an environment again what it was at an earlier promotion. Nothing is computed: the tables are still there.
struct Rollback: Sendable {
    let store: StateStore
    let warehouse: PostgresEngine
    let catalog: EnvironmentCatalog
    let promoter: Promoter

    /// - Parameters:
    ///   - plan: The promotion to go back to, or the beginning of its name; nil: the one before the current one.
    /// - Returns: The promotion that holds again.
    /// - Throws: `unknownEnvironment`; `invalidRequest` when there is no such promotion; `conflict` when one of its tables is
    ///   gone, or something outside of the project reads a view that would go or change.
    @discardableResult
    func carryOut(
        on environment: String, to plan: String? = nil, report: PlanRunner.Report = { _ in }
    ) async throws -> EarlierPromotion {
        let current = try await catalog.environment(environment)
        let earlier = try await promotion(plan, of: environment, before: current)
        let tables = try await warehouse.virtualLayer(over: RelationNames.physicalPrefix).tables
        let gone = earlier.models.map { RelationNames.table($0.id) }.filter { !tables.contains($0) }
        guard gone.isEmpty else {
            throw TransformerError(
                .conflict,
                "\(environment) cannot go back to \(earlier.plan): \(gone.map(\.description).joined(separator: ", ")) "
                    + "is gone. Take the project's files back to what they were and apply them.")
        }
        try await store.use(earlier.models.map(\.id))
        let promotion = Promotion(of: earlier, instead: current, id: UUIDv7.make().text)
        try await promoter.checkReaders(of: promotion.dropped, changing: promotion.shown, in: environment)
        try await promoter.promote(promotion, report)
        return earlier
    }

    private func promotion(
        _ plan: String?, of environment: String, before current: EnvironmentCatalog.Environment
    ) async throws -> EarlierPromotion {
        let known = try await store.promotions(of: environment, limit: 1_000)
        let wanted: String
        if let plan {
            let matching = known.filter { $0.plan.hasPrefix(plan.lowercased()) }
            guard let only = matching.first, matching.count == 1, !plan.isEmpty else {
                let what = matching.isEmpty ? "no promotion" : "more than one promotion"
                throw TransformerError(
                    .invalidRequest,
                    "\(environment) has \(what) that begins with `\(plan)`. `transformer rollback \(environment) "
                        + "--list` shows them.")
            }
            wanted = only.plan
        } else {
            guard let before = known.drop(while: { $0.plan != current.plan }).dropFirst().first else {
                throw TransformerError(
                    .invalidRequest, "\(environment) has had no promotion before the current one that is still known.")
            }
            wanted = before.plan
        }
        guard wanted != current.plan else {
            throw TransformerError(.invalidRequest, "\(environment) is at \(wanted) already.")
        }
        guard let earlier = try await store.promotion(wanted, of: environment) else {
            throw TransformerError(.conflict, "The promotion \(wanted) of \(environment) has just been forgotten.")
        }
        return earlier
    }
}
