import ModelProject
import Pipeline
import SQL

/// What a plan may not do to those who read what it takes away.
extension ProjectGraph {
    /// Every place in the project that reads a model which is not part of it: as a plan would leave it, that model's view is
    /// dropped, or is another environment's.
    /// - Parameters:
    ///   - models: The models of all environments, by environment.
    ///   - environment: The one that is planned.
    public func brokenReaders(of models: [String: Set<ModelName>], planning environment: String) -> [PipelineError] {
        func problem(_ reader: String, _ table: String) -> String? {
            guard let name = ModelName(table), self[name] == nil else { return nil }
            if models[environment]?.contains(name) == true {
                return "\(reader) reads \(name), which this plan removes from \(environment). Change what reads it, or "
                    + "keep the model."
            }
            guard let owner = models.keys.sorted().first(where: { models[$0]?.contains(name) == true }) else {
                return nil
            }
            return "\(reader) reads \(name), a model of the environment \(owner) that this project does not have."
        }
        var found: [PipelineError] = []
        for snapshot in snapshots {
            for table in snapshot.sources {
                if let message = problem("\(snapshot.name)", table) { found.append(snapshot.error(at: table, message)) }
            }
            for audit in snapshot.audits {
                let source =
                    if case .file(let definition) = audit.query { definition.source } else {
                        snapshot.definition.source
                    }
                for (table, offset) in audit.places.sorted(by: { $0.value < $1.value }) {
                    if let message = problem("the audit \(audit.name) of \(snapshot.name)", table) {
                        found.append(source.error(at: offset, message))
                    }
                }
            }
        }
        return found
    }
}

extension RelationNames {
    /// Why the views of `models` cannot be made in `environment`; nil when they can. A name that is cut off would be one that
    /// nobody has written, and two views may not be one.
    /// - Parameter others: The models of the other environments, by environment.
    public static func problem(
        withViewsOf models: [ModelSnapshot], in environment: String, besides others: [String: Set<ModelName>]
    ) -> PipelineError? {
        var taken: [RelationPath: String] = [:]
        for (other, names) in others where other != environment {
            for name in names { taken[view(name, in: other)] = "\(name) of the environment \(other)" }
        }
        for model in models {
            let view = view(model.name, in: environment)
            if view.schema.utf8.count > NameCheck.bytesMax {
                return model.definition.error(
                    "name",
                    "The views of \(environment) for \(model.name) would be in the schema `\(view.schema)` of "
                        + "\(view.schema.utf8.count) bytes; a name may have \(NameCheck.bytesMax). Shorten the environment's "
                        + "name or the model's schema.")
            }
            if let other = taken.updateValue("\(model.name)", forKey: view) {
                return model.definition.error("name", "\(view) would be the view of \(model.name) and of \(other).")
            }
        }
        return nil
    }
}
