import Kafka
import Logging

/// Reads control messages. What is not a known message is skipped (and logged at debug).
public actor ControlSubscriber {
    /// What a subscriber yields.
    public enum Delivery: Sendable {
        case message(ControlEnvelope)
        /// The end of a partition was reached: everything that was there has been read. Once per partition, and only
        /// without a group. For `environments` (one partition): all manifests are known now.
        case caughtUp(TopicPartition)
        /// A message of a known type that this version cannot read: it is newer, or nobody of Millrace wrote it.
        case unreadable(UnreadableMessage)
        /// Where reading was to go on there is nothing any more: records were deleted before they were read, or the topic
        /// was made anew. Reading goes on with the oldest that is there.
        case gap(TopicPartition)
    }

    private let consumer: KafkaConsumer
    private let logger: Logger
    private var batch: (records: RecordBatch, next: Int)?
    private var caughtUp: Set<TopicPartition> = []
    private var parts = ManifestParts()
    /// Up to where every message was given out, and the next asked for: none of those before is still being dealt with.
    public private(set) var readUpTo: [TopicPartition: Offset] = [:]
    /// Where the batch in hand ends.
    private var batchEnd: [TopicPartition: Offset] = [:]
    /// An assignment waits for its answer: the brokers did not tell the committed offsets at the first try.
    private var owesAnswer = false

    /// Control messages are few: what is there is given out at once, and little memory is kept for reading ahead.
    private static let limits = BatchLimits(recordsMax: 500, bytesMax: 1 << 20, waitMax: .zero)
    private static let readAhead = ReadAhead(bytesMax: 4 << 20)

    /// Shares the work with the group's other members; starts where the group has committed, or at the beginning.
    /// Call `commit` after a message is dealt with: uncommitted ones come again after a restart or a rebalance.
    /// - Throws: `.configuration`.
    public init(
        _ settings: KafkaSettings, topics: [ControlTopic], group: ConsumerGroup, logger: Logger
    ) throws(KafkaError) {
        consumer = try KafkaConsumer(
            settings, group: group, topics: topics.map(\.rawValue), limits: Self.limits, readAhead: Self.readAhead,
            logger: logger)
        self.logger = logger
    }

    /// Sees every message, as each subscriber without a group does. Nothing is committed.
    /// - Parameter start: `.beginning` (a compacted topic's state) or `.end` (only what is new).
    /// - Throws: `.configuration`.
    public init(
        _ settings: KafkaSettings, topics: [ControlTopic], from start: StartPosition, logger: Logger
    ) throws(KafkaError) {
        consumer = try KafkaConsumer(
            settings, broadcast: topics.map(\.rawValue), from: start, limits: Self.limits, readAhead: Self.readAhead,
            reportsPartitionEnd: true, logger: logger)
        self.logger = logger
    }

    /// Reads on where the caller says, partition by partition. Nothing is committed: the caller keeps its positions
    /// with what it made of the messages.
    /// - Throws: `.configuration`.
    public init(
        _ settings: KafkaSettings, positions: [TopicPartition: StartPosition], logger: Logger
    ) throws(KafkaError) {
        consumer = try KafkaConsumer(
            settings, partitions: positions, limits: Self.limits, readAhead: Self.readAhead, reportsPartitionEnd: true,
            logger: logger)
        self.logger = logger
    }

    /// The next message, waited for as long as it takes; `nil` once finished or cancelled. One caller at a time.
    /// - Throws: `isRetriable`: call again. Otherwise the subscriber is of no use any more.
    public func next() async throws(KafkaError) -> Delivery? {
        while true {
            if let delivery = nextInBatch() { return delivery }
            readUpTo.merge(batchEnd) { $1 }
            batchEnd = [:]
            if owesAnswer {
                try await consumer.assign(from: .committed)
                owesAnswer = false
            }
            let event: ConsumerEvent?
            do {
                event = try await consumer.next()
            } catch {
                guard error.reason == .offsetOutOfRange, let partition = error.partition else { throw error }
                try await consumer.move([partition: .beginning])
                logger.warning(
                    "records of a control topic are gone; reading on with the oldest that is there",
                    metadata: ["partition": "\(partition)", "error": "\(error)"])
                readUpTo[partition] = nil
                return .gap(partition)
            }
            guard let event else { return nil }
            switch event {
            case .assigned: owesAnswer = true
            case .revoked(let partitions, _): try await consumer.release(partitions)
            case .records(let records):
                batch = (records, records.startIndex)
                batchEnd = records.nextOffsets
            case .reachedEnd(let partition, let next):
                readUpTo[partition] = next
                if caughtUp.insert(partition).inserted { return .caughtUp(partition) }
            }
        }
    }

    private func nextInBatch() -> Delivery? {
        while let (records, index) = batch, !consumer.isFinishing {
            batch = index + 1 < records.endIndex ? (records, index + 1) : nil
            let record = records[index]
            switch ControlCoding.decode(record) {
            case .message(let envelope):
                // Of a manifest in several messages its readers see the whole, once it is there.
                if let whole = parts.take(envelope) { return .message(whole) }
            case .unreadable(let message): return .unreadable(message)
            case .unknown(let what):
                logger.debug(
                    "control message skipped",
                    metadata: ["position": "\(record.source)@\(record.offset)", "reason": "\(what)"])
            }
        }
        return nil
    }

    /// Gives every message to `handle`, one after the other, until finished or cancelled. While reading fails in a way that
    /// passes, it is tried again after `pause`.
    /// - Parameter trouble: Told of each such failure, and with `nil` whenever reading works.
    /// - Throws: What `handle` throws; a `KafkaError` after which the subscriber is of no use any more.
    public nonisolated func readEach(
        pause: Duration = .milliseconds(500), trouble: (KafkaError?) -> Void, _ handle: (Delivery) async throws -> Void
    ) async throws {
        while true {
            let delivery: Delivery?
            do throws(KafkaError) {
                delivery = try await next()
            } catch {
                guard error.isRetriable else { throw error }
                trouble(error)
                try await Task.sleep(for: pause)
                continue
            }
            trouble(nil)
            guard let delivery else { return }
            try await handle(delivery)
        }
    }

    /// Everything of its partition up to and including this message is dealt with. Waits for the broker.
    /// - Throws: `isRetriable`: it may simply be left out, a later commit makes up for it. An error of a partition that
    ///   was taken away meanwhile is of no importance either: its next owner starts before this message.
    public func commit(_ envelope: ControlEnvelope) async throws(KafkaError) {
        try await commit(envelope.position, envelope.offset)
    }

    /// The same for a message by its place: one that could not be read.
    public func commit(_ position: TopicPartition, _ offset: Offset) async throws(KafkaError) {
        try await consumer.commit([position: offset + 1])
    }

    /// Ends reading after the message in hand. From any thread.
    public nonisolated func finish() { consumer.finish() }

    /// Leaves the group and stops. Safe to call twice.
    /// - Throws: `.timedOut` when the client does not come to an end; the process should end soon then.
    public func close() async throws(KafkaError) {
        batch = nil
        try await consumer.close()
    }
}
