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
        let lines = try await DifferenceTexts(environments.catalog).lines(of: name.description, from, to)
        return Texts(
            model: name.description, lines: Array(lines.prefix(Texts.linesMax)), isCut: lines.count > Texts.linesMax)
    }
}

/// A page of the models that are not the same in two environments, by name.
struct EnvironmentDifferences: ResponseEncodable {
    let from: String, to: String
    let models: [ModelDifference]
    /// How many differ on all pages, and how many are the same.
    let total: Int, same: Int
    let nextCursor: String?

    init(_ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment, page: PageOfList) {
        let all = ModelDifference.all(from, to)
        (models, nextCursor) = page.cut(all) { $0.model }
        (self.from, self.to) = (from.name, to.name)
        total = all.count
        same = ModelDifference.names(from, to).count - all.count
    }
}
