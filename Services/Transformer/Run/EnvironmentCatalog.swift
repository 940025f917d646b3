import Pipeline
import Planning
import Synchronization

/// The environments as they are promoted, read once per plan and kept.
final class EnvironmentCatalog: Sendable {
    /// An environment with its models ready to run.
    struct Environment: Sendable {
        let name: String
        let plan: String
        let promotedAt: Moment
        /// Parents before children.
        let models: [PlannedModel]
        let columns: [ModelName: [ColumnDescription]]

        subscript(_ name: ModelName) -> PlannedModel? { models.first { $0.name == name } }
    }

    private let store: StateStore
    private let kept = Mutex<[String: Environment]>([:])

    init(_ store: StateStore) { self.store = store }

    /// - Throws: `unknownEnvironment`.
    func environment(_ name: String) async throws -> Environment {
        let plans = try await store.plans()
        guard let plan = plans[name] else {
            throw TransformerError.unknownEnvironment(name, known: plans.keys.sorted())
        }
        return try await environment(name, plan: plan)
    }

    /// All environments as they are now, by name.
    func all() async throws -> [Environment] {
        var found: [Environment] = []
        for (name, plan) in try await store.plans().sorted(by: { $0.key < $1.key }) {
            found.append(try await environment(name, plan: plan))
        }
        return found
    }

    /// Nil when there is no such environment.
    func find(_ name: String) async throws -> Environment? {
        guard let plan = try await store.plans()[name] else { return nil }
        return try await environment(name, plan: plan)
    }

    private func environment(_ name: String, plan: String) async throws -> Environment {
        if let found = kept.withLock({ $0[name] }), found.plan == plan { return found }
        guard let stored = try await store.environment(name) else {
            throw TransformerError.unknownEnvironment(name, known: [])
        }
        let models = try stored.models.map { try $0.restored() }
        let environment = Environment(
            name: name, plan: stored.plan, promotedAt: stored.promotedAt, models: models,
            columns: Dictionary(uniqueKeysWithValues: stored.models.map { ($0.id.name, $0.columns) }))
        kept.withLock { $0[name] = environment }
        return environment
    }
}

extension Reopening {
    /// The late-data rule over environments.
    init(_ environments: [EnvironmentCatalog.Environment]) {
        self.init(
            environments.flatMap { environment in
                let versions = Dictionary(uniqueKeysWithValues: environment.models.map { ($0.name, $0.id) })
                return environment.models.map { model in
                    Node(
                        name: model.name, version: model.version,
                        parents: model.snapshot.parents.compactMap { versions[$0] }, sources: model.snapshot.sources,
                        grid: model.snapshot.grid, lookback: model.snapshot.lookback,
                        start: model.snapshot.definition.start ?? .epoch)
                }
            })
    }
}
