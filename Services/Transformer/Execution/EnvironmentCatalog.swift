import ModelProject
import Pipeline
import Planning
import Postgres
import Synchronization

/// The environments as they are promoted, read once per plan and kept.
final class EnvironmentCatalog: Sendable {
    /// An environment with what is known of its models without reading their texts.
    struct Environment: Sendable {
        let name: String
        let plan: String
        let promotedAt: Moment
        /// Parents before children.
        let models: [PromotedModel]
        let columns: [ModelName: [StoredColumn]]

        subscript(_ name: ModelName) -> PromotedModel? { models.first { $0.name == name } }

        /// The tables of all models that have one.
        var tables: [VersionID] { models.filter(\.facts.hasRelation).map(\.id) }
    }

    /// An environment that was promoted by a version with other ideas of a project than this one.
    struct Unreadable: Error, Equatable, CustomStringConvertible {
        let name: String
        let plan: String
        let reason: String

        var description: String {
            "The environment \(name) cannot be read by this version (\(reason)). `transformer apply --environment \(name)` "
                + "writes it anew."
        }
    }

    /// All environments: one that cannot be read is told by name, and the others are there.
    struct Listing: Sendable {
        var environments: [Environment] = []
        var unreadable: [Unreadable] = []
        /// What tables are made from that no readable environment may show: they are to be right when one does again.
        var tables: [Reopening.Node] = []

        /// The current plan of each, readable or not.
        var plans: [String: String] {
            let known = environments.map { ($0.name, $0.plan) } + unreadable.map { ($0.name, $0.plan) }
            return Dictionary(uniqueKeysWithValues: known)
        }
    }

    private enum Kept: Sendable {
        case environment(Environment)
        case unreadable(Unreadable)

        var plan: String {
            switch self {
            case .environment(let environment): environment.plan
            case .unreadable(let unreadable): unreadable.plan
            }
        }

        func get() throws -> Environment {
            switch self {
            case .environment(let environment): return environment
            case .unreadable(let unreadable): throw unreadable
            }
        }
    }

    private let store: StateStore
    private let kept = Mutex<[String: Kept]>([:])
    /// Models whose texts have been read, by environment.
    private let texts = Mutex<[String: Texts]>([:])
    /// What tables are made from, by table, with the text that it was read from.
    private let reads = Mutex<[VersionID: (text: String, node: Reopening.Node)]>([:])

    /// Those of one plan.
    private struct Texts: Sendable {
        let plan: String
        var models: [ModelName: PlannedModel] = [:]
    }

    init(_ store: StateStore) { self.store = store }

    /// - Throws: `unknownEnvironment`; ``Unreadable``.
    func environment(_ name: String) async throws -> Environment {
        let plans = try await store.plans()
        guard let plan = plans[name], let found = try await read(name, plan: plan) else {
            throw TransformerError.unknownEnvironment(name, known: plans.keys.sorted())
        }
        return try found.get()
    }

    /// All environments as they are now, by name.
    func all() async throws -> Listing {
        var listing = Listing(tables: try nodes(of: try await store.reads()))
        let plans = try await store.plans()
        kept.withLock { kept in kept = kept.filter { plans[$0.key] != nil } }
        texts.withLock { texts in texts = texts.filter { plans[$0.key] != nil } }
        for (name, plan) in plans.sorted(by: { $0.key < $1.key }) {
            switch try await read(name, plan: plan) {
            case .environment(let environment): listing.environments.append(environment)
            case .unreadable(let unreadable): listing.unreadable.append(unreadable)
            case nil: break  // removed since
            }
        }
        return listing
    }

    /// Looked at after every batch, and nearly always as they were: each is read once.
    private func nodes(of stored: [(table: VersionID, reads: String)]) throws -> [Reopening.Node] {
        var known = reads.withLock { $0 }
        let nodes = try stored.map { table, text in
            if let found = known[table], found.text == text { return found.node }
            let node = try TableReads(text).node(of: table)
            known[table] = (text, node)
            return node
        }
        let now = known
        reads.withLock { $0 = now }
        return nodes
    }

    /// Those that could not be read when somebody last looked.
    var unreadable: [Unreadable] {
        kept.withLock { kept in
            kept.values.compactMap { if case .unreadable(let found) = $0 { found } else { nil } }
        }.sorted { $0.name < $1.name }
    }

    /// Nil when there is no such environment.
    /// - Throws: ``Unreadable``.
    func find(_ name: String) async throws -> Environment? { try await find(name, plan: store.plans()[name]) }

    /// The same where its plan is known; nil: there is no such environment.
    /// - Throws: ``Unreadable``.
    func find(_ name: String, plan: String?) async throws -> Environment? {
        guard let plan else { return nil }
        return try await read(name, plan: plan)?.get()
    }

    /// What SQL that names the environment's models is to read.
    func relations(of environment: Environment) async throws -> RelationsOfModels {
        let names = environment.models.filter { !$0.facts.hasRelation }.map(\.name)
        let texts = names.isEmpty ? [:] : try await read(names, of: environment)
        return RelationsOfModels(environment.tables, embedded: names.compactMap { texts[$0] })
    }

    /// Models of an environment with their SQL templates, as they were promoted.
    /// - Throws: For a text that this version cannot read, what is wrong with it.
    func read(_ names: [ModelName], of environment: Environment) async throws -> [ModelName: PlannedModel] {
        try await readable(names, of: environment) { throw $0 }
    }

    /// The same.
    /// - Parameter failed: Told what is wrong with a text that this version cannot read; the model is left out.
    func readable(
        _ names: [ModelName], of environment: Environment, failed: (any Error) throws -> Void
    ) async throws -> [ModelName: PlannedModel] {
        var found = texts.withLock { texts in
            texts[environment.name].flatMap { $0.plan == environment.plan ? $0.models : nil } ?? [:]
        }
        let missing = names.filter { found[$0] == nil }
        if !missing.isEmpty {
            let models = Dictionary(uniqueKeysWithValues: environment.models.map { ($0.name, $0) })
            let bundles = try await store.bundles(of: missing, in: environment.name)
            for name in missing {
                do {
                    guard let model = models[name], let bundle = try bundles[name]?.get() else {
                        throw TransformerError.unknownModel(name.description, in: environment.name)
                    }
                    found[name] = try Self.read(bundle, of: model, in: environment.name)
                } catch { try failed(error) }
            }
            let kept = found
            texts.withLock { $0[environment.name] = Texts(plan: environment.plan, models: kept) }
        }
        return found
    }

    private static func read(
        _ bundle: ModelBundle, of model: PromotedModel, in environment: String
    ) throws -> PlannedModel {
        do {
            let snapshot = try SnapshotRestore.snapshot(
                of: bundle, fingerprint: model.fingerprint, dataHash: model.dataHash,
                metadataHash: model.metadataHash)
            return PlannedModel(snapshot: snapshot, version: model.version, isNew: false)
        } catch {
            throw TransformerError(
                .pipelineError,
                "\(model.name) of \(environment) cannot be read by this version: \(error) `transformer apply --environment "
                    + "\(environment)` writes it anew.")
        }
    }

    private func read(_ name: String, plan: String) async throws -> Kept? {
        if let found = kept.withLock({ $0[name] }), found.plan == plan { return found }
        let found: Kept
        do {
            guard let stored = try await store.environment(name) else { return nil }
            found = .environment(
                Environment(
                    name: name, plan: stored.plan, promotedAt: stored.promotedAt, models: stored.models.map(\.model),
                    columns: Dictionary(uniqueKeysWithValues: stored.models.map { ($0.id.name, $0.columns) })))
        } catch  where Self.isOfTheText(error) {
            found = .unreadable(Unreadable(name: name, plan: plan, reason: "\(error)"))
        }
        kept.withLock { $0[name] = found }
        return found
    }

    /// False for what has nothing to do with what the environment says: the database is away, the task is cancelled.
    private static func isOfTheText(_ error: any Error) -> Bool {
        switch error {
        case is PostgresError, is CancellationError: false
        case let error as TransformerError: !error.isRetriable
        default: true
        }
    }
}

extension Reopening {
    /// The late-data rule over environments, and over the tables that none of them shows now.
    init(_ listing: EnvironmentCatalog.Listing) {
        self.init(
            listing.environments.flatMap { environment in
                let versions = Dictionary(uniqueKeysWithValues: environment.models.map { ($0.name, $0.id) })
                return environment.models.map { TableReads($0.facts, versions).node(of: $0.id) }
            } + listing.tables)
    }
}
