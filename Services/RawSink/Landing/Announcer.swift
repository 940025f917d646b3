// Announcer: tells the others what has landed. The warehouse keeps the outbox: landings and dead letters are written with
// the rows, so that nothing is told before it is true, and nothing is forgotten when the sink is killed in between.
import ControlPlane
import DataContract
import Foundation
import Kafka
import Logging
import Warehouse

/// Sends `data.landed`, and mirrors dead letters to their topic.
actor Announcer {
    private let warehouse: any RawWarehouse
    private let kafka: KafkaSettings
    private let publisher: ControlPublisher
    private var mirror: KafkaProducer
    private let instance: String
    private let logger: Logger

    /// How long the warehouse remembers landings that were told of.
    private static let keeping: Duration = .seconds(7 * 86_400)
    /// How much of the outbox is read at a time.
    private static let page = 500

    /// - Throws: `KafkaError` for a wrong property.
    init(
        _ kafka: KafkaSettings, warehouse: any RawWarehouse, instance: String, logger: Logger
    ) throws(KafkaError) {
        self.warehouse = warehouse
        self.kafka = kafka
        self.instance = instance
        self.logger = logger
        publisher = try ControlPublisher(kafka, source: "/millrace/raw-sink", logger: logger)
        mirror = try KafkaProducer(kafka, logger: logger)
    }

    /// Tells of a landing that was just committed. Without its rows: their memory is free for others by now.
    /// - Throws: Kafka's or the warehouse's error. What was not told stays in the outbox.
    func announce(
        _ message: DataLanded, _ deadLetters: [DeadLetter], of contract: Contract, landing: Int64
    ) async throws {
        try await send(deadLetters, of: contract)
        try await publisher.publish(message, id: Self.id(landing, of: contract))
        try await warehouse.markPublished([landing], keeping: Self.keeping)
    }

    /// Tells of what a sink before this one, or this one in bad times, could not.
    func announceBacklog(of contract: Contract) async throws {
        var letters: [DeadLetter]
        repeat {
            letters = try await warehouse.unmirroredDeadLetters(of: contract.topic.name, limit: Self.page)
            try await send(letters, of: contract)
        } while letters.count == Self.page
        var landings: [Landing]
        repeat {
            landings = try await warehouse.unpublishedLandings(of: contract.topic.name, limit: Self.page)
            for landing in landings {
                try await publisher.publish(Self.message(landing), id: Self.id(landing.id, of: contract))
            }
            if !landings.isEmpty { try await warehouse.markPublished(landings.map(\.id), keeping: Self.keeping) }
        } while landings.count == Self.page
    }

    func close() async {
        await publisher.close()
        await mirror.close(within: .seconds(10))
    }

    /// Mirrors dead letters. The table is the truth: what the brokers refuse for good (too large, no such topic, no
    /// right) is told to the operator and left there.
    private func send(_ letters: [DeadLetter], of contract: Contract) async throws {
        guard !letters.isEmpty else { return }
        let bulk = mirror.bulk()
        for letter in letters {
            do throws(KafkaError) {
                try await bulk.enqueue(letter.mirror(topic: contract.deadLetterTopic, instance: instance))
            } catch {
                // What the client itself refuses, such as a message above its limit, is told and left in the table too:
                // it must not hold up the letters and landings behind it.
                guard !error.isRetriable, !error.isFatal else { throw error }
                logger.error(
                    "dead letter not mirrored",
                    metadata: [
                        "topic": "\(contract.deadLetterTopic)", "letter": "\(letter.position)", "error": "\(error)",
                    ])
            }
        }
        let report = await bulk.flush()
        if let error = report.firstError {
            if error.isFatal {
                await mirror.close(within: .zero)
                mirror = try KafkaProducer(kafka, logger: logger)
            }
            guard !error.isRetriable, !error.isFatal else { throw error }
            logger.error(
                "dead letters not mirrored",
                metadata: [
                    "topic": "\(contract.deadLetterTopic)", "messages": "\(report.failed)", "error": "\(error)",
                ])
        }
        try await warehouse.markMirrored(letters.map(\.position))
    }
}

extension Announcer {
    /// The same however often a landing is told of: readers know a repetition by it.
    private static func id(_ landing: Int64, of contract: Contract) -> String { "\(contract.table)/\(landing)" }

    static func message(_ batch: RawBatch, _ receipt: LandingReceipt) -> DataLanded {
        DataLanded(
            table: batch.contract.table.description, sourceTopic: batch.contract.topic.name,
            rows: batch.rows.count - receipt.duplicates,
            rejected: batch.deadLetters.count,
            offsets: batch.sources.map { .init(partition: $0.partition, first: $0.first, next: $0.next) },
            eventTimeMin: date(batch.eventTimes.least), eventTimeMax: date(batch.eventTimes.greatest),
            lowWatermark: date(receipt.lowWatermark), days: batch.eventTimes.days.sorted().map(day), landedAt: Date())
    }

    static func message(_ landing: Landing) -> DataLanded {
        DataLanded(
            table: landing.table, sourceTopic: landing.topic, rows: landing.rows, rejected: landing.rejected,
            offsets: landing.offsets.map { .init(partition: $0.partition, first: $0.first, next: $0.next) },
            eventTimeMin: date(landing.eventTimeMin), eventTimeMax: date(landing.eventTimeMax),
            lowWatermark: date(landing.lowWatermark), days: landing.days,
            landedAt: date(landing.landedAt) ?? Date())
    }

    private static func date(_ microseconds: Int64?) -> Date? {
        microseconds.map { Date(timeIntervalSince1970: Double($0) / 1_000_000) }
    }

    /// `2026-11-23` for days since 1970-01-01.
    static func day(_ days: Int32) -> String {
        Date(timeIntervalSince1970: Double(days) * 86_400).formatted(.iso8601.year().month().day())
    }
}
