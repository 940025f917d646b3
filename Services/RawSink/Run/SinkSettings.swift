import Kafka
import ServiceRuntime
import Warehouse

/// How raw-sink batches, and as whom it joins its consumer group.
public struct SinkSettings: Sendable, Equatable {
    static let batchRows = Setting<Int>.integer(
        "sink.batch_rows_max", default: 50_000, in: 1...1_000_000, "Messages landed in one transaction at most.")
    static let batchWait = Setting<Duration>.duration(
        "sink.batch_wait", in: .milliseconds(1)...(.seconds(300)),
        "How long a message may wait for others before its batch is landed; without it 500ms on PostgreSQL and 10s on BigQuery, where each landing counts against quotas."
    ).optional
    static let memory = Setting<Int>.bytes(
        "sink.memory", default: 128 << 20, in: (16 << 20)...(64 << 30),
        "What messages on their way may take, of all topics together: half of it fetched ahead, the rest in batches. Half of it should hold more than a second's messages."
    )
    static let lagMax = Setting<Duration>.duration(
        "sink.lag_max", default: .seconds(0), in: .zero...(.seconds(30 * 86_400)),
        "A message that waits for longer than this, since it was written, makes the sink unready; 0: none does.")
    static let lagMessagesMax = Setting<Int>.integer(
        "sink.lag_messages_max", default: 0, in: 0...Int.max,
        "Messages that this sink may be behind, over its partitions, before it is unready; 0: any number.")
    static let groupName = Setting<String>.text(
        "sink.group", default: "raw-sink", "The consumer group; sinks of one group share the partitions.")
    static let instance = Setting<String>.text(
        "sink.instance",
        "A name in the group, unlike every other sink's (hostname: the host's): a restart under it keeps its partitions, and a stop gives them up only after the session time-out. Without one, a stop hands them over at once."
    ).optional
    static let assignor = Setting<ConsumerGroup.Assignor>.choice(
        "sink.assignor", default: .range, "How partitions are spread over sinks; the same for all of a group.")
    static let sessionTimeout = Setting<Duration>.duration(
        "sink.session_timeout", default: .seconds(20), in: .seconds(6)...(.seconds(300)),
        "A sink that is silent for this long has left; its partitions go to others.")

    static let deadLetterAction = Setting<DeadLetterLimit.Action>.choice(
        "sink.dead_letter_action", default: .warn,
        "What happens when too many messages of a partition become dead letters: warn, stop the partition, or end the service."
    )
    static let deadLetterShare = Setting<Double>.number(
        "sink.dead_letter_share_max", default: 0.2, in: 0...1,
        "The share of a partition's messages that may become dead letters.")
    static let deadLetterMinimum = Setting<Int>.integer(
        "sink.dead_letter_messages_min", default: 1_000, in: 1...1_000_000_000,
        "Messages of a partition within the window below which its share says nothing.")
    static let deadLetterWindow = Setting<Duration>.duration(
        "sink.dead_letter_window", default: .seconds(300), in: .seconds(1)...(.seconds(86_400)),
        "The time over which the share of dead letters is taken.")
    static let maintenance = Setting<Duration>.duration(
        "sink.maintenance_every", default: .seconds(600), in: .seconds(1)...(.seconds(86_400)),
        "How often partitions are made ahead and old rows dropped, where a contract has a retention.")

    /// `SINK_BATCH_ROWS_MAX`, `SINK_BATCH_WAIT`, `SINK_MEMORY`, `SINK_LAG_MAX`,
    /// `SINK_LAG_MESSAGES_MAX`, `SINK_GROUP`, `SINK_INSTANCE`,
    /// `SINK_ASSIGNOR`, `SINK_SESSION_TIMEOUT`, `SINK_DEAD_LETTER_ACTION`, `SINK_DEAD_LETTER_SHARE_MAX`,
    /// `SINK_DEAD_LETTER_MESSAGES_MIN`, `SINK_DEAD_LETTER_WINDOW`, `SINK_MAINTENANCE_EVERY`.
    public static let group = SettingGroup(
        "Raw sink",
        [
            batchRows, batchWait, memory, lagMax, lagMessagesMax, groupName, instance, assignor, sessionTimeout,
            deadLetterAction,
            deadLetterShare, deadLetterMinimum, deadLetterWindow, maintenance,
        ])

    var limits: BatchLimits
    var readAhead: ReadAhead
    var group: ConsumerGroup
    var lag = LagLimits()
    var deadLetters: DeadLetterLimit
    var maintenanceEvery: Duration = .seconds(600)

    init(
        limits: BatchLimits, readAhead: ReadAhead = ReadAhead(), group: ConsumerGroup,
        deadLetters: DeadLetterLimit = DeadLetterLimit()
    ) {
        self.deadLetters = deadLetters
        self.limits = limits
        self.readAhead = readAhead
        self.group = group
    }

    /// - Parameters:
    ///   - topics: How many there are to share the memory.
    ///   - capabilities: Of the warehouse: what it takes to land a batch.
    init(_ settings: Settings, topics: Int, landingIn capabilities: RawCapabilities) throws(SettingsError) {
        let memory = SinkMemory(bytes: try settings.value(of: Self.memory), topics: topics)
        let rows = try settings.value(of: Self.batchRows)
        limits = BatchLimits(
            recordsMax: rows, bytesMax: memory.batchBytes,
            waitMax: try settings.value(of: Self.batchWait) ?? capabilities.batchWait,
            recordsEnough: capabilities.landsSmallBatches ? max(1, rows / 10) : rows)
        readAhead = ReadAhead(bytesMax: memory.readAheadBytes)
        let (age, messages) = (try settings.value(of: Self.lagMax), try settings.value(of: Self.lagMessagesMax))
        lag = LagLimits(age: age > .zero ? age : nil, messages: messages > 0 ? messages : nil)
        group = ConsumerGroup(
            try settings.value(of: Self.groupName),
            instance: Self.membership(try settings.value(of: Self.instance)),
            assignor: try settings.value(of: Self.assignor),
            sessionTimeout: try settings.value(of: Self.sessionTimeout), pollIntervalMax: .seconds(600))
        deadLetters = DeadLetterLimit(
            action: try settings.value(of: Self.deadLetterAction),
            shareMax: try settings.value(of: Self.deadLetterShare),
            messagesMin: try settings.value(of: Self.deadLetterMinimum),
            window: try settings.value(of: Self.deadLetterWindow))
        maintenanceEvery = try settings.value(of: Self.maintenance)
    }

    private static func membership(_ name: String?) -> ConsumerGroup.Instance {
        guard let name else { return .dynamic }
        return name == "hostname" ? .hostName : .named(name)
    }
}

/// How the memory for messages on their way is shared out.
///
/// Always: what is fetched ahead, and two batches of every topic (one in the warehouse's hands, one that waits; each as
/// messages and as rows, which take up to twice as much), are within the whole.
struct SinkMemory: Equatable {
    let bytes: Int
    let topics: Int

    /// A full queue makes librdkafka before 2.2.0 rest for a second: it gets the larger share.
    var readAheadBytes: Int { bytes / 2 }
    /// Messages of one batch.
    var batchBytes: Int { bytes / 12 / max(1, topics) }
}
