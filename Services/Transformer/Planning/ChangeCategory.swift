import ModelProject
import Pipeline

/// What a person says a change means, where the plan would say something else.
public enum ChangeCategory: String, Sendable, CaseIterable {
    /// The model and all that reads it are computed again.
    case breaking
    /// The model is computed again; what reads it stays as it is.
    case nonBreaking = "non-breaking"
    /// The rows that are there stay; new intervals are computed by the new text.
    case forwardOnly = "forward-only"
    /// The rows are the same ones: nothing is computed.
    case sameRows = "same-rows"

    /// Why it cannot be said of the change of `new`; nil when it can.
    func refusal(of new: ModelSnapshot, from old: ModelSnapshot?, _ before: PromotedModel) -> PipelineError? {
        let definition = new.definition
        func refusal(_ why: String) -> PipelineError {
            definition.error("name", "The change of \(new.name) cannot be taken as \(rawValue): \(why)")
        }
        let isOfKind = before.facts.kind == definition.kind.name
        let evolution = definition.kind.options.evolution
        switch self {
        case .breaking, .nonBreaking:
            return evolution.forwardOnly
                ? refusal("its kind says forward_only. Take that out, or let it be forward-only.") : nil
        case .forwardOnly:
            guard definition.kind.options.isIncremental else {
                return refusal("\(definition.kind.name) has no intervals of which only new ones would change.")
            }
            return isOfKind ? nil : refusal("its kind was \(before.facts.kind), and its table is another one.")
        case .sameRows:
            guard isOfKind else { return refusal("its kind was \(before.facts.kind), and its table is another one.") }
            guard let old, let columns = new.outputColumns, let oldColumns = old.outputColumns else {
                return refusal("which columns it gives, or gave, cannot be known.")
            }
            guard Set(columns) == Set(oldColumns), definition.columns == old.definition.columns else {
                return refusal("it gives other columns than its table has: \(columns.joined(separator: ", ")).")
            }
            guard ModelHashes.settings(definition) == ModelHashes.settings(old.definition) else {
                return refusal("the settings of its kind differ, and its table may have to be another one.")
            }
            return nil
        }
    }
}

/// What a person says the changes of some models mean.
public struct CategoryChoice: Sendable {
    public let models: ModelSelection
    public let category: ChangeCategory

    public init(models: ModelSelection, category: ChangeCategory) {
        self.models = models
        self.category = category
    }
}
