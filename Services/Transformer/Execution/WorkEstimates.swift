import ModelProject
import Planning
import SQL
import Warehouse

/// Guesses what a plan will write from the tables that there are: a model's own, or else the one that the environment, or
/// production, has of it.
struct WorkEstimates: Sendable {
    let warehouse: PostgresEngine
    let done: [VersionID: IntervalSet]

    /// - Parameter environments: Where earlier versions of models are looked for, the first one first.
    func estimates(
        of plan: Plan, after environments: [EnvironmentCatalog.Environment]
    ) async throws -> [ModelName: WorkEstimate] {
        let work = plan.work
        var tables: [ModelName: VersionID] = [:]
        for environment in environments.reversed() {
            for table in environment.tables { tables[table.name] = table }
        }
        for item in work where !item.model.isNew { tables[item.model.name] = item.model.id }
        let wanted = work.compactMap { tables[$0.model.name] }
        guard !wanted.isEmpty else { return [:] }
        let sizes = try await warehouse.sizes(of: wanted.map { RelationNames.table($0) })
        var found: [ModelName: WorkEstimate] = [:]
        for item in work {
            guard let table = tables[item.model.name], let size = sizes[RelationNames.table(table)] else { continue }
            let known = TableSize(rows: size.rows, bytes: size.bytes, done: done[table] ?? IntervalSet())
            found[item.model.name] = WorkEstimate(of: item, like: known)
        }
        return found
    }
}
