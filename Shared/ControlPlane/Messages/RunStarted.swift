import struct Foundation.Date

/// scheduler: a run of a DAG began.
public struct RunStarted: ControlMessage {
    public static let type = "run.started"
    public static let topic = ControlTopic.events

    public var run: String
    public var dag: String
    public var environment: String
    /// `schedule`, `manual`, `backfill` …
    public var trigger: String
    /// The time the run stands for.
    public var scheduledFor: Date
    public var startedAt: Date

    public var key: String { run }

    public init(
        run: String, dag: String, environment: String, trigger: String, scheduledFor: Date, startedAt: Date
    ) {
        self.run = run
        self.dag = dag
        self.environment = environment
        self.trigger = trigger
        self.scheduledFor = scheduledFor
        self.startedAt = startedAt
    }
}
