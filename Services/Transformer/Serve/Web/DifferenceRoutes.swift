import Hummingbird
import ModelProject
import Planning
import Web

/// What differs between two environments: `GET differences?from=prod&to=dev`, and of one model the texts.
struct DifferenceRoutes: Sendable {
    let environments: EnvironmentFinder

    func add(to api: RouterGroup<WebContext>) {
        api.get("differences") { request, _ in
            let (from, to) = try await pair(request)
            return EnvironmentDifferences(from, to, page: try PageOfList(request))
        }
        api.get("differences/{model}") { request, context in
            let (from, to) = try await pair(request)
            let name = try context.parameters.require("model")
            return try await texts(name.removingPercentEncoding ?? name, from, to)
        }
    }

    struct Texts: ResponseEncodable {
        let model: String
        /// Lines that `from` has alone (`- …`) and that `to` has alone (`+ …`), at most ``linesMax``.
        let lines: [String]
        let isCut: Bool

        static let linesMax = 2_000
    }

    private func pair(
        _ request: Request
    ) async throws -> (from: EnvironmentCatalog.Environment, to: EnvironmentCatalog.Environment) {
        let parameters = request.uri.queryParameters
        guard let from = parameters["from"], let to = parameters["to"] else {
            throw Problem(.badRequest, "Say which environments: ?from=prod&to=dev.")
        }
        return (
            try await environments.environment(String(from)), try await environments.environment(String(to))
        )
    }

    private func texts(
        _ text: String, _ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment
    ) async throws -> Texts {
        guard let name = ModelName(text), from[name] != nil || to[name] != nil else {
            throw Problem(.notFound, "Neither environment has a model of that name.")
        }
        func source(_ environment: EnvironmentCatalog.Environment) async throws -> String {
            guard environment[name] != nil else { return "" }
            return try await environments.catalog.read([name], of: environment)[name]?.snapshot.definition.source.text
                ?? ""
        }
        let (before, after) = (try await source(from), try await source(to))
        let lines = before == after ? [] : LineDiff.lines(from: before, to: after)
        return Texts(
            model: name.description, lines: Array(lines.prefix(Texts.linesMax)), isCut: lines.count > Texts.linesMax)
    }
}

/// The models that are not the same in two environments, by name.
struct EnvironmentDifferences: ResponseEncodable {
    /// How a model of `to` differs from that of `from`.
    enum Change: String, Encodable {
        case added, removed
        /// Its own text says something else.
        case modified
        /// Only what it reads differs.
        case indirect
        /// Description, owner, cron, audits: no rows.
        case metadata
        /// It says the same and has a table of its own, as after a restatement.
        case table
    }

    struct Column: Encodable {
        let name: String
        /// The type in either environment; nil where there is no such column.
        let from: String?, to: String?
    }

    struct Item: Encodable {
        let model: String, change: Change
        let fromTable: String?, toTable: String?
        let columns: [Column]
    }

    let from: String, to: String
    let models: [Item]
    /// How many differ on all pages, and how many are the same.
    let total: Int, same: Int
    let nextCursor: String?

    init(_ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment, page: PageOfList) {
        let before = Dictionary(uniqueKeysWithValues: from.models.map { ($0.name, $0) })
        let after = Dictionary(uniqueKeysWithValues: to.models.map { ($0.name, $0) })
        let names = Set(before.keys).union(after.keys).sorted { $0.description < $1.description }
        let changed = names.compactMap { name in
            Self.change(before[name], after[name]).map { (name: name, change: $0) }
        }
        let (shown, next) = page.cut(changed) { $0.name.description }
        self.from = from.name
        self.to = to.name
        models = shown.map { name, change in
            Item(
                model: name.description, change: change,
                fromTable: before[name].map { RelationNames.table($0.id).description },
                toTable: after[name].map { RelationNames.table($0.id).description },
                columns: change == .added || change == .removed
                    ? [] : Self.columns(from.columns[name] ?? [], to.columns[name] ?? []))
        }
        total = changed.count
        same = names.count - changed.count
        nextCursor = next
    }

    /// Nil when the two are the same.
    static func change(_ before: PromotedModel?, _ after: PromotedModel?) -> Change? {
        guard let before else { return .added }
        guard let after else { return .removed }
        if before.dataHash != after.dataHash { return .modified }
        if before.fingerprint != after.fingerprint { return .indirect }
        if before.metadataHash != after.metadataHash { return .metadata }
        return before.version == after.version ? nil : .table
    }

    /// Those that are not the same, in the order of the names.
    static func columns(_ before: [ColumnDescription], _ after: [ColumnDescription]) -> [Column] {
        let old = Dictionary(before.map { ($0.name, $0.type) }) { first, _ in first }
        let new = Dictionary(after.map { ($0.name, $0.type) }) { first, _ in first }
        return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
            Column(name: $0, from: old[$0], to: new[$0])
        }
    }
}
