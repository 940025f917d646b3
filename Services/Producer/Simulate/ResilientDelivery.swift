// ResilientDelivery: a bulk delivery that goes on with a new producer when the old one can do no more.
import Kafka
import Logging

/// Sends messages and counts them, over as many producers as it takes.
///
/// A producer that met a fatal error (librdkafka before 2.3.0 can lose its place in the sequence after a disconnect)
/// is closed and replaced; what it had not acknowledged counts as failed: it may be in the topic or not.
actor ResilientDelivery {
    private let settings: KafkaSettings
    private let topics: [String]
    private let progress: SimulationProgress
    private let log: EventLog?
    private let logger: Logger
    private var producer: KafkaProducer
    private var bulk: BulkDelivery
    private var logged = LoggedMessages()

    /// - Parameter log: Where the fate of each message goes; without it messages are only counted, which is faster.
    /// - Throws: `KafkaError` for a wrong property.
    init(
        _ settings: KafkaSettings, topics: [String], progress: SimulationProgress, log: EventLog?, logger: Logger
    ) throws {
        self.settings = settings
        self.topics = topics
        self.progress = progress
        self.log = log
        self.logger = logger
        producer = try KafkaProducer(settings, logger: logger)
        bulk = producer.bulk()
        progress.follow(bulk)
    }

    /// Queues the messages, waiting for room; returns before they are acknowledged.
    func send(_ batch: EventBatch) async throws {
        guard log != nil else {
            try await sendCounted(batch.messages)
            return
        }
        for (message, mark) in zip(batch.messages, batch.marks) { try await sendLogged(message, mark) }
        try await writeLog()
    }

    /// Waits until everything is acknowledged or given up, and logged.
    func close() async throws {
        await retire()
        try await writeLog()
    }

    private func sendCounted(_ messages: [ProducerMessage]) async throws {
        var rest = messages[...]
        while !rest.isEmpty {
            let before = bulk.report.enqueued
            do {
                try await bulk.enqueue(rest)
                return
            } catch {
                // What was not queued goes to the next producer.
                rest = rest.dropFirst(bulk.report.enqueued - before)
                try await replaceProducer(after: error)
            }
        }
    }

    private func sendLogged(_ message: ProducerMessage, _ mark: EventMark) async throws {
        while true {
            let receipt = producer.bulk()
            do {
                try await receipt.enqueue(message)
                progress.count(sent: 1)
                logged.append(mark, receipt)
                return
            } catch {
                // It was not queued: the next producer gets it.
                try await replaceProducer(after: error)
            }
        }
    }

    /// Lines for what is settled by now.
    private func writeLog() async throws {
        guard let log else { return }
        let settled = logged.takeSettled()
        guard !settled.isEmpty else { return }
        let delivered = settled.count { $0.isAcknowledged }
        try await log.append(settled, topics: topics)
        progress.count(delivered: delivered, failed: settled.count - delivered)
    }

    private func replaceProducer(after error: KafkaError) async throws {
        guard error.isFatal else { throw error }
        logger.error("producer replaced", metadata: ["error": "\(error)"])
        await retire()
        producer = try KafkaProducer(settings, logger: logger)
        bulk = producer.bulk()
        progress.follow(bulk)
    }

    private func retire() async {
        await producer.close()
        let report = await bulk.flush()
        progress.finish(bulk)
        let waiting = logged
        await waiting.settled()
        if let error = report.firstError {
            logger.error("events not delivered", metadata: ["events": "\(report.failed)", "error": "\(error)"])
        }
    }
}
