/// What carries a node out. A kind that is stored and not known here was written by a newer version.
public enum NodeKind: String, Sendable, Codable, CaseIterable {
    /// A transformer brings a model up to date.
    case model
    /// A transformer runs a model's audits.
    case audit
    /// A statement in PostgreSQL.
    case sql
    /// A statement in PostgreSQL whose result says which of the nodes behind it go on.
    case branch
    /// A request to somebody's server.
    case http
    /// A Kafka message.
    case publish
    /// A mail.
    case email
    /// Waits until another DAG has succeeded.
    case waitForDAG = "wait_for_dag"
    /// Waits until data has landed up to a time.
    case waitForData = "wait_for_data"
    /// Could not be made into what was meant, and says why.
    case broken

    /// Whether a transformer carries it out; the leader does the others.
    public var isOfTransformer: Bool { self == .model || self == .audit }
}

/// A task as it is defined, whichever run it is part of.
public struct Node: Sendable, Equatable {
    /// Its name, the only one of a DAG: a model's name.
    public let id: String
    public let kind: NodeKind
    /// Nodes before it, by name. Those that are not in a run are left out of consideration.
    public let dependsOn: [String]
    public let rule: TriggerRule
    /// How often it is tried, and how long one attempt may take.
    public let retry: RetryPolicy
    /// The pool of which it needs a place; `nil`: none.
    public let pool: String?
    /// More goes first where places are few.
    public let priority: Int

    public init(
        id: String, kind: NodeKind = .model, dependsOn: [String] = [], rule: TriggerRule = .allSuccess,
        retry: RetryPolicy, pool: String? = nil, priority: Int = 0
    ) {
        self.id = id
        self.kind = kind
        self.dependsOn = dependsOn
        self.rule = rule
        self.retry = retry
        self.pool = pool
        self.priority = priority
    }
}
