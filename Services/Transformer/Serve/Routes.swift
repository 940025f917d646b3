import Foundation
import Hummingbird
import ModelProject
import Planning
import ServiceRuntime
import Web

/// The JSON API: environments, models, lineage.
struct Routes: Sendable {
    let store: StateStore
    let catalog: EnvironmentCatalog

    func add(to web: WebApplication) {
        let api = web.router.group("api/v1").add(middleware: RequireRole(.viewer))
        api.get("environments") { _, _ in try await environments() }
        api.get("environments/{environment}/models") { _, context in
            try await models(context.parameters.require("environment"))
        }
        api.get("environments/{environment}/lineage") { _, context in
            try await lineage(context.parameters.require("environment"))
        }
    }

    struct Environments: ResponseEncodable {
        struct Item: Encodable { let name: String, plan: String, promotedAt: String, models: Int }
        struct Unreadable: Encodable { let name: String, reason: String }
        let environments: [Item], unreadable: [Unreadable]
    }

    struct Models: ResponseEncodable {
        struct Item: Encodable {
            let name: String, kind: String, relation: String, table: String, cron: String, owner: String?
            let description: String?, computed: [[String]]
        }
        let models: [Item]
    }

    struct Lineage: ResponseEncodable {
        struct Edge: Encodable { let from: String, to: String }
        let models: [String], sources: [String], edges: [Edge]
    }

    private func environments() async throws -> Environments {
        let listing = try await catalog.all()
        return Environments(
            environments: listing.environments.map {
                .init(name: $0.name, plan: $0.plan, promotedAt: $0.promotedAt.description, models: $0.models.count)
            }, unreadable: listing.unreadable.map { .init(name: $0.name, reason: $0.reason) })
    }

    private func models(_ name: String) async throws -> Models {
        let environment = try await find(name)
        let done = try await store.done()
        return Models(
            models: environment.models.map { model in
                let facts = model.facts
                return .init(
                    name: model.name.description, kind: facts.kind,
                    relation: RelationNames.view(model.name, in: name).description,
                    table: RelationNames.table(model.id).description, cron: facts.cron, owner: facts.owner,
                    description: facts.description,
                    computed: (done[model.id] ?? IntervalSet()).intervals.map {
                        [$0.start.description, $0.end.description]
                    })
            })
    }

    private func lineage(_ name: String) async throws -> Lineage {
        let environment = try await find(name)
        let text = LineageGraph(environment.models)
        return Lineage(
            models: text.models.map(\.description), sources: text.sources,
            edges: text.edges.map { .init(from: $0.from, to: $0.to) })
    }

    private func find(_ name: String) async throws -> EnvironmentCatalog.Environment {
        guard let environment = try await catalog.find(name) else {
            throw Problem(.notFound, "There is no environment \(name).")
        }
        return environment
    }
}
