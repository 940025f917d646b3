import ModelProject
import Planning

/// The lines in which a model's file differs between two environments.
struct DifferenceTexts: Sendable {
    private let catalog: EnvironmentCatalog

    init(_ catalog: EnvironmentCatalog) { self.catalog = catalog }

    /// - Parameter model: Its name; an environment that does not have it has an empty text.
    /// - Returns: Lines that `from` has alone (`- …`) and that `to` has alone (`+ …`).
    func lines(
        of model: String, _ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment
    ) async throws -> [String] {
        let (before, after) = (try await text(of: model, in: from), try await text(of: model, in: to))
        return before == after ? [] : LineDiff.lines(from: before, to: after)
    }

    private func text(of model: String, in environment: EnvironmentCatalog.Environment) async throws -> String {
        guard let name = ModelName(model), environment[name] != nil else { return "" }
        return try await catalog.read([name], of: environment)[name]?.snapshot.definition.source.text ?? ""
    }
}
