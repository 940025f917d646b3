import ModelProject
import Pipeline

/// What a change does to a table whose rows stay: new intervals are computed by the new text, and those that are there keep
/// what they have.
public struct ForwardChange: Sendable, Equatable {
    /// Columns that the table gets; NULL in the rows that are there.
    public let added: [String]
    /// Columns that are no longer shown. The table keeps them with what they hold; NULL in new rows.
    public let hidden: [String]

    /// - Parameters:
    ///   - snapshot: The model as it is to be.
    ///   - columns: Those of the table; nil where they are not known.
    /// - Returns: Nil when not all columns of the two can be known.
    init?(of snapshot: ModelSnapshot, over columns: [String]?) {
        guard let new = snapshot.outputColumns, let old = columns else { return nil }
        let evolution = snapshot.definition.kind.options.evolution
        added = evolution.onAdditiveChange == .ignore ? [] : new.filter { !old.contains($0) }
        hidden = evolution.onDestructiveChange == .ignore ? [] : old.filter { !new.contains($0) }
    }
}

extension Plan {
    /// What of somebody's wishes for this plan cannot be: categories, and the time from which forward-only changes hold.
    public func refusals(of request: PlanRequest) -> [PipelineError] {
        guard let from = request.effectiveFrom else { return choiceRefusals }
        let forward = models.filter(\.isForward)
        if forward.isEmpty {
            return choiceRefusals + [
                PipelineError(
                    file: "--effective-from",
                    message: "No change of this plan is forward-only: there is nothing that holds from \(from) on.")
            ]
        }
        return choiceRefusals
            + forward.compactMap { model in
                let kind = model.snapshot.definition.kind
                guard !kind.options.canRestate || kind.options.restatesWhole else { return nil }
                return model.snapshot.definition.error(
                    "kind",
                    "--effective-from computes intervals of \(model.name) again, and of \(kind.name) no single ones can be: its "
                        + "rows are history, or belong to no interval.")
            }
    }

    /// What forward-only changes may not do, as their models' kinds have it. The same in every environment: what production
    /// would refuse is refused where it is tried out.
    /// - Parameter allowed: Models that may lose columns whatever their kind says.
    public func forwardRefusals(allowing allowed: Set<ModelName>) -> [PipelineError] {
        models.filter(\.isForward).compactMap { model in
            let definition = model.snapshot.definition
            guard let change = model.forward else {
                return definition.error(
                    "kind",
                    "The change of \(model.name) is forward-only, and which columns it gives cannot be known: name them "
                        + "instead of taking * of a table.")
            }
            let evolution = definition.kind.options.evolution
            let hidden = change.hidden.joined(separator: ", ")
            if !hidden.isEmpty, evolution.onDestructiveChange == .error, !allowed.contains(model.name) {
                return definition.error(
                    "kind",
                    "The change of \(model.name) is forward-only and takes \(hidden) away. If that is meant, say "
                        + "on_destructive_change allow in its kind, or --allow-destructive-model \(model.name): the columns "
                        + "are no longer shown, and the table keeps them.")
            }
            let added = change.added.joined(separator: ", ")
            if !added.isEmpty, evolution.onAdditiveChange == .error {
                return definition.error(
                    "kind",
                    "The change of \(model.name) is forward-only and adds \(added), which its on_additive_change forbids."
                )
            }
            return nil
        }
    }
}
