import CivilTime
import ModelProject
import Pipeline

/// Every text that a model's SQL is made from. Kept with the environment, so that a model runs as it was promoted,
/// whatever has become of the pipeline folder since.
public struct ModelBundle: Sendable, Codable, Hashable {
    public var source: SourceFile
    /// A seed's file; nil for other models.
    public var seed: SourceFile? = nil
    /// The files of the audits that it uses.
    public var audits: [SourceFile]
    public var defaults: ModelDefaults
    public var variables: [String: VariableValue]
    public var gateway: String
    /// The models that its texts name; those that an earlier version kept are all that `ref()` could name.
    public var models: [ModelName]
    /// The columns of relations that its macros write out, by the name that they ask for; nil: none do.
    public var columns: [String: [RelationColumn]]? = nil
    /// The files of macros that it uses; nil: none.
    public var macros: [SourceFile]? = nil
    /// Which of the models of its file it is, for a file with blueprints; nil: the only one.
    public var name: ModelName? = nil

    /// The audits of ``audits`` that stand alone and are run with it; nil: none.
    public var standaloneAudits: [String]? = nil

    var columnLookup: @Sendable (String) throws(PipelineError) -> [RelationColumn]? {
        { [columns] name throws(PipelineError) in columns?[name] }
    }

    /// See ``ModelIndex/isExact``. Nil, and so false, for what was promoted before there was a difference.
    public var namesAreExact: Bool? = nil

    /// The models by the names that SQL has for them.
    public var index: ModelIndex { ModelIndex(models, isExact: namesAreExact ?? false) }
}

extension ModelDefaults: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(dialect)
        hasher.combine(cron)
        hasher.combine(audits)
    }
}

/// A model at one state of its text, with what planning found out about it.
///
/// A class only so that handing it on copies nothing: none of it ever changes.
public final class ModelSnapshot: Sendable {
    public let definition: ModelDefinition
    public let bundle: ModelBundle
    /// The macros of files, read.
    let macros: MacroLibrary
    /// A `*` stands in its query: its columns then follow what the inputs have.
    public let usesStar: Bool
    public let audits: [BoundAudit]
    public let schedule: CronSchedule
    public let grid: IntervalGrid
    /// The models it reads, sorted.
    public let parents: [ModelName]
    /// The other relations it reads, sorted: raw tables.
    public let sources: [String]
    /// Where in the model's file each relation is named first, by the name as written there in lower case.
    public let places: [String: Int]
    /// The query as a first run sees it, at a fixed time.
    let query: ParsedQuery
    /// The query as later runs see it, where it asks which one it is; nil where all are the same.
    let incrementalQuery: ParsedQuery?
    /// Pre- and post-statements in one spelling.
    let statements: [String]
    /// The columns that its table has, as SQL means their names; nil when not all of them can be known, as those of a query
    /// that takes * while it is looked at alone.
    public let outputColumns: [String]?
    /// Over everything that decides the model's rows, its parents' rows taken as given.
    public let dataHash: String
    /// Over everything that decides no rows: owner, description, cron, audits …
    public let metadataHash: String
    /// Over the data hash and the parents' fingerprints: what the rows follow from.
    public let fingerprint: String

    init(
        definition: ModelDefinition, bundle: ModelBundle, macros: MacroLibrary, usesStar: Bool, audits: [BoundAudit],
        schedule: CronSchedule, grid: IntervalGrid, parents: [ModelName], sources: [String], places: [String: Int],
        query: ParsedQuery, incrementalQuery: ParsedQuery?, statements: [String], outputColumns: [String]?,
        dataHash: String, metadataHash: String, fingerprint: String = ""
    ) {
        self.definition = definition
        self.bundle = bundle
        self.macros = macros
        self.usesStar = usesStar
        self.audits = audits
        self.schedule = schedule
        self.grid = grid
        self.parents = parents
        self.sources = sources
        self.places = places
        self.query = query
        self.incrementalQuery = incrementalQuery
        self.statements = statements
        self.outputColumns = outputColumns
        self.dataHash = dataHash
        self.metadataHash = metadataHash
        self.fingerprint = fingerprint
    }

    /// The same with the fingerprint that follows from its parents.
    func with(fingerprint: String) -> ModelSnapshot { copy(fingerprint: fingerprint, outputColumns: outputColumns) }

    /// The same with the columns that its table has.
    func with(outputColumns: [String]?) -> ModelSnapshot {
        copy(fingerprint: fingerprint, outputColumns: outputColumns)
    }

    private func copy(fingerprint: String, outputColumns: [String]?) -> ModelSnapshot {
        ModelSnapshot(
            definition: definition, bundle: bundle, macros: macros, usesStar: usesStar, audits: audits,
            schedule: schedule, grid: grid, parents: parents, sources: sources, places: places, query: query,
            incrementalQuery: incrementalQuery, statements: statements, outputColumns: outputColumns,
            dataHash: dataHash, metadataHash: metadataHash, fingerprint: fingerprint)
    }

    public var name: ModelName { definition.name }

    /// Whether its query reads the rows that are there of it.
    var readsItself: Bool { places.keys.contains { bundle.index.relation($0) == name } }

    /// An error at the place in the model's file that names `relation`.
    public func error(at relation: String, _ message: String) -> PipelineError {
        places[relation].map { definition.source.error(at: $0, message) } ?? definition.error("depends_on", message)
    }

    /// The models it reads, by the names that its query may give them.
    var parentIndex: ModelIndex { ModelIndex(parents, isExact: bundle.index.isExact) }

    /// Whether a change of it holds for new intervals alone.
    /// - Parameter asked: It was asked for of all models that have intervals.
    func isForward(_ asked: Bool) -> Bool {
        let options = definition.kind.options
        return options.isIncremental && (asked || options.evolution.forwardOnly)
    }

    /// Other models that its audits look at, sorted.
    public var auditReads: [ModelName] {
        let index = bundle.index
        let named = audits.flatMap { $0.places.keys }.compactMap { index.relation($0) }
        return Set(named).subtracting([name]).sorted()
    }

    public var lookback: Int { definition.kind.options.lookback }
}

/// An audit as a model uses it.
public struct BoundAudit: Sendable, Equatable {
    public enum Query: Sendable, Equatable {
        case builtIn
        case file(AuditDefinition)
    }
    public let call: AuditCall
    public let query: Query
    /// A blocking audit keeps what it finds from being published; another one warns.
    public let isBlocking: Bool
    /// Where in the audit's file each relation is named that its query reads.
    public var places: [String: Int] = [:]

    public var name: String { call.name }

    /// It is no model's own, and is run when everything that it reads is there.
    public var isStandalone: Bool { if case .file(let definition) = query { definition.isStandalone } else { false } }
}
