/// Membership in a consumer group.
public struct ConsumerGroup: Sendable, Equatable {
    /// How the group is told who this member is.
    public enum Instance: Sendable, Equatable {
        /// Static membership under `<group>-<host name>`: a restart within `sessionTimeout` gets its partitions back
        /// without a rebalance. Two members of one group on one host would fence each other: name those.
        case hostName
        /// Static membership under this name, which no other live member may use.
        case named(String)
        /// A new member each time: leaving hands the partitions over at once.
        case dynamic
    }

    /// How partitions are spread over members; all members of a group must agree.
    public enum Assignor: String, Sendable, CaseIterable {
        case range
        case roundRobin = "roundrobin"
        /// Moves only the partitions that must move. librdkafka before 2.10 has known faults here: an endless loop in
        /// the assignor (2.6.1), lost stickiness (2.2.0), a lost assignment when a commit falls into a rebalance
        /// (2.10.0; held back here), an abort when closed before the first assignment (2.3.0; avoided here), and
        /// duplicates after the subscription changed (2.4.0; dropped here). The development broker settles a rebalance
        /// only when handing over takes some 50 ms. Recommended from librdkafka 2.10 on.
        case cooperativeSticky = "cooperative-sticky"
    }

    public var name: String
    public var instance: Instance
    public var assignor: Assignor
    /// Without a heartbeat for this long the member counts as gone.
    public var sessionTimeout: Duration
    /// Longest time between two calls of `next()`; beyond it the member leaves its group (`revoked`, lost). Keep it
    /// above the longest time one batch can take, retries included, or poll while waiting (`KafkaConsumer.poll(within:)`).
    public var pollIntervalMax: Duration

    public init(
        _ name: String, instance: Instance = .hostName, assignor: Assignor = .range,
        sessionTimeout: Duration = .seconds(45), pollIntervalMax: Duration = .seconds(300)
    ) {
        self.name = name
        self.instance = instance
        self.assignor = assignor
        self.sessionTimeout = sessionTimeout
        self.pollIntervalMax = pollIntervalMax
    }
}

/// Where reading of a partition starts.
public enum StartPosition: Sendable, Equatable {
    /// At this offset exactly. When the partition no longer has it, `next()` throws `.offsetOutOfRange`: positions
    /// never move silently.
    case offset(Offset)
    /// Where the group's committed offset stands; at the beginning when it has none.
    case committed
    /// Where the group's committed offset stands; at the end when it has none.
    case committedOrEnd
    case beginning
    case end
}

/// When a batch is full. Each field is a ceiling, not a goal.
public struct BatchLimits: Sendable, Equatable {
    public var recordsMax: Int
    public var bytesMax: Int
    /// How long to wait for more after the first record. Zero: whatever is there already.
    public var waitMax: Duration
    /// A batch of so many is not kept waiting for more: whoever keeps up gets smaller batches, which take less memory,
    /// and a backlog still fills them.
    public var recordsEnough: Int

    public init(
        recordsMax: Int = 5_000, bytesMax: Int = 4 << 20, waitMax: Duration = .milliseconds(500),
        recordsEnough: Int = .max
    ) {
        self.recordsEnough = recordsEnough
        self.recordsMax = recordsMax
        self.bytesMax = bytesMax
        self.waitMax = waitMax
    }
}

/// What a consumer reads ahead of its caller.
public struct ReadAhead: Sendable, Equatable {
    /// Ceiling over all partitions. A full queue rests for one second (librdkafka before 2.2.0 cannot do better), so
    /// it should hold more than a second of data at the rate wanted.
    public var bytesMax: Int

    public init(bytesMax: Int = 64 << 20) {
        self.bytesMax = bytesMax
    }
}
