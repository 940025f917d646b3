import ModelProject
import Pipeline

/// What of a model's kind is read and not carried out: refused when it is planned, never ignored.
enum KindCheck {
    static func refusal(of model: ModelDefinition) -> PipelineError? {
        switch model.kind {
        case .view, .full, .seed: return nil
        case .incrementalByTimeRange(let options): return refusal(of: model, options.evolution)
        case .incrementalByUniqueKey(let options): return refusal(of: model, options.evolution)
        case .incrementalByPartition(let options):
            if model.partitionedBy.isEmpty {
                return model.error(
                    "kind",
                    "\(model.name) replaces partitions and does not say which: add partitioned_by (column) to MODEL.")
            }
            return refusal(of: model, options.evolution)
        case .incrementalUnmanaged(let options): return refusal(of: model, options.evolution)
        case .scdType2ByTime(let options):
            return refusal(of: model, options.columnsOfHistory.evolution)
        case .scdType2ByColumn(let options):
            return refusal(of: model, options.columnsOfHistory.evolution)
        case .embedded:
            guard model.preStatements.isEmpty, model.postStatements.isEmpty else {
                return model.error(
                    "kind",
                    "\(model.name) is EMBEDDED: its query stands in its readers, where no statements can stand before or "
                        + "after it. Move them to the readers, or use VIEW.")
            }
            if !model.audits.isEmpty {
                return model.error(
                    "audits",
                    "\(model.name) is EMBEDDED and has no rows of its own to audit. Audit its readers, or use VIEW.")
            }
            return nil
        case .external:
            return model.error(
                "kind", "\(model.name) is EXTERNAL, which has no query. Write it in external_models.yaml.")
        }
    }

    private static func refusal(
        of model: ModelDefinition, _ evolution: Evolution
    ) -> PipelineError? {
        if evolution.autoRestatementCron != nil {
            return refusal(
                of: model, "auto_restatement_cron", "Say lookback for how many intervals are computed again.")
        }
        return nil
    }

    private static func refusal(of model: ModelDefinition, _ option: String, _ instead: String) -> PipelineError {
        model.error("kind", "\(option) of \(model.kind.name) is read and not carried out yet. \(instead)")
    }
}
