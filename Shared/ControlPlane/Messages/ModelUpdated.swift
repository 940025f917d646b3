import struct Foundation.Date

/// transformer: a model's rows changed. What was cached from `relation` is stale.
public struct ModelUpdated: ControlMessage {
    public static let type = "model.updated"
    public static let topic = ControlTopic.events

    public var environment: String
    public var model: String
    /// What readers query: the view of the virtual layer, with its schema.
    public var relation: String
    /// The intervals whose rows changed; empty when the whole model did. One over all of them when they are very many.
    public var intervals: [ControlInterval]
    public var rows: Int
    public var at: Date

    public var key: String { "\(environment)/\(model)" }

    public init(
        environment: String, model: String, relation: String, intervals: [ControlInterval], rows: Int, at: Date
    ) {
        self.environment = environment
        self.model = model
        self.relation = relation
        self.intervals = ControlInterval.few(intervals)
        self.rows = rows
        self.at = at
    }
}
