// KafkaConsumer: its state, how it is made, and what can be asked of it from any thread.
// Always: the library is only touched on the consumer's own thread, and only polled when an event is asked for.
import BlockingIO
import CLibrdkafka
import Logging
import Synchronization

/// Reads topics, driven by its caller: nothing is polled until the next event is asked for.
///
///     for try await event in consumer.events {
///         switch event {
///         case .assigned(let partitions): try await consumer.assign(from: warehouse.positions(of: partitions))
///         case .revoked(let partitions, _): try await consumer.release(partitions)
///         case .records(let batch): try await land(batch); await consumer.commitSoon(batch.nextOffsets)
///         case .reachedEnd: break
///         }
///     }
///
/// An event loop that stays away longer than `pollIntervalMax` loses its partitions. To wait for something else (a
/// warehouse that is away), `pause` the partitions and go on with `poll(within:)` as the way to sleep.
public actor KafkaConsumer {
    private let executor = BlockingExecutor(label: "kafka-consumer")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let mode: Mode
    nonisolated let limits: BatchLimits
    nonisolated let logger: Logger
    nonisolated let meters: ConsumerMeters
    /// `nil` once closed.
    var handle: ClientHandle?
    var ledger = PartitionLedger()
    /// What the group has asked and the caller has not answered yet.
    var question: Question?
    /// An event that came while a batch was being filled.
    var held: ConsumerEvent?
    var failure: KafkaError?
    var notedCommits: [TopicPartition: Offset] = [:]
    var nextNotedCommit = ContinuousClock.now
    /// Commits are held back from a cooperative revocation until the next assignment: librdkafka before 2.10 can lose
    /// the assignment otherwise.
    var holdsCommits = false
    var wasAssigned = false
    var hasSubscribed = false
    var nextLookAtTopics = ContinuousClock.now
    nonisolated let waker: Waker
    nonisolated let finishing = Flag()
    private nonisolated let lastPoll = Atomic<Int64>(0)
    nonisolated let standingNow = Mutex(ConsumerStanding())
    private nonisolated let born = ContinuousClock.now

    /// How partitions come to this consumer.
    enum Mode: Sendable {
        case group(ConsumerGroup, topics: [String])
        case broadcast([String], StartPosition)
        case partitions([TopicPartition: StartPosition])
    }

    enum Question: Sendable {
        case assignment([TopicPartition], cooperative: Bool)
        case revocation([TopicPartition], cooperative: Bool, lost: Bool)
    }

    /// Member of a group, which it joins when the first event is asked for. Events start with `.assigned`.
    /// - Parameter reportsPartitionEnd: Whether `.reachedEnd` comes.
    /// - Throws: `.configuration`.
    public init(
        _ settings: KafkaSettings, group: ConsumerGroup, topics: [String], limits: BatchLimits = BatchLimits(),
        readAhead: ReadAhead = ReadAhead(), reportsPartitionEnd: Bool = false, logger: Logger
    ) throws(KafkaError) {
        try self.init(
            settings, .group(group, topics: topics), limits: limits, readAhead: readAhead,
            reportsPartitionEnd: reportsPartitionEnd, logger: logger)
    }

    /// Without a group: every partition of `topics`, those added later too; each such consumer sees everything.
    /// No `.assigned` or `.revoked` comes; topics that do not exist yet are waited for.
    public init(
        _ settings: KafkaSettings, broadcast topics: [String], from start: StartPosition,
        limits: BatchLimits = BatchLimits(), readAhead: ReadAhead = ReadAhead(), reportsPartitionEnd: Bool = false,
        logger: Logger
    ) throws(KafkaError) {
        try self.init(
            settings, .broadcast(topics, start), limits: limits, readAhead: readAhead,
            reportsPartitionEnd: reportsPartitionEnd, logger: logger)
    }

    /// Without a group: these partitions from these positions. No `.assigned` or `.revoked` comes.
    public init(
        _ settings: KafkaSettings, partitions: [TopicPartition: StartPosition], limits: BatchLimits = BatchLimits(),
        readAhead: ReadAhead = ReadAhead(), reportsPartitionEnd: Bool = false, logger: Logger
    ) throws(KafkaError) {
        try self.init(
            settings, .partitions(partitions), limits: limits, readAhead: readAhead,
            reportsPartitionEnd: reportsPartitionEnd, logger: logger)
    }

    private init(
        _ settings: KafkaSettings, _ mode: Mode, limits: BatchLimits, readAhead: ReadAhead, reportsPartitionEnd: Bool,
        logger: Logger
    ) throws(KafkaError) {
        let properties = ConsumerProperties(mode, readAhead: readAhead, reportsPartitionEnd: reportsPartitionEnd)
        let handle = try ClientHandle(
            .consumer, settings, defaults: properties.defaults, enforced: properties.enforced,
            events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS
                | RD_KAFKA_EVENT_OFFSET_COMMIT,
            logger: logger)
        self.mode = mode
        self.limits = limits
        self.logger = logger
        self.meters = ConsumerMeters(client: settings.clientID)
        self.handle = handle
        self.waker = Waker(handle)
    }

    /// The events as a sequence; ends after `finish()`. One loop at a time.
    public nonisolated var events: ConsumerEvents { ConsumerEvents(consumer: self) }

    /// Ends `events` after the event in hand. From any thread; returns at once.
    public nonisolated func finish() {
        finishing.raise()
        waker.wake()
    }

    /// Whether `finish()` was called.
    public nonisolated var isFinishing: Bool { finishing.isRaised }

    /// Time since the caller last asked for an event. A caller that is stuck shows here; librdkafka before 2.3 takes
    /// some other calls for polls too, so readiness checks should not rely on the group having noticed.
    public nonisolated var sinceLastPoll: Duration {
        .milliseconds(Int64(born.duration(to: .now).milliseconds) - lastPoll.load(ordering: .relaxed))
    }

    /// Whether the caller has stayed away for so long that the group takes its partitions away.
    public nonisolated var isStuck: Bool {
        guard case .group(let group, _) = mode else { return false }
        return sinceLastPoll > group.pollIntervalMax
    }

    /// What keeps records from this consumer, as far as it knows; `nil` when nothing does.
    public nonisolated var trouble: String? { standingNow.withLock { $0.trouble(at: .now) } }

    /// Records of its partitions that were not given out yet, as of the last statistics (they come every five seconds).
    public nonisolated var lagRecords: Int { meters.lagRecords }

    /// Its partitions of which every record was given out, as of the last statistics; none while brokers are away.
    public nonisolated var partitionsAtEnd: Set<TopicPartition> { trouble == nil ? meters.partitionsAtEnd : [] }

    nonisolated func notePoll() {
        lastPoll.store(Int64(born.duration(to: .now).milliseconds), ordering: .relaxed)
    }

    /// Partitions assigned now, with the next offset expected of each (`nil` before the first record).
    public var positions: [TopicPartition: Offset?] { ledger.entries.mapValues(\.next) }

}
