import ModelProject
import Pipeline
import Planning

/// A plan as data: what `plan --json` gives.
struct PlanDocument: Encodable {
    struct Change: Encodable {
        let model: String
        /// added, removed, modified, indirectly_modified or metadata
        let change: String
        /// breaking, non_breaking or same_rows; of what was modified alone
        let category: String?
        /// The columns whose values change, where only some do.
        let columns: [String]?
        let reason: String
        let affects: [String]
        let before: String?
        let after: String?
    }

    struct Model: Encodable {
        let name: String, kind: String, version: String, table: String, view: String
        let isNew: Bool, parents: [String], sources: [String]
    }

    struct Work: Encodable {
        let model: String
        /// True for a model that is computed as a whole, whatever the intervals are.
        let isWhole: Bool
        let intervals: [TimeSpan], batches: [TimeSpan]
        /// About what will be written, after what there is for as much time; nil where nothing is known.
        let estimatedRows: Int64?, estimatedBytes: Int64?
    }

    struct Waiting: Encodable {
        let model: String, table: String
        /// How far the table has come; nil: nothing is known to have landed.
        let landedUpTo: String?
    }

    struct View: Encodable { let model: String, view: String }

    struct Reasons: Encodable {
        struct Part: Encodable { let intervals: [TimeSpan], isComputed: Bool, reason: String }
        let model: String, parts: [Part], nextTick: String?
    }

    /// What forward-only changes bring to tables whose rows stay.
    struct AddedColumns: Encodable {
        let model: String, columns: [String]
    }

    let environment: String
    /// What `apply --plan` takes; nil where there is nothing to carry out, and where it was carried out at once.
    let id: String?
    let isEmpty: Bool
    let changes: [Change]
    /// Parents before children.
    let models: [Model]
    let columnsToAdd: [AddedColumns]
    let tablesToCreate: [String]
    let toCompute: [Work]
    let toAssume: [Work]
    /// Models whose statements after the query run on the table that stays.
    let statementsToRun: [String]
    let auditsToRun: [String]
    let viewsToPoint: [View]
    let viewsToDrop: [View]
    /// Models that are not computed as far as their crons say, because data is not there yet.
    let waiting: [Waiting]
    /// Why it is carried out only with `--allow-removal`.
    let removal: String?
    let reasons: [Reasons]?
    /// The promotion that came of it, where it was carried out.
    let appliedAs: String?

    init(
        _ plan: Plan, id: String? = nil, showsTexts: Bool, explanation: PlanExplanation? = nil, appliedAs: String? = nil
    ) {
        environment = plan.environment
        self.id = id
        isEmpty = plan.isEmpty
        let effects = PlanEffects(plan)
        changes = plan.changes.map {
            Change($0, affects: effects.affected(by: $0), showsTexts: showsTexts)
        }
        models = plan.models.map { model in
            Model(
                name: model.name.description, kind: model.snapshot.definition.kind.name, version: model.version,
                table: RelationNames.table(model.id).description,
                view: RelationNames.view(model.name, in: plan.environment).description, isNew: model.isNew,
                parents: model.snapshot.parents.map(\.description), sources: model.snapshot.sources)
        }
        var added: [AddedColumns] = []
        var created: [String] = []
        var computed: [Work] = []
        var assumed: [Work] = []
        var stated: [String] = []
        var audited: [String] = []
        var shown: [View] = []
        var gone: [View] = []
        func view(_ name: ModelName) -> View {
            View(model: name.description, view: RelationNames.view(name, in: plan.environment).description)
        }
        for stage in plan.stages {
            switch stage {
            case .migrate(let models):
                added += models.filter(\.isExtended).map {
                    AddedColumns(model: $0.name.description, columns: $0.forward?.added ?? [])
                }
            case .createTables(let models): created += models.map(\.name.description)
            case .backfill(let work): computed += work.map { Work($0, plan.estimates[$0.model.name]) }
            case .assume(let work): assumed += work.map { Work($0, nil) }
            case .runStatements(let models): stated += models.map(\.name.description)
            case .audit(let models): audited += models.map(\.name.description)
            case .promote(let views, let dropped):
                shown += views.map { view($0.name) }
                gone += dropped.map(view)
            }
        }
        columnsToAdd = added
        (tablesToCreate, toCompute, toAssume) = (created, computed, assumed)
        (auditsToRun, viewsToPoint, viewsToDrop) = (audited, shown, gone)
        waiting = plan.waiting.sorted { $0.key < $1.key }.map {
            Waiting(model: $0.key.description, table: $0.value.table, landedUpTo: $0.value.upTo?.description)
        }
        statementsToRun = stated
        removal = plan.removal
        reasons = explanation?.models.map(Reasons.init)
        self.appliedAs = appliedAs
    }
}

/// A stretch of time as data: `to` does not belong to it.
struct TimeSpan: Encodable, Equatable {
    /// ISO 8601, in UTC.
    let from: String, to: String

    init(_ interval: Interval) {
        from = interval.start.description
        to = interval.end.description
    }

    static func list(_ set: IntervalSet) -> [TimeSpan] { set.intervals.map(TimeSpan.init) }
}

extension PlanDocument.Work {
    init(_ work: ModelWork, _ estimate: WorkEstimate?) {
        model = work.model.name.description
        isWhole = !work.model.snapshot.definition.kind.options.isIncremental
        intervals = TimeSpan.list(work.missing.due)
        batches = isWhole ? intervals : work.batches.map(TimeSpan.init)
        (estimatedRows, estimatedBytes) = (estimate?.rows, estimate?.bytes)
    }
}

extension PlanDocument.Reasons {
    init(_ item: PlanExplanation.Model) {
        model = item.model.name.description
        parts = item.reasons.parts.map {
            Part(intervals: TimeSpan.list($0.intervals), isComputed: $0.isComputed, reason: $0.reason)
        }
        nextTick = item.next?.description
    }
}

extension PlanDocument.Change {
    init(_ change: ModelChange, affects: [ModelName], showsTexts: Bool) {
        model = change.name.description
        reason = change.reason
        self.affects = affects.map(\.description)
        before = showsTexts ? change.texts?.before : nil
        after = showsTexts ? change.texts?.after : nil
        let effect: RowEffect?
        switch change.kind {
        case .added: (self.change, effect) = ("added", nil)
        case .removed: (self.change, effect) = ("removed", nil)
        case .modified(let found): (self.change, effect) = ("modified", found)
        case .indirectlyModified(let found): (self.change, effect) = ("indirectly_modified", found)
        case .forwardOnly: (self.change, effect) = ("forward_only", nil)
        case .metadata: (self.change, effect) = ("metadata", nil)
        }
        switch effect {
        case .all?: (category, columns) = ("breaking", nil)
        case .columns(let names)?: (category, columns) = ("non_breaking", names.sorted())
        case RowEffect.none?: (category, columns) = ("same_rows", nil)
        case nil: (category, columns) = (nil, nil)
        }
    }
}
