/// transformer: some of a task's intervals are done. Also a sign of life.
public struct TransformProgressed: ControlMessage {
    public static let type = "transform.progressed"
    public static let topic = ControlTopic.events

    public var task: String
    public var run: String
    public var attempt: Int
    public var environment: String
    public var model: String
    public var worker: String
    /// Intervals computed so far, of `total`.
    public var done: Int
    public var total: Int

    public var key: String { task }

    public init(
        task: String, run: String, attempt: Int, environment: String, model: String, worker: String, done: Int,
        total: Int
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.environment = environment
        self.model = model
        self.worker = worker
        self.done = done
        self.total = total
    }
}
