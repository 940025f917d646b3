// SinkSession: one membership in the consumer group, from joining to leaving. The loop of the whole service: while the
// warehouse takes one batch of a topic (`SinkSession+Flights`), the next one is fetched and decoded.
// Always: an assignment starts from the warehouse's offsets; a revocation is answered between two transactions; a topic
// has one transaction under way at most, so a partition has; the positions kept here are those of the last transaction
// that succeeded; the group's own offsets are for show.
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
        case fenced, consumer, revoked
    }

    /// A question of the group.
    enum Answering {
        case assignment, revocation
    }

    let consumer: KafkaConsumer
    let warehouse: any RawWarehouse
    let announcer: Announcer
    let health: SinkHealth
    let meters: SinkMeters
    let watch: DeadLetterWatch
    let logger: Logger
    var log: LandingLog
    /// Events that came while something else was waited for.
    var waiting: [ConsumerEvent] = []
    /// Where the warehouse stands, by partition owned; absent where nothing has landed.
    var positions: [TopicPartition: Offset] = [:]
    var owned: Set<TopicPartition> = []
    /// What the warehouse has in hand, by topic.
    var flights: [String: Flight] = [:]
    /// The landing that others are being told of.
    var telling: Task<Void, Never>?
    /// Positions that the group has not been told yet.
    var uncommitted: [TopicPartition: Offset] = [:]
    /// What the group waits for while batches in hand are settled: polling would be taken for the answer.
    var answering: Answering?
    /// Something may be in the outbox.
    var hasBacklog = true
    private let decoders: [String: BatchDecoder]

    /// How often an idle sink looks up.
    private static let idleMax: Duration = .seconds(1)

    init(
        _ consumer: KafkaConsumer, warehouse: any RawWarehouse, contracts: [Contract], announcer: Announcer,
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
        decoders = Dictionary(contracts.map { ($0.topic.name, BatchDecoder($0)) }) { first, _ in first }
    }

    /// Lands until the consumer is told to finish.
    /// - Throws: what trying again does not cure: a table is missing, Kafka refuses the login, records are gone.
    func run() async throws -> End {
        let outcome: Result<End, any Error>
        do {
            outcome = .success(try await loop())
        } catch {
            outcome = .failure(error)
        }
        await waitForFlights()
        log.summary()
        return try outcome.get()
    }

    private func loop() async throws -> End {
        do {
            while !consumer.isFinishing && !Task.isCancelled {
                if let event = try await nextEvent() {
                    try await take(event)
                } else {
                    try await settleAll()
                    health.lag.caughtUp()
                    log.summary()
                    if hasBacklog { await announceBacklog() }
                }
                try await heedDeadLetters()
            }
            try await settleAll()
            await commitToGroup()
            return .finished
        } catch SinkInterruption.stopping {
            return .finished
        } catch SinkInterruption.unread {
            return .rejoin(.revoked, "Records of partitions that are still this sink's were dropped with a revocation.")
        } catch WarehouseError.fenced(let topic, let partitions) {
            return .rejoin(.fenced, "\(WarehouseError.fenced(topic: topic, partitions: partitions))")
        } catch let error as KafkaError where !error.isFenced && (error.isRetriable || error.isFatal) {
            return .rejoin(.consumer, "\(error)")
        }
    }

    private func nextEvent() async throws -> ConsumerEvent? {
        if !waiting.isEmpty { return waiting.removeFirst() }
        await commitToGroup()
        let event = try await consumer.poll(within: Self.idleMax)
        health.group(nil)
        return event
    }

    private func take(_ event: ConsumerEvent) async throws {
        switch event {
        case .assigned(let partitions):
            answering = .assignment
            try await settleAll()
            try await start(partitions)
            answering = nil
        case .revoked(let partitions, _):
            answering = .revocation
            owned.subtract(partitions)
            try await settleAll()
            await commitToGroup()
            try await giveUp(partitions)
            answering = nil
        case .records(let batch): try await land(batch)
        case .reachedEnd: break
        }
    }

    /// Answers an assignment with the warehouse's offsets.
    private func start(_ partitions: [TopicPartition]) async throws {
        var stored: [TopicPartition: Offset] = [:]
        for topic in Set(partitions.map(\.topic)) {
            let found = try await persistUnpolled { try await self.warehouse.sinkPositions(of: topic) }
            for (partition, offset) in found { stored[TopicPartition(topic, partition)] = offset }
        }
        let starts = partitions.map { ($0, stored[$0].map { StartPosition.offset($0) } ?? .beginning) }
        try await consumer.assign(from: Dictionary(uniqueKeysWithValues: starts))
        owned.formUnion(partitions)
        let stopped = watch.stopped.intersection(partitions)
        if !stopped.isEmpty { try await consumer.pause(Array(stopped)) }
        for partition in partitions { positions[partition] = stored[partition] }
        // Whoever had them before may have been killed between landing and telling.
        await announceBacklog()
    }

    /// Answers a revocation. What was landed is committed, and nothing is open between two events.
    func giveUp(_ partitions: [TopicPartition]) async throws {
        owned.subtract(partitions)
        for partition in partitions { positions[partition] = nil }
        health.lag.finished(partitions)
        try await consumer.release(partitions)
        for case .records(let batch) in waiting { try checkDropped(batch) }
        waiting.removeAll { if case .records = $0 { true } else { false } }
    }

    /// A batch may be dropped when all its partitions are gone. The consumer is past its records: of a partition that
    /// is still owned they would never come again.
    func checkDropped(_ batch: RecordBatch) throws(SinkInterruption) {
        if batch.source.keys.contains(where: owned.contains) { throw .unread }
    }

    /// Decodes a batch, and hands it to the warehouse as soon as that is done with the one before.
    private func land(_ records: RecordBatch) async throws {
        for topic in Set(records.source.keys.map(\.topic)).sorted() {
            guard let decoder = decoders[topic] else { continue }
            let batch = decoder.decode(records, in: 0..<records.count)
            do {
                try await settle(topic)
            } catch SinkInterruption.partitionsGone {
                return try checkDropped(records)  // whoever has them now reads them again, from the warehouse's offsets
            }
            launch(Flight(batch, of: records, decoder))
        }
    }

    private func commitToGroup() async {
        guard !uncommitted.isEmpty else { return }
        await consumer.commitSoon(uncommitted)
        uncommitted = [:]
    }

    private func announceBacklog() async {
        await telling?.value
        do {
            for decoder in decoders.values { try await announcer.announceBacklog(of: decoder.contract) }
            hasBacklog = false
        } catch {
            noteUnannounced(error)
        }
    }
}
