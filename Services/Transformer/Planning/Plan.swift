import ModelProject
import Pipeline

/// What it takes to make an environment what the project says.
public struct Plan: Sendable {
    public let environment: String
    public let changes: [ModelChange]
    /// Every model of the environment as it will be, parents before children.
    public let models: [PlannedModel]
    /// In the order in which they are to be done. Empty when there is nothing to do.
    public private(set) var stages: [Stage]
    /// The plan that made the environment what it was when this one was made; nil when there was no environment.
    public var basis: String?
    /// What is run before and after everything else.
    public private(set) var statements: EnvironmentStatements?
    /// Other statements are to run before and after than did so far.
    public private(set) var changesStatements = false
    /// How long the environment stays after the promotion, in seconds; nil: until somebody removes it.
    public var lifetime: Int64?
    /// What keeps models from being computed as far as their crons say.
    public var waiting: [ModelName: Readiness.Limit] = [:]
    /// How long its tables stay when nothing shows them any more, in seconds.
    public var tableLifetime: Int64?
    /// The models that were asked for to be computed again.
    public var restated: Set<ModelName> = []
    /// What computing a model will about write, where anything is known of it.
    public var estimates: [ModelName: WorkEstimate] = [:]
    /// How many models the environment had.
    public var modelsBefore = 0
    /// Why what a person says that changes mean cannot be.
    var choiceRefusals: [PipelineError] = []

    /// Why this plan is carried out only when somebody says so: it takes away all models, or more than half; nil for
    /// others.
    public var removal: String? {
        let removed = changes.filter { $0.kind == .removed }.count
        guard removed * 2 > modelsBefore else { return nil }
        let what = removed == modelsBefore ? "all \(removed)" : "\(removed) of \(modelsBefore)"
        return
            "The plan removes \(what) models of \(environment) and their views. If that is meant, say --allow-removal; "
            + "if not, see whether MILLRACE_PIPELINE is the folder you mean."
    }

    /// What is computed, parents before children.
    public var work: [ModelWork] {
        var work: [ModelWork] = []
        for case .backfill(let items) in stages { work += items }
        return work
    }

    /// True when the environment is already what the project says and nothing is missing.
    public var isEmpty: Bool { stages.isEmpty }

    init(
        environment: String, changes: [ModelChange], models: [PlannedModel], stages: [Stage], basis: String? = nil,
        modelsBefore: Int = 0
    ) {
        self.environment = environment
        self.changes = changes
        self.models = models
        self.stages = stages
        self.basis = basis
        self.modelsBefore = modelsBefore
    }

    /// Gives the plan what is run before and after everything else.
    /// - Parameter before: What the environment has kept; nil: nothing.
    public mutating func take(_ statements: EnvironmentStatements, insteadOf before: EnvironmentStatements?) {
        self.statements = statements
        let isSaid = !statements.isEmpty || before?.isEmpty == false
        changesStatements = isSaid && before != statements
        let promotes = stages.contains { if case .promote = $0 { true } else { false } }
        // What an environment keeps is written down when it is promoted.
        if changesStatements, !promotes { stages.append(.promote(views: [], dropped: [])) }
    }
}

/// A model of the environment, and the physical table that holds it.
public struct PlannedModel: Sendable {
    public let snapshot: ModelSnapshot
    /// Names the physical table. Usually the fingerprint; a model whose parents were only extended keeps its table.
    public let version: String
    /// True when no table of this version exists yet.
    public let isNew: Bool

    public var name: ModelName { snapshot.name }
    public var id: VersionID { VersionID(name: snapshot.name, version: version) }
    /// What a forward-only change does to production's table; nil for other models, and where its columns are not known.
    public var forward: ForwardChange?
    /// Its change is forward-only: in production the table stays, elsewhere a table apart shows some intervals of it.
    public var isForward = false
    /// A table apart in which a forward-only change of it, or of what it reads, is tried out.
    public var isPreview = false
    /// A forward-only change adds columns to its table.
    public var isExtended: Bool { forward?.added.isEmpty == false }
    /// False for a model that is a part of what reads it.
    public var hasRelation: Bool { snapshot.definition.kind.options.hasRelation }

    public init(snapshot: ModelSnapshot, version: String, isNew: Bool) {
        self.snapshot = snapshot
        self.version = version
        self.isNew = isNew
    }
}

extension Plan {
    /// Models whose tables are to be made.
    public var created: [PlannedModel] {
        stages.flatMap { stage -> [PlannedModel] in
            if case .createTables(let models) = stage { models } else { [] }
        }
    }

    /// Whether tables that stay are looked at for columns to add.
    public var migrates: Bool { stages.contains { if case .migrate = $0 { true } else { false } } }
}

/// A step of a plan. Each may be repeated: what is done already is done again without effect, or seen and left.
public enum Stage: Sendable {
    /// Add the columns that forward-only changes bring to tables whose rows stay, if any: none may change its type.
    case migrate([PlannedModel])
    /// Make the physical tables and views that do not exist, parents first.
    case createTables([PlannedModel])
    /// Compute, one model after the other, parents first; the audits of each batch decide whether it is published.
    case backfill([ModelWork])
    /// Count intervals as done that are not computed.
    case assume([ModelWork])
    /// Run the statements after the query on tables whose rows stay: there are new ones.
    case runStatements([PlannedModel])
    /// Run audits that are new to data that is not.
    case audit([PlannedModel])
    /// Point the environment's views at the tables, drop those of models that are gone, and write down what the environment
    /// is now: all in one transaction.
    case promote(views: [PlannedModel], dropped: [ModelName])
}

/// What to compute of one model.
public struct ModelWork: Sendable {
    public let model: PlannedModel
    public let missing: MissingIntervals
    public let batches: [Interval]

    public init(model: PlannedModel, missing: MissingIntervals) {
        self.model = model
        self.missing = missing
        batches = missing.batches(of: model.snapshot)
    }

    /// How many of the batches may be computed at the same time. One where a batch needs the ones before it, must not come
    /// twice, or has statements of its own, which may want the table for themselves.
    public var batchesAtATime: Int {
        let definition = model.snapshot.definition
        let options = definition.kind.options
        guard !options.isComputedOnce, !model.snapshot.readsItself, definition.preStatements.isEmpty,
            definition.postStatements.isEmpty
        else { return 1 }
        return options.batchConcurrency ?? model.snapshot.bundle.defaults.batchConcurrency ?? .max
    }
}
