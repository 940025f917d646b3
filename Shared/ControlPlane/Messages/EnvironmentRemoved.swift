/// transformer: an environment is no more. A null value under the environment's key, so that compaction forgets it.
public struct EnvironmentRemoved: ControlMessage {
    public static let type = "environment.removed"
    public static let topic = ControlTopic.environments

    public var environment: String

    public var key: String { environment }

    public init(environment: String) {
        self.environment = environment
    }
}
