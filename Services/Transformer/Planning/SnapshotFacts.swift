import ModelProject
import Pipeline

/// What others need to know of a model at one state of its text, so that nobody has to read the text for it. Kept in the
/// state; what is added here later must have a value that holds where it is missing.
public struct SnapshotFacts: Sendable, Codable, Equatable {
    /// SQLMesh's name of the kind.
    public var kind: String
    /// A view over the model's query, of which nothing is stored.
    public var isView: Bool
    /// A part of what reads it; nil for what an earlier version wrote, which knew none.
    public var isEmbedded: Bool?
    /// Whether it has a table or a view.
    public var hasRelation: Bool { isEmbedded != true }
    /// The models it reads, sorted.
    public var parents: [ModelName]
    /// The other relations it reads, sorted: raw tables.
    public var sources: [String]
    public var unit: IntervalUnit
    public var lookback: Int
    /// Nil: as far back as there is data.
    public var start: Moment?
    public var cron: String
    public var cronTimeZone: String
    public var owner: String?
    public var description: String?
    public var tags: [String]
    public var columnDescriptions: [String: String]
    /// What makes each of its audits the one it is.
    public var audits: [[String]]
    /// What its view shows of a table that may have more columns; nil: all.
    public var columns: [String]?
    /// Other models that its audits look at, sorted.
    public var auditReads: [ModelName]?
    /// The raw tables that it waits for; nil: none.
    public var awaited: [String]?

    /// The facts of a model that has been read.
    public init(_ snapshot: ModelSnapshot) {
        let model = snapshot.definition
        kind = model.kind.name
        isView = model.kind.isView
        isEmbedded = model.kind.options.hasRelation ? nil : true
        parents = snapshot.parents
        sources = snapshot.sources
        unit = snapshot.grid.unit
        lookback = snapshot.lookback
        start = model.start
        cron = model.cron
        cronTimeZone = model.cronTimeZone
        owner = model.owner
        description = model.description
        tags = model.tags
        columnDescriptions = Dictionary(uniqueKeysWithValues: model.columnDescriptions.map { ($0.key, $0.value) })
        audits = snapshot.audits.map(ModelHashes.audit)
        let options = model.kind.options
        columns =
            options.isIncremental && options.evolution.onDestructiveChange != .ignore ? snapshot.outputColumns : nil
        let reads = snapshot.auditReads
        auditReads = reads.isEmpty ? nil : reads
        awaited = snapshot.awaited.isEmpty ? nil : snapshot.awaited
    }
}

/// A model of an environment, and the physical table that its view shows.
public struct PromotedModel: Sendable, Equatable {
    public let id: VersionID
    public let fingerprint: String
    public let dataHash: String
    public let metadataHash: String
    public let facts: SnapshotFacts

    public var name: ModelName { id.name }
    public var version: String { id.version }

    public init(id: VersionID, fingerprint: String, dataHash: String, metadataHash: String, facts: SnapshotFacts) {
        self.id = id
        self.fingerprint = fingerprint
        self.dataHash = dataHash
        self.metadataHash = metadataHash
        self.facts = facts
    }

    /// A planned model once it is promoted.
    public init(_ model: PlannedModel) {
        let snapshot = model.snapshot
        self.init(
            id: model.id, fingerprint: snapshot.fingerprint, dataHash: snapshot.dataHash,
            metadataHash: snapshot.metadataHash, facts: SnapshotFacts(snapshot))
    }
}
