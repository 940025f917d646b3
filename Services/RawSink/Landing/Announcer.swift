// Announcer: tells the others what has landed. The warehouse keeps the outbox: landings and dead letters are written with
// the rows, so that nothing is told before it is true, and nothing is forgotten when the sink is killed in between.
// Two ways lead out. A landing is told of as soon as it is there, from memory. What that way lost, because the brokers
// were away, the sink was killed or too much came at once, is read from the outbox, by whichever sink comes first.
import ControlPlane
import DataContract
import Foundation
import Kafka
import Logging
import Synchronization
import Warehouse

/// Sends `data.landed`, and mirrors dead letters to their topic.
actor Announcer {
    /// A landing that was just committed. Without its rows: their memory is free for others by now.
    private struct Fresh: Sendable {
        let landing: Landing
        let letters: [DeadLetter]
        let contract: Contract
    }

    private let warehouse: any RawWarehouse
    /// Those in force now.
    private let contracts: @Sendable () -> [Contract]
    private let kafka: KafkaSettings
    private let publisher: ControlPublisher
    private var producer: KafkaProducer
    private let instance: String
    private let meters: SinkMeters
    private let logger: Logger
    private let fresh: AsyncStream<Fresh>
    private nonisolated let queue: AsyncStream<Fresh>.Continuation
    /// Until then what is fresh is left to the outbox: the last attempt failed.
    private var restsUntil = ContinuousClock.now
    private var isDone = false

    /// Landings that wait in memory; those beyond are left to the outbox.
    private static let queueMax = 64
    /// Bytes of a landing's dead letters that may wait in memory.
    private static let letterBytesMax = 1 << 20
    /// How long the brokers are left alone after a failure.
    private static let restAfterFailure: Duration = .seconds(5)
    /// How much of the outbox is read at a time.
    private static let page = 500
    private static let pageBytes = 4 << 20
    /// How long the warehouse remembers landings that were told of.
    private static let keeping: Duration = .seconds(7 * 86_400)

    /// - Throws: `KafkaError` for a wrong property.
    init(
        _ kafka: KafkaSettings, warehouse: any RawWarehouse, contracts: @escaping @Sendable () -> [Contract],
        instance: String, meters: SinkMeters, logger: Logger
    ) throws(KafkaError) {
        self.warehouse = warehouse
        self.contracts = contracts
        self.kafka = kafka
        self.instance = instance
        self.meters = meters
        self.logger = logger
        publisher = try ControlPublisher(kafka, source: "/millrace/raw-sink", logger: logger)
        producer = try KafkaProducer(kafka, logger: logger)
        (fresh, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.queueMax))
    }

    /// Has others told of a landing that was just committed. Returns at once.
    nonisolated func announce(_ landing: Landing, _ letters: [DeadLetter], of contract: Contract) {
        guard letters.reduce(0, { $0 + ($1.value?.count ?? 0) }) <= Self.letterBytesMax else { return }
        queue.yield(Fresh(landing: landing, letters: letters, contract: contract))
    }

    /// Tells until it is closed.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.emptyOutbox() }
            for await landing in fresh { await tell(landing) }
            group.cancelAll()
        }
        isDone = true
    }

    /// Tells what waits in memory, so long at most, and lets go of the brokers.
    func close(within limit: Duration) async {
        queue.finish()
        let end = ContinuousClock.now + limit
        while !isDone, !Task.isCancelled, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        await publisher.close()
        await producer.close(within: .seconds(2))
    }

    private func tell(_ fresh: Fresh) async {
        guard ContinuousClock.now >= restsUntil else { return }
        do {
            try await mirror(fresh.letters, of: fresh.contract)
            try await publish([fresh.landing])
        } catch {
            noteFailure(error)
        }
    }

    /// What sinks before this one, or this one in bad times, could not tell.
    private func emptyOutbox() async {
        let pause = warehouse.rawCapabilities.outboxEvery
        var age = Duration.zero  // at the start this sink has nothing under way
        while !Task.isCancelled {
            do {
                for contract in contracts() { try await emptyOutbox(of: contract, age: age) }
                age = pause * 2  // whoever wrote it is at it before
            } catch {
                noteFailure(error)
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// Tells everything of a topic that has been waiting for so long.
    /// - Throws: Kafka's or the warehouse's error. What was not told stays in the outbox.
    func emptyOutbox(of contract: Contract, age: Duration) async throws {
        while true {
            let letters = try await warehouse.unmirroredDeadLetters(
                of: contract.topic.name, age: age, limit: Self.page, bytesMax: Self.pageBytes)
            if letters.isEmpty { break }
            try await mirror(letters, of: contract)
        }
        while true {
            let landings = try await warehouse.unpublishedLandings(
                of: contract.topic.name, age: age, limit: Self.page)
            if landings.isEmpty { break }
            try await publish(landings)
        }
    }

    private func publish(_ landings: [Landing]) async throws {
        for landing in landings {
            // The same id however often a landing is told of: readers know a repetition by it.
            try await publisher.publish(DataLanded(landing), id: "\(landing.table)/\(landing.id)")
        }
        try await warehouse.markPublished(landings.map(\.id), keeping: Self.keeping)
    }

    /// Mirrors dead letters. The table is the truth: what the brokers refuse for good (too large, no such topic, no
    /// right) is told to the operator and left there; it must not hold up the letters and landings behind it.
    private func mirror(_ letters: [DeadLetter], of contract: Contract) async throws {
        guard !letters.isEmpty else { return }
        let bulk = producer.bulk()
        for letter in letters {
            do throws(KafkaError) {
                try await bulk.enqueue(letter.mirror(topic: contract.deadLetterTopic, instance: instance))
            } catch {
                // The client itself refuses it, such as a message above its limit.
                guard !error.isRetriable, !error.isFatal else { throw error }
                noteRefused(1, of: contract, error, first: letter)
            }
        }
        let report = await bulk.flush()
        if let error = report.firstCurable {
            if error.isFatal {
                await producer.close(within: .zero)
                producer = try KafkaProducer(kafka, logger: logger)
            }
            throw error
        }
        if let error = report.firstError { noteRefused(report.failed, of: contract, error) }
        try await warehouse.markMirrored(letters.map(\.position))
    }

    private func noteRefused(_ count: Int, of contract: Contract, _ error: KafkaError, first: DeadLetter? = nil) {
        var metadata: Logger.Metadata = [
            "topic": "\(contract.deadLetterTopic)", "messages": "\(count)", "error": "\(error)",
        ]
        if let first { metadata["letter"] = "\(first.position)" }
        logger.error("dead letters not mirrored", metadata: metadata)
    }

    /// Landing goes on: what was not told stays in the outbox.
    private func noteFailure(_ error: any Error) {
        guard !Task.isCancelled else { return }
        restsUntil = .now + Self.restAfterFailure
        meters.announcementFailures.increment()
        logger.warning("landings not announced yet", metadata: ["error": "\(error)"])
    }
}

extension DataLanded {
    init(_ landing: Landing) {
        func date(_ microseconds: Int64?) -> Date? {
            microseconds.map { Date(timeIntervalSince1970: Double($0) / 1_000_000) }
        }
        self.init(
            table: landing.table, sourceTopic: landing.topic, rows: landing.rows, rejected: landing.rejected,
            offsets: landing.offsets.map { .init(partition: $0.partition, first: $0.first, next: $0.next) },
            eventTimeMin: date(landing.eventTimeMin), eventTimeMax: date(landing.eventTimeMax),
            lowWatermark: date(landing.lowWatermark), days: landing.days,
            landedAt: date(landing.landedAt) ?? Date())
    }
}
