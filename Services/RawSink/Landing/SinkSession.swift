// SinkSession: one membership in the consumer group, from joining to leaving. Its loop asks for events and does nothing
// that may take long: batches go into the warehouse beside it, each topic's in a lane of its own (`SinkSession+Lanes`).
// Always: an assignment starts from the warehouse's offsets; a revocation is answered when the lanes of its topics are
// empty; a topic has one transaction under way at most, so a partition has; the positions kept here are those of the last
// transaction that succeeded; the group's own offsets are for show.
import DataContract
import Kafka
import Logging
import Warehouse

/// Lands what the group assigns to one consumer.
actor SinkSession {
    /// How a session ends.
    enum End: Equatable {
        /// It was told to.
        case finished
        /// Join the group anew, and start from the warehouse's offsets.
        case rejoin(Reason, String)
    }

    /// Why the group is joined anew.
    enum Reason: String {
        case fenced, consumer, revoked, moved, contracts
    }

    let consumer: KafkaConsumer
    let warehouse: any RawWarehouse
    let announcer: Announcer
    let health: SinkHealth
    let meters: SinkMeters
    let watch: DeadLetterWatch
    let logger: Logger
    var log: LandingLog
    /// Where the warehouse stands, by partition owned; absent where nothing has landed.
    var positions: [TopicPartition: Offset] = [:]
    var owned: Set<TopicPartition> = []
    /// The way of each topic into the warehouse.
    var lanes: [String: Lane] = [:]
    /// Topics whose partitions the group wants back: their batches are not tried again.
    var leaving: Set<String> = []
    /// Positions that the group has not been told yet.
    var uncommitted: [TopicPartition: Offset] = [:]
    /// Partitions whose next record Kafka has no more: they wait for somebody to move their positions.
    var gone: Set<TopicPartition> = []
    private var nextLook = ContinuousClock.now
    /// What ended a lane, and ends the session.
    var failure: (any Error)?
    /// The session is over: nothing is tried again.
    var isOver = false
    /// The loop, while it waits for a lane.
    var loop: CheckedContinuation<Void, Never>?
    /// Tells the warehouse which partitions have nothing left.
    var endNote: Task<Void, Never>?
    var nextEndNote = ContinuousClock.now
    private let book: ContractBook
    /// Of the contracts that this session lands by.
    private(set) var version: Int
    private var decoders: [String: BatchDecoder]
    /// Whether the group has ever answered this session; until then, for a while, silence is no trouble after a planned
    /// rejoin.
    private let began = ContinuousClock.now

    /// How often an idle sink looks up.
    private static let idleMax: Duration = .seconds(1)
    /// How often positions of partitions are looked at that cannot go on.
    private static let lookEvery: Duration = .seconds(5)

    init(
        _ consumer: KafkaConsumer, warehouse: any RawWarehouse, book: ContractBook, announcer: Announcer,
        health: SinkHealth, meters: SinkMeters, watch: DeadLetterWatch, logger: Logger
    ) {
        self.consumer = consumer
        self.warehouse = warehouse
        self.announcer = announcer
        self.health = health
        self.meters = meters
        self.watch = watch
        self.logger = logger
        log = LandingLog(logger: logger)
        self.book = book
        version = book.version
        decoders = Dictionary(book.inForce.map { ($0.topic.name, BatchDecoder($0)) }) { first, _ in first }
    }

    /// Lands until the consumer is told to finish.
    /// - Throws: what trying again does not cure: Kafka refuses the login.
    func run() async throws -> End {
        let outcome: Result<End, any Error>
        do {
            outcome = .success(try await land())
        } catch {
            outcome = .failure(error)
        }
        await close()
        return try outcome.get()
    }

    private func land() async throws -> End {
        do {
            while !isStopping {
                if let failure { throw failure }
                await commitToGroup()
                if let event = try await nextEvent() {
                    try await take(event)
                } else if lanes.values.allSatisfy(\.isEmpty) {
                    log.summary()
                }
                tellOfGroup()
                if book.version != version, !takeUpContracts() {
                    owned = []
                    await empty(Set(lanes.keys))
                    if let failure { throw failure }
                    await commitToGroup()
                    return .rejoin(.contracts, "Topics came or went with the contracts.")
                }
                health.lag.show(messages: consumer.lagRecords)
                try await heedDeadLetters()
                noteEnds()
                if try await isMovedByHand() {
                    return .rejoin(.moved, "The position of a partition that could not go on was moved.")
                }
            }
            owned = []
            await empty(Set(lanes.keys))
            if let failure { throw failure }
            await commitToGroup()
            return .finished
        } catch is Unread {
            return .rejoin(.revoked, "Records of partitions that are still this sink's were dropped with a revocation.")
        } catch WarehouseError.fenced(let topic, let partitions) {
            return .rejoin(.fenced, "\(WarehouseError.fenced(topic: topic, partitions: partitions))")
        } catch let error as KafkaError where !error.isFenced && (error.isRetriable || error.isFatal) {
            return .rejoin(.consumer, "\(error)")
        }
    }

    /// A rejoin for new contracts takes a moment in which a sink that was ready stays so.
    private func tellOfGroup() {
        guard let trouble = consumer.trouble else { return health.group(nil) }
        guard health.isGroupFailing || began.duration(to: .now) > .seconds(15) else { return }
        health.group(trouble)
    }

    /// Decodes by the contracts in force from the next batch on.
    /// - Returns: False when they are of other topics: then the group has to be joined anew.
    private func takeUpContracts() -> Bool {
        let (now, contracts) = (book.version, book.inForce)
        guard Set(contracts.map(\.topic.name)) == Set(decoders.keys) else { return false }
        for contract in contracts where decoders[contract.topic.name]?.contract != contract {
            decoders[contract.topic.name] = BatchDecoder(contract)
        }
        version = now
        return true
    }

    /// Whether a batch was decoded by a contract that is not in force any more.
    func isSuperseded(_ contract: Contract) -> Bool { decoders[contract.topic.name]?.contract != contract }

    private func nextEvent() async throws -> ConsumerEvent? {
        do {
            return try await consumer.poll(within: Self.idleMax)
        } catch {
            guard error.reason == .offsetOutOfRange, let partition = error.partition else { throw error }
            try await stop(partition, error)
            return nil
        }
    }

    /// Reads a partition no further whose next record is gone. Nothing is skipped unless somebody says so; the others go
    /// on.
    private func stop(_ partition: TopicPartition, _ error: KafkaError) async throws {
        gone.insert(partition)
        nextLook = .now + Self.lookEvery
        try await consumer.pause([partition])
        var standing: OffsetStanding?
        do {
            standing = OffsetStanding(
                partition: partition, next: positions[partition], kept: try await consumer.watermarks(of: partition))
        } catch let unknown {
            logger.warning("offsets of a partition not known", metadata: ["error": "\(unknown)"])
        }
        let advice = GonePartition(partition, next: positions[partition], standing)
        health.gone(partition, "\(advice)")
        logger.error(
            "partition stopped: its next record is gone from Kafka",
            metadata: [
                "topic": "\(partition.topic)", "partition": "\(partition.partition)",
                "next": "\(positions[partition].map { "\($0)" } ?? "-")", "error": "\(error)",
                "advice": "\(advice.advice)",
            ])
    }

    private func isMovedByHand() async throws -> Bool {
        guard !gone.isEmpty, ContinuousClock.now >= nextLook else { return false }
        nextLook = .now + Self.lookEvery
        for topic in Set(gone.map(\.topic)) {
            guard let stored = try await positions(of: topic, while: { !self.isStopping }) else { return false }
            for partition in gone where partition.topic == topic && stored[partition.partition] != positions[partition]
            {
                return true
            }
        }
        return false
    }

    var isStopping: Bool { consumer.isFinishing || Task.isCancelled }

    private func take(_ event: ConsumerEvent) async throws {
        switch event {
        case .assigned(let partitions): try await start(partitions)
        case .revoked(let partitions, _): try await giveUp(partitions)
        case .records(let batch): try await land(batch)
        case .reachedEnd: break
        }
    }

    /// Answers an assignment with the warehouse's offsets. They are waited for without polling: that would be taken for
    /// the answer.
    private func start(_ partitions: [TopicPartition]) async throws {
        var stored: [TopicPartition: Offset] = [:]
        for topic in Set(partitions.map(\.topic)) {
            guard let found = try await positions(of: topic, while: { !self.isStopping }) else { return }
            for (partition, offset) in found { stored[TopicPartition(topic, partition)] = offset }
        }
        let starts = partitions.map { ($0, stored[$0].map { StartPosition.offset($0) } ?? .beginning) }
        try await consumer.assign(from: Dictionary(uniqueKeysWithValues: starts))
        owned.formUnion(partitions)
        for partition in partitions { positions[partition] = stored[partition] }
        let stopped = partitions.filter { watch.stopped.contains($0) || lanes[$0.topic]?.isPaused == true }
        if !stopped.isEmpty { try await consumer.pause(stopped) }
    }

    /// Answers a revocation: what is in hand is landed if the warehouse takes it now, and dropped if not.
    private func giveUp(_ partitions: [TopicPartition]) async throws {
        let topics = Set(partitions.map(\.topic))
        leaving = topics
        owned.subtract(partitions)
        await empty(topics)
        leaving = []
        await commitToGroup()
        for partition in partitions {
            positions[partition] = nil
            gone.remove(partition)
            health.gone(partition, nil)
        }
        health.lag.forget(partitions)
        for topic in topics where !owned.contains(where: { $0.topic == topic }) { health.forget(topic) }
        try await consumer.release(partitions)
        if let failure { throw failure }
    }

    /// Decodes a batch, topic by topic, and puts it into their lanes.
    private func land(_ records: RecordBatch) async throws {
        for topic in Set(records.source.keys.map(\.topic)).sorted() {
            guard let decoder = decoders[topic] else { continue }
            try await put(Flight(decoder.decode(records, in: 0..<records.count), of: records, decoder), into: topic)
        }
    }

    private func commitToGroup() async {
        guard !uncommitted.isEmpty else { return }
        await consumer.commitSoon(uncommitted)
        uncommitted = [:]
    }
}
