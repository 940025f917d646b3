import ModelProject

/// Which tables of another environment are production's to compute.
///
/// An environment shows production's table of a model also when it has other tables of what that model reads, where the
/// difference cannot be seen in it. It may have computed only some days of those: were the model computed from them,
/// production would lack the others.
public enum ProductionTables {
    /// - Parameters:
    ///   - models: The tables of the environment, by model, with the models that each reads.
    ///   - production: What production shows.
    /// - Returns: The models that the environment leaves to production.
    public static func left(
        by models: [ModelName: (table: VersionID, parents: [ModelName])], to production: [ModelName: PromotedModel]
    ) -> Set<ModelName> {
        var left: Set<ModelName> = []
        for (name, model) in models {
            guard let own = production[name], own.id == model.table else { continue }
            let readsOthers = model.parents.contains { parent in
                guard let table = models[parent]?.table else { return false }
                return production[parent]?.id != table
            }
            if readsOthers { left.insert(name) }
        }
        return left
    }
}
