import ModelProject
import Pipeline

/// Which model each audit of its own (`standalone true`) is run with: the last of those that it reads. Then all that it
/// reads is there, and what it finds keeps that model's rows from being published.
struct StandaloneAudits {
    private(set) var byModel: [ModelName: [AuditDefinition]] = [:]

    /// - Parameter order: All models, parents first.
    init(
        _ project: Project, _ reader: SnapshotReader, among models: [ModelName: ModelSnapshot], in order: [ModelName]
    ) throws(PipelineError) {
        let positions = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        for audit in project.audits where audit.isStandalone && !audit.isSkipped {
            guard let first = project.models.first else { break }
            let tables = try reader.query(of: audit, for: first).tables
            let read = Set(tables.compactMap { project.index.relation($0) }).filter { name in
                models[name]?.definition.kind.options.hasRelation == true
            }
            guard let last = read.max(by: { (positions[$0] ?? 0) < (positions[$1] ?? 0) }) else {
                throw audit.error(
                    "The audit \(audit.name) stands alone and reads no model of this project, so that nothing says when to "
                        + "run it. Read a model, or take it out.")
            }
            byModel[last, default: []].append(audit)
        }
    }
}
