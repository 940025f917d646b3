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
        if evolution.autoRestatementCron != nil, !model.kind.options.canRestate {
            return model.error(
                "kind",
                "auto_restatement_cron computes \(model.name) again, and disable_restatement, which \(model.kind.name) may "
                    + "have without being asked, forbids it. Take one of them out, or say (disable_restatement false).")
        }
        if evolution.autoRestatementIntervals != nil {
            if evolution.autoRestatementCron == nil {
                return model.error(
                    "kind",
                    "auto_restatement_intervals of \(model.name) says how many, and no auto_restatement_cron when.")
            }
            if model.kind.options.restatesWhole {
                return model.error(
                    "kind",
                    "auto_restatement_intervals: no part of a table of \(model.kind.name) belongs to an interval, so that "
                        + "\(model.name) is computed again as a whole. Take it out.")
            }
        }
        return nil
    }
}
