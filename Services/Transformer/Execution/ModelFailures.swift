import ModelProject
import Pipeline
import Planning

/// What failed among several models, and what was left out because it reads that. Models come parents first.
struct ModelFailures: Sendable {
    private var errors: [TransformerError] = []
    private var unusable: Set<ModelName> = []
    private var skipped: [ModelName] = []

    /// Whether a model has to be left out, because something that it reads has failed or was left out itself.
    mutating func skips(_ name: ModelName, reading parents: [ModelName]) -> Bool {
        guard parents.contains(where: unusable.contains) else { return false }
        unusable.insert(name)
        skipped.append(name)
        return true
    }

    /// Notes the failure of one model.
    /// - Throws: The error, when it is none of the model's: going on would only meet it again.
    mutating func note(_ error: any Error, of model: ModelName) throws {
        let told = TransformerError.from(error)
        guard told.isOfTheModel else { throw error }
        errors.append(told)
        unusable.insert(model)
    }

    /// - Throws: All failures in one error, with the code of the first and the names of what was left out.
    func check() throws {
        guard let first = errors.first else { return }
        var lines = errors.map(\.message)
        if !skipped.isEmpty {
            let names = skipped.map(\.description).joined(separator: ", ")
            lines.append("Not computed, as they read what failed: \(names).")
        }
        throw TransformerError(first.code, lines.joined(separator: "\n"), isRetriable: first.isRetriable)
    }
}
