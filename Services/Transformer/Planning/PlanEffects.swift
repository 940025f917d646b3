import ModelProject

/// Which models a plan computes again because of a change elsewhere.
public struct PlanEffects: Sendable {
    private let plan: Plan

    public init(_ plan: Plan) { self.plan = plan }

    /// The models that read the changed one, directly or not, and get other rows by it; parents before children.
    public func affected(by change: ModelChange) -> [ModelName] {
        guard case .modified = change.kind else { return [] }
        var readers: Set<ModelName> = [change.name]
        for model in plan.models where model.snapshot.parents.contains(where: readers.contains) {
            readers.insert(model.name)
        }
        let changed = Set(
            plan.changes.filter { other in
                switch other.kind {
                case .indirectlyModified(let effect), .modified(let effect): effect != .none
                case .added, .removed, .metadata, .forwardOnly: false
                }
            }.map(\.name))
        return plan.models.map(\.name).filter { $0 != change.name && readers.contains($0) && changed.contains($0) }
    }
}
