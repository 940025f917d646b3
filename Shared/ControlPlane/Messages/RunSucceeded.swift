import struct Foundation.Date

/// scheduler: every task of a run is done.
public struct RunSucceeded: ControlMessage {
    public static let type = "run.succeeded"
    public static let topic = ControlTopic.events

    public var run: String
    public var dag: String
    public var environment: String
    /// `schedule`, `manual`, `backfill` …
    public var trigger: String
    /// The time the run stands for.
    public var scheduledFor: Date
    public var finishedAt: Date

    public var key: String { run }

    public init(
        run: String, dag: String, environment: String, trigger: String, scheduledFor: Date, finishedAt: Date
    ) {
        self.run = run
        self.dag = dag
        self.environment = environment
        self.trigger = trigger
        self.scheduledFor = scheduledFor
        self.finishedAt = finishedAt
    }
}
