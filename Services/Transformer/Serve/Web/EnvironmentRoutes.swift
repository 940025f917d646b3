import Hummingbird
import ModelProject
import Planning
import Web

/// `GET environments`, and of one its earlier promotions and what was computed and what audits found in its tables.
struct EnvironmentRoutes: Sendable {
    let environments: EnvironmentFinder

    func add(to api: RouterGroup<WebContext>) {
        api.get("environments") { _, _ in try await list() }
        api.get("environments/{environment}/promotions") { request, context in
            try await promotions(try await environments.environment(context), PageOfList(request, usual: 20, max: 100))
        }
        api.get("environments/{environment}/runs") { request, context in
            let environment = try await environments.environment(context)
            let limit = try PageOfList(request, usual: 50, max: 200).limit
            return ModelRuns(try await environments.store.runs(of: environment.tables, limit: limit))
        }
        api.get("environments/{environment}/audits") { _, context in
            let environment = try await environments.environment(context)
            return AuditFindings(
                try await environments.store.auditFailures(in: environment.tables), for: try context.requirePrincipal())
        }
    }

    struct Environments: ResponseEncodable {
        struct Item: Encodable {
            let name: String, plan: String, promotedAt: String
            /// When the janitor may take it away; nil: never.
            let expiresAt: String?
            let models: Int
            /// How many are not the same in prod; nil of prod itself, and where there is none.
            let otherThanProduction: Int?
        }
        struct Unreadable: Encodable { let name: String, reason: String }
        let environments: [Item], unreadable: [Unreadable]
    }

    struct Promotions: ResponseEncodable {
        struct Item: Encodable { let plan: String, promotedAt: String, models: Int, isCurrent: Bool }
        /// The latest first.
        let promotions: [Item]
    }

    private func list() async throws -> Environments {
        let listing = try await environments.catalog.all()
        let expiring = try await environments.store.expiryTimes()
        let production = listing.environments.first { $0.name == RelationNames.production }
        return Environments(
            environments: listing.environments.map { environment in
                let base = environment.name == RelationNames.production ? nil : production
                return .init(
                    name: environment.name, plan: environment.plan, promotedAt: environment.promotedAt.description,
                    expiresAt: expiring[environment.name]?.description, models: environment.models.count,
                    otherThanProduction: base.map { ModelDifference.all($0, environment).count })
            }, unreadable: listing.unreadable.map { .init(name: $0.name, reason: $0.reason) })
    }

    private func promotions(
        _ environment: EnvironmentCatalog.Environment, _ page: PageOfList
    ) async throws -> Promotions {
        let found = try await environments.store.promotions(of: environment.name, limit: page.limit)
        return Promotions(
            promotions: found.map {
                .init(
                    plan: $0.plan, promotedAt: $0.at.description, models: $0.models,
                    isCurrent: $0.plan == environment.plan)
            })
    }
}

/// What audits found, the latest first.
struct AuditFindings: ResponseEncodable {
    struct Item: Encodable {
        let model: String, audit: String, isBlocking: Bool, failures: Int, at: String
        /// The first of the rows, as JSON texts; none for those who may not query tables either.
        let rows: [String]
    }
    let findings: [Item]

    init(_ failures: [AuditFailure], for reader: Principal) {
        let showsRows = reader.role >= .editor
        findings = failures.map {
            Item(
                model: $0.model, audit: $0.audit, isBlocking: $0.isBlocking, failures: $0.failures, at: $0.at,
                rows: showsRows ? $0.rows : [])
        }
    }
}
