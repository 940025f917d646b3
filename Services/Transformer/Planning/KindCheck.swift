import ModelProject
import Pipeline

/// What of a model's kind is read and not carried out: refused when it is planned, never ignored.
enum KindCheck {
    static func refusal(of model: ModelDefinition) -> PipelineError? {
        switch model.kind {
        case .view(let options):
            return options.isMaterialized ? refusal(of: model, "materialized", "Use FULL, which stores the rows.") : nil
        case .full, .seed: return nil
        case .incrementalByTimeRange(let options): return refusal(of: model, options.evolution)
        case .incrementalByUniqueKey, .incrementalByPartition, .incrementalUnmanaged, .scdType2ByTime,
            .scdType2ByColumn, .embedded, .external:
            return model.error(
                "kind",
                "\(model.name) is of the kind \(model.kind.name), which is read and cannot be computed yet. Use VIEW, FULL "
                    + "or INCREMENTAL_BY_TIME_RANGE.")
        }
    }

    private static func refusal(of model: ModelDefinition, _ evolution: Evolution) -> PipelineError? {
        if evolution.forwardOnly {
            return refusal(of: model, "forward_only", "Leave it out: a change is computed anew.")
        }
        if evolution.disableRestatement {
            return refusal(of: model, "disable_restatement", "Leave it out: late data is computed again.")
        }
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
