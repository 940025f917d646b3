import struct Foundation.Date

/// transformer: a plan was applied; an environment's views point elsewhere now.
public struct EnvironmentPromoted: ControlMessage {
    public static let type = "environment.promoted"
    public static let topic = ControlTopic.events

    public var environment: String
    public var plan: String
    /// Names of the models whose views changed.
    public var models: [String]
    public var at: Date?

    public var key: String { environment }

    public init(environment: String, plan: String, models: [String], at: Date? = nil) {
        self.environment = environment
        self.plan = plan
        self.models = models
        self.at = at
    }
}
