/// transformer: a task is done.
public struct TransformSucceeded: ControlMessage {
    public static let type = "transform.succeeded"
    public static let topic = ControlTopic.events

    public var task: String
    public var run: String
    public var attempt: Int
    public var environment: String
    public var model: String
    public var worker: String
    /// The intervals that were computed; empty when nothing was missing. One over all of them when they are very many.
    public var intervals: [ControlInterval]
    public var rows: Int
    public var durationMs: Int

    public var key: String { task }

    public init(
        task: String, run: String, attempt: Int, environment: String, model: String, worker: String,
        intervals: [ControlInterval], rows: Int, durationMs: Int
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.environment = environment
        self.model = model
        self.worker = worker
        self.intervals = ControlInterval.few(intervals)
        self.rows = rows
        self.durationMs = durationMs
    }
}
