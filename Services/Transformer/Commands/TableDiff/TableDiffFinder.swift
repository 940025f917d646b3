import ModelProject
import Planning
import SQL
import ServiceRuntime

/// Two relations whose rows are compared.
struct TablePair: Sendable {
    /// What it is called: a model's name, or nil for two tables.
    let model: String?
    let source: RelationPath
    let target: RelationPath
    /// As the command line names the two sides.
    let sides: (source: String, target: String)
    /// The columns that tell rows apart, where the model says them.
    let grain: [String]
}

/// Finds what `source:target` means: environments where both are, tables otherwise.
struct TableDiffFinder: Sendable {
    let database: Database
    let catalog: EnvironmentCatalog

    func pairs(_ text: String, models: [String]) async throws -> [TablePair] {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts.contains("") else {
            throw ExitError(.usage, "`\(text)`: write two environments, or two tables, as prod:dev.")
        }
        if models.isEmpty {
            guard let source = Self.relation(parts[0]), let target = Self.relation(parts[1]) else {
                throw ExitError(
                    .usage, "`\(text)`: name a model to compare, or two tables as schema.table:schema.table.")
            }
            return [TablePair(model: nil, source: source, target: target, sides: (parts[0], parts[1]), grain: [])]
        }
        let source = try await catalog.environment(parts[0])
        let target = try await catalog.environment(parts[1])
        var pairs: [TablePair] = []
        for name in try names(models, in: target) {
            guard source[name] != nil else {
                throw ExitError(.failed, "The environment \(source.name) has no model \(name).")
            }
            let snapshot = try await catalog.read([name], of: target)[name]?.snapshot
            pairs.append(
                TablePair(
                    model: name.description, source: RelationNames.view(name, in: source.name),
                    target: RelationNames.view(name, in: target.name), sides: (source.name, target.name),
                    grain: snapshot?.definition.grain ?? []))
        }
        if pairs.isEmpty { throw ExitError(.failed, "No model of \(target.name) is selected.") }
        return pairs
    }

    private func names(
        _ selections: [String], in environment: EnvironmentCatalog.Environment
    ) throws -> [ModelName] {
        let candidates = environment.models.map(ModelSelection.Candidate.init)
        let names = try CommandSupport.models(selections, among: candidates)
        return environment.models.map(\.name).filter(names.contains)
    }

    private static func relation(_ text: String) -> RelationPath? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts.contains("") else { return nil }
        return RelationPath(parts[0], parts[1])
    }
}
