import Hummingbird
import ModelProject
import Planning
import Web

/// Finds what the path of a request names.
struct EnvironmentFinder: Sendable {
    let store: StateStore
    let catalog: EnvironmentCatalog

    /// - Throws: 404; ``EnvironmentCatalog/Unreadable``.
    func environment(_ name: String) async throws -> EnvironmentCatalog.Environment {
        guard let name = Self.storable(name), let environment = try await catalog.find(name) else {
            throw Problem(.notFound, "There is no environment of that name.")
        }
        return environment
    }

    func environment(_ context: WebContext) async throws -> EnvironmentCatalog.Environment {
        try await environment(Self.part("environment", context))
    }

    /// The model of an environment that the path names.
    /// - Throws: 404.
    func model(
        _ context: WebContext
    ) async throws -> (environment: EnvironmentCatalog.Environment, model: PromotedModel) {
        let environment = try await environment(context)
        return (environment, try model(Self.part("model", context), in: environment))
    }

    func model(_ text: String, in environment: EnvironmentCatalog.Environment) throws -> PromotedModel {
        guard let name = ModelName(text), let model = environment[name] else {
            throw Problem(.notFound, "The environment \(environment.name) has no model of that name.")
        }
        return model
    }

    private static func part(_ name: String, _ context: WebContext) throws -> String {
        let text = try context.parameters.require(name)
        return text.removingPercentEncoding ?? text
    }

    /// No name has a NUL: PostgreSQL could not hold it.
    private static func storable(_ name: String) -> String? { name.utf8.contains(0) ? nil : name }
}
