import struct Foundation.Date

/// The scheduler's order: bring `model` up to date. Carrying it out twice changes nothing.
public struct TransformRequested: ControlMessage {
    public static let type = "transform.requested"
    public static let topic = ControlTopic.commands

    /// What is to be done with the model.
    public enum Action: String, Codable, Sendable {
        /// Compute what is missing before `upTo`.
        case run
        /// Compute `from` to `upTo` again, done or not.
        case backfill
        /// Run the model's audits over what is there.
        case audit
    }

    /// Stays the same over all attempts.
    public var task: String
    public var run: String
    /// Counted from 1.
    public var attempt: Int
    public var action: Action
    public var environment: String
    public var model: String
    /// Start of a backfill; `nil` otherwise.
    public var from: Date?
    /// Data before this time.
    public var upTo: Date
    /// An answer after this time is ignored.
    public var deadline: Date

    /// One environment's commands keep their order.
    public var key: String { environment }
    public var subject: String { task }

    public init(
        task: String, run: String, attempt: Int, action: Action, environment: String, model: String,
        from: Date? = nil, upTo: Date, deadline: Date
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.action = action
        self.environment = environment
        self.model = model
        self.from = from
        self.upTo = upTo
        self.deadline = deadline
    }
}
