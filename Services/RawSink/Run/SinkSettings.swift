import Kafka
import ServiceRuntime

/// How raw-sink batches, and as whom it joins its consumer group.
public struct SinkSettings: Sendable, Equatable {
    static let batchRows = Setting<Int>.integer(
        "sink.batch_rows_max", default: 50_000, in: 1...1_000_000, "Messages landed in one transaction at most.")
    static let batchBytes = Setting<Int>.bytes(
        "sink.batch_bytes_max", default: 16 << 20, in: 1024...(1 << 30), "Bytes of messages in one transaction at most."
    )
    static let batchWait = Setting<Duration>.duration(
        "sink.batch_wait", default: .milliseconds(500), in: .milliseconds(1)...(.seconds(300)),
        "How long a message may wait for others before its batch is landed.")
    static let readAhead = Setting<Int>.bytes(
        "sink.read_ahead_bytes", default: 64 << 20, in: (1 << 20)...(8 << 30),
        "Bytes fetched ahead of the batch in hand; below a second's worth, throughput suffers.")
    static let groupName = Setting<String>.text(
        "sink.group", default: "raw-sink", "The consumer group; sinks of one group share the partitions.")
    static let instance = Setting<String>.text(
        "sink.instance",
        "This sink's name in its group, unlike every other's: a restart under it keeps its partitions. The host's name by default."
    ).optional
    static let assignor = Setting<ConsumerGroup.Assignor>.choice(
        "sink.assignor", default: .range, "How partitions are spread over sinks; the same for all of a group.")
    static let sessionTimeout = Setting<Duration>.duration(
        "sink.session_timeout", default: .seconds(45), in: .seconds(6)...(.seconds(300)),
        "A sink that is silent for this long has left; its partitions go to others.")

    /// `SINK_BATCH_ROWS_MAX`, `SINK_BATCH_BYTES_MAX`, `SINK_BATCH_WAIT`, `SINK_READ_AHEAD_BYTES`, `SINK_GROUP`,
    /// `SINK_INSTANCE`, `SINK_ASSIGNOR`, `SINK_SESSION_TIMEOUT`.
    public static let group = SettingGroup(
        "Raw sink",
        [batchRows, batchBytes, batchWait, readAhead, groupName, instance, assignor, sessionTimeout])

    var limits: BatchLimits
    var readAhead: ReadAhead
    var group: ConsumerGroup

    init(limits: BatchLimits, readAhead: ReadAhead = ReadAhead(), group: ConsumerGroup) {
        self.limits = limits
        self.readAhead = readAhead
        self.group = group
    }

    init(_ settings: Settings) throws(SettingsError) {
        limits = BatchLimits(
            recordsMax: try settings.value(of: Self.batchRows), bytesMax: try settings.value(of: Self.batchBytes),
            waitMax: try settings.value(of: Self.batchWait))
        readAhead = ReadAhead(bytesMax: try settings.value(of: Self.readAhead))
        group = ConsumerGroup(
            try settings.value(of: Self.groupName),
            instance: try settings.value(of: Self.instance).map { .named($0) } ?? .hostName,
            assignor: try settings.value(of: Self.assignor),
            sessionTimeout: try settings.value(of: Self.sessionTimeout), pollIntervalMax: .seconds(600))
    }
}
