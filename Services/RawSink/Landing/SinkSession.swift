// SinkSession: one membership in the consumer group, from joining to leaving. The loop of the whole service.
// Always: an assignment starts from the warehouse's offsets; a revocation is answered between two transactions; the
// positions kept here are those of the last transaction that succeeded; the group's own offsets are for show.
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

    let consumer: KafkaConsumer
    let warehouse: any RawWarehouse
    let announcer: Announcer
    let health: SinkHealth
    let meters: SinkMeters
    var log: LandingLog
    /// Events that came while something else was waited for.
    var waiting: [ConsumerEvent] = []
    /// Where the warehouse stands, by partition owned; absent where nothing has landed.
    var positions: [TopicPartition: Offset] = [:]
    var owned: Set<TopicPartition> = []
    private let decoders: [String: BatchDecoder]
    /// Something may be in the outbox.
    private var hasBacklog = true

    /// How often an idle sink looks up.
    private static let idleMax: Duration = .seconds(1)

    init(
        _ consumer: KafkaConsumer, warehouse: any RawWarehouse, contracts: [Contract], announcer: Announcer,
        health: SinkHealth, meters: SinkMeters, logger: Logger
    ) {
        self.consumer = consumer
        self.warehouse = warehouse
        self.announcer = announcer
        self.health = health
        self.meters = meters
        log = LandingLog(logger: logger)
        decoders = Dictionary(contracts.map { ($0.topic.name, BatchDecoder($0)) }) { first, _ in first }
    }

    /// Lands until the consumer is told to finish.
    /// - Throws: what trying again does not cure: a table is missing, Kafka refuses the login, records are gone.
    func run() async throws -> End {
        defer { log.summary() }
        do {
            while !consumer.isFinishing && !Task.isCancelled {
                if let event = try await nextEvent() {
                    try await take(event)
                } else {
                    log.summary()
                    if hasBacklog { await announceBacklog() }
                }
            }
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
        let event = try await consumer.poll(within: Self.idleMax)
        health.group(nil)
        return event
    }

    private func take(_ event: ConsumerEvent) async throws {
        switch event {
        case .assigned(let partitions): try await start(partitions)
        case .revoked(let partitions, _): try await giveUp(partitions)
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
        for partition in partitions { positions[partition] = stored[partition] }
        // Whoever had them before may have been killed between landing and telling.
        await announceBacklog()
    }

    /// Answers a revocation. What was landed is committed, and nothing is open between two events.
    func giveUp(_ partitions: [TopicPartition]) async throws {
        owned.subtract(partitions)
        for partition in partitions { positions[partition] = nil }
        try await consumer.release(partitions)
        for case .records(let batch) in waiting { try checkDropped(batch) }
        waiting.removeAll { if case .records = $0 { true } else { false } }
    }

    /// A batch may be dropped when all its partitions are gone. The consumer is past its records: of a partition that
    /// is still owned they would never come again.
    func checkDropped(_ batch: RecordBatch) throws(SinkInterruption) {
        if batch.source.keys.contains(where: owned.contains) { throw .unread }
    }

    private func land(_ batch: RecordBatch) async throws {
        let topics = Set(batch.source.keys.map(\.topic)).sorted()
        for topic in topics {
            guard let decoder = decoders[topic] else { continue }
            let records = topics.count == 1 ? Array(batch) : batch.filter { $0.topic == topic }
            do {
                try await land(records[...], with: decoder)
            } catch SinkInterruption.partitionsGone {
                return try checkDropped(batch)  // whoever has them now reads them again, from the warehouse's offsets
            }
        }
        await consumer.commitSoon(positions.filter { batch.source[$0.key] != nil })
    }

    /// Lands the records of one topic: whole, or, where the warehouse refuses that, in parts.
    private func land(_ records: ArraySlice<Record>, with decoder: BatchDecoder) async throws {
        var parts = Bisection(count: records.count)
        while let part = parts.current {
            let batch = decoder.decode(
                records[part.range], expected: expected(of: decoder.contract.topic.name),
                refusal: part.refusal.map { Rejection(.refusedByWarehouse, message: $0) })
            do {
                try await commit(batch)
                parts.landed()
            } catch WarehouseError.rowRefused(let row, let column, let reason) {
                meters.splits.increment()
                let record = row.flatMap { Self.record(ofRow: $0, in: batch, records[part.range]) }
                guard parts.refused(at: record, because: column.map { "column \($0): \(reason)" } ?? reason) else {
                    throw WarehouseError.failed(reason: "a message was refused even as a dead letter: \(reason)")
                }
            }
        }
    }

    private func expected(of topic: String) -> [Int32: Offset] {
        var expected: [Int32: Offset] = [:]
        for (partition, offset) in positions where partition.topic == topic { expected[partition.partition] = offset }
        return expected
    }

    /// The index of the record that became the batch's row number `row`: rows are the records without the dead letters.
    private static func record(ofRow row: Int, in batch: RawBatch, _ records: ArraySlice<Record>) -> Int? {
        var rejected = batch.deadLetters[...]
        var rows = 0
        for (index, record) in zip(records.indices, records) {
            if let letter = rejected.first, letter.position.partition == record.partition,
                letter.position.offset == record.offset
            {
                rejected.removeFirst()
                continue
            }
            if rows == row { return index }
            rows += 1
        }
        return nil
    }

    /// One transaction, tried until it succeeds; then tells of it.
    private func commit(_ batch: RawBatch) async throws {
        let clock = ContinuousClock()
        let began = clock.now
        let landing = try await persist(batch)
        for source in batch.sources {
            positions[TopicPartition(batch.contract.topic.name, source.partition)] = source.next
        }
        meters.landed(batch, in: began.duration(to: clock.now))
        log.landed(batch)
        guard let landing else {
            hasBacklog = true
            return
        }
        do {
            try await announcer.announce(batch, landing: landing)
        } catch {
            noteUnannounced(error)
        }
    }

    private func announceBacklog() async {
        do {
            for decoder in decoders.values { try await announcer.announceBacklog(of: decoder.contract) }
            hasBacklog = false
        } catch {
            noteUnannounced(error)
        }
    }

    /// Landing goes on: what was not told stays in the outbox, and is tried again when there is nothing else to do.
    private func noteUnannounced(_ error: any Error) {
        hasBacklog = true
        meters.announcementFailures.increment()
        log.trouble("landing not announced", ["error": "\(error)"])
    }
}
