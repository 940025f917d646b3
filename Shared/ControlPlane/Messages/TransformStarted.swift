import struct Foundation.Date

/// transformer: a worker has taken up a task.
public struct TransformStarted: ControlMessage {
    public static let type = "transform.started"
    public static let topic = ControlTopic.events

    public var task: String
    public var run: String
    public var attempt: Int
    public var environment: String
    public var model: String
    public var worker: String
    public var startedAt: Date

    public var key: String { task }

    public init(
        task: String, run: String, attempt: Int, environment: String, model: String, worker: String, startedAt: Date
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.environment = environment
        self.model = model
        self.worker = worker
        self.startedAt = startedAt
    }
}
