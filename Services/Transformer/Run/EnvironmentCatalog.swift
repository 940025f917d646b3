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
    private let broken = Mutex<[String: String]>([:])

    init(_ store: StateStore) { self.store = store }

    /// - Throws: `unknownEnvironment`.
    func environment(_ name: String) async throws -> Environment {
        let plans = try await store.plans()
        guard let plan = plans[name] else {
            throw TransformerError.unknownEnvironment(name, known: plans.keys.sorted())
        }
        return try await environment(name, plan: plan)
    }

    /// All environments as they are now, by name. One that cannot be read keeps nobody from the others: see `unreadable`.
    func all() async throws -> [Environment] { try await everything().environments }

    /// The same, with the current plan of each, of those that cannot be read too.
    func everything() async throws -> (environments: [Environment], plans: [String: String]) {
        let plans = try await store.plans()
        var found: [Environment] = []
        var broken: [String: String] = [:]
        for (name, plan) in plans.sorted(by: { $0.key < $1.key }) {
            do {
                found.append(try await environment(name, plan: plan))
            } catch let error as UnreadableEnvironment {
                broken[name] = error.reason
            }
        }
        self.broken.withLock { $0 = broken }
        return (found, plans)
    }

    /// Environments that could not be read when all were looked at last, and why. Applying a plan writes one anew.
    var unreadable: [String: String] { broken.withLock { $0 } }

    /// Nil when there is no such environment.
    func find(_ name: String) async throws -> Environment? {
        guard let plan = try await store.plans()[name] else { return nil }
        return try await environment(name, plan: plan)
    }

    private func environment(_ name: String, plan: String) async throws -> Environment {
        if let found = kept.withLock({ $0[name] }), found.plan == plan { return found }
        let found: StoredEnvironment?
        do {
            found = try await store.environment(name)
        } catch let error where error is DecodingError || error is TransformerError {
            throw UnreadableEnvironment(name: name, reason: "\(error)")
        }
        guard let stored = found else { throw TransformerError.unknownEnvironment(name, known: []) }
        let models: [PlannedModel]
        do { models = try stored.models.map { try $0.restored() } } catch {
            throw UnreadableEnvironment(name: name, reason: "\(error)")
        }
        let environment = Environment(
            name: name, plan: stored.plan, promotedAt: stored.promotedAt, models: models,
            columns: Dictionary(uniqueKeysWithValues: stored.models.map { ($0.id.name, $0.columns) }))
        kept.withLock { $0[name] = environment }
        return environment
    }
}

/// An environment whose rows in the state cannot be read: a newer version wrote them, or somebody changed them.
struct UnreadableEnvironment: Error, CustomStringConvertible {
    let name: String
    let reason: String

    var description: String {
        "The environment \(name) cannot be read from the state: \(reason). `transformer apply --environment \(name)` writes it anew."
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
