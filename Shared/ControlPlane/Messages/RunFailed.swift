import struct Foundation.Date

/// scheduler: a run ended with a task that failed for good.
public struct RunFailed: ControlMessage {
    public static let type = "run.failed"
    public static let topic = ControlTopic.events

    public var run: String
    public var dag: String
    public var environment: String
    /// `schedule`, `manual`, `backfill` …
    public var trigger: String
    /// The time the run stands for.
    public var scheduledFor: Date
    public var finishedAt: Date
    /// The first task that failed, by its model.
    public var model: String?
    public var error: ControlFailure

    public var key: String { run }

    public init(
        run: String, dag: String, environment: String, trigger: String, scheduledFor: Date, finishedAt: Date,
        model: String?,
        error: ControlFailure
    ) {
        self.run = run
        self.dag = dag
        self.environment = environment
        self.trigger = trigger
        self.scheduledFor = scheduledFor
        self.finishedAt = finishedAt
        self.model = model
        self.error = error
    }
}
