import ServiceRuntime
import Timetable
import Web

import struct Foundation.TimeInterval

/// The scheduler as its operator sees it.
public let schedulerService = ServiceDescription(
    name: "scheduler", summary: "Decides when models are computed, asks for it, and remembers what came of it.",
    groups: [
        KafkaEndpoint.group, PipelineLocation.group, PostgresEndpoint.group, HTTPEndpoint.group(port: 8080),
        SessionSettings.group,
        SchedulerSettings.group, TaskSettings.group,
    ])

/// What may be set about scheduling.
public struct SchedulerSettings: Sendable, Equatable {
    static let retriesSetting = Setting<Int>.integer(
        "scheduler.retries", default: 3, in: 0...100,
        "How often a failed task is tried again, unless its model says otherwise.")
    static let retryDelaySetting = Setting<Duration>.duration(
        "scheduler.retry_delay", default: .seconds(5), in: .milliseconds(10)...(.seconds(86_400)),
        "Wait before the first retry; doubled for each further one.")
    static let retryDelayMaxSetting = Setting<Duration>.duration(
        "scheduler.retry_delay_max", default: .seconds(300), in: .milliseconds(10)...(.seconds(86_400)),
        "The longest wait before a retry.")
    static let taskTimeoutSetting = Setting<Duration>.duration(
        "scheduler.task_timeout", default: .seconds(3600), in: .seconds(1)...(.seconds(7 * 86_400)),
        "How long one attempt at a task may take, waiting for a transformer included, before it is given up.")
    static let catchUpSetting = Setting<CatchUp>.choice(
        "scheduler.catch_up", default: .latest,
        "What becomes of ticks missed while the scheduler was down or the DAG paused: nothing, one run, or a run each.")
    static let leaseSetting = Setting<Duration>.duration(
        "scheduler.lease", default: .seconds(5), in: .seconds(1)...(.seconds(300)),
        "How long a leader that fell silent keeps its place; a standby takes over after that.")
    static let historySetting = Setting<Duration>.duration(
        "scheduler.history", default: .seconds(90 * 86_400), in: .seconds(3600)...(.seconds(3_650 * 86_400)),
        "How long runs are remembered after they ended.")
    static let environmentsSetting = Setting<[String]>.list(
        "scheduler.environments", default: [], "The environments to schedule; every one when left out.")
    static let activeRunsMaxSetting = Setting<Int>.integer(
        "scheduler.active_runs_max", default: 1, in: 1...100,
        "How many runs of one environment may go on at a time; backfills are counted by themselves.")
    static let runTimeoutSetting = Setting<Duration>.duration(
        "scheduler.run_timeout", default: .seconds(86_400), in: .seconds(1)...(.seconds(30 * 86_400)),
        "How long a run may go on before it is cancelled; no limit when left out."
    ).optional
    static let poolsSetting = Setting<[String: Int]>(
        "scheduler.pools", kind: "list", allowed: "NAME=PLACES,NAME=PLACES", default: [:], defaultText: "",
        meaning:
            "Pools, and how many of their tasks may be under way at a time, over all environments. A model is in one by its "
            + "tag `scheduler/pool=NAME`, in `default` otherwise. A pool that is not listed has no limit.",
        parse: { (text) throws(UnacceptableValue) in try SchedulerSettings.pools(text) })
    static let partitionsSetting = Setting<Int>.integer(
        "control.partitions", default: 3, in: 1...1000,
        "Partitions of millrace.commands and millrace.events when they have to be made.")

    /// `SCHEDULER_…` and `CONTROL_PARTITIONS`.
    public static let group = SettingGroup(
        "Scheduling",
        [
            retriesSetting, retryDelaySetting, retryDelayMaxSetting, taskTimeoutSetting, catchUpSetting, leaseSetting,
            historySetting, environmentsSetting, activeRunsMaxSetting, runTimeoutSetting, poolsSetting,
            partitionsSetting,
        ])

    /// The rule for tasks; `retriesMax` is for models that say nothing.
    public var retry: RetryPolicy
    public var catchUp: CatchUp
    public var lease: Duration
    /// How long runs are remembered after they ended.
    public var history: Duration
    /// Empty: every one.
    public var environments: Set<String>
    public var controlPartitions: Int
    /// Runs of one lane of a DAG that may go on at a time.
    public var activeRunsMax: Int
    /// How long a run may go on; `nil`: as long as it takes.
    public var runTimeout: Duration?
    /// Places by pool; others have no limit.
    public var pools: [String: Int]

    private static func pools(_ text: String) throws(UnacceptableValue) -> [String: Int] {
        var pools: [String: Int] = [:]
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, PoolName.isGood(parts[0]) else {
                throw UnacceptableValue("a list with an entry that is not NAME=PLACES; a name is \(PoolName.rule)")
            }
            guard let places = Int(parts[1]), (1...10_000).contains(places) else {
                throw UnacceptableValue("a list in which `\(parts[0])` has not 1 to 10000 places")
            }
            guard pools.updateValue(places, forKey: parts[0]) == nil else {
                throw UnacceptableValue("a list that has `\(parts[0])` twice")
            }
        }
        return pools
    }

    public init(
        retry: RetryPolicy = RetryPolicy(retriesMax: 3, delay: 5, delayMax: 300, attemptTimeout: 3600),
        catchUp: CatchUp = .latest, lease: Duration = .seconds(5), history: Duration = .seconds(90 * 86_400),
        environments: Set<String> = [], controlPartitions: Int = 3, activeRunsMax: Int = 1,
        runTimeout: Duration? = nil, pools: [String: Int] = [:]
    ) {
        self.retry = retry
        self.catchUp = catchUp
        self.lease = lease
        self.history = history
        self.environments = environments
        self.controlPartitions = controlPartitions
        self.activeRunsMax = activeRunsMax
        self.runTimeout = runTimeout
        self.pools = pools
    }

    public init(_ settings: Settings) throws(SettingsError) {
        retry = RetryPolicy(
            retriesMax: try settings.value(of: Self.retriesSetting),
            delay: try settings.value(of: Self.retryDelaySetting).seconds,
            delayMax: try settings.value(of: Self.retryDelayMaxSetting).seconds,
            attemptTimeout: try settings.value(of: Self.taskTimeoutSetting).seconds)
        catchUp = try settings.value(of: Self.catchUpSetting)
        lease = try settings.value(of: Self.leaseSetting)
        history = try settings.value(of: Self.historySetting)
        environments = Set(try settings.value(of: Self.environmentsSetting))
        controlPartitions = try settings.value(of: Self.partitionsSetting)
        activeRunsMax = try settings.value(of: Self.activeRunsMaxSetting)
        runTimeout = try settings.value(of: Self.runTimeoutSetting)
        pools = try settings.value(of: Self.poolsSetting)
    }
}

extension Duration {
    var seconds: TimeInterval { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
