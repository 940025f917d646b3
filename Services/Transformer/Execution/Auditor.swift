import Pipeline
import Planning

/// Runs a model's audits over rows that are there already, and keeps what comes of them.
struct Auditor: Sendable {
    let store: StateStore
    let tables: ModelTables

    /// - Parameter interval: Which rows; nil: all.
    /// - Returns: What was found, blocking or not.
    func audit(
        _ model: PlannedModel, among models: RelationsOfModels, in interval: Interval?, execution: Moment
    ) async throws -> [ModelTables.AuditFinding] {
        let sql = ModelSQL(models)
        let columns = try await tables.columns(of: RelationNames.table(model.id))
        let filter = try interval.flatMap { try sql.filter(of: model, $0, columns) }
        let audits = try model.snapshot.audits.map {
            try sql.audit($0, of: model, interval: interval ?? .always, filter: filter, execution: execution)
        }
        let findings = try await tables.audit(audits)
        try await store.keepResults(
            findings, of: audits, in: model.id, lookingAt: filter == nil ? nil : interval.map { IntervalSet([$0]) })
        return findings
    }
}
