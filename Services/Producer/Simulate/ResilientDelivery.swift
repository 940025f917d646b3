// ResilientDelivery: a bulk delivery that goes on with a new producer when the old one can do no more.
import Kafka
import Logging

/// Sends messages and counts them, over as many producers as it takes.
///
/// A producer that met a fatal error (librdkafka before 2.3.0 can lose its place in the sequence after a disconnect)
/// is closed and replaced; what it had not acknowledged counts as failed: it may be in the topic or not.
actor ResilientDelivery {
    private let settings: KafkaSettings
    private let progress: SimulationProgress
    private let logger: Logger
    private var producer: KafkaProducer
    private var bulk: BulkDelivery

    /// - Throws: `KafkaError` for a wrong property.
    init(_ settings: KafkaSettings, progress: SimulationProgress, logger: Logger) throws {
        self.settings = settings
        self.progress = progress
        self.logger = logger
        producer = try KafkaProducer(settings, logger: logger)
        bulk = producer.bulk()
        progress.follow(bulk)
    }

    /// Queues the messages, waiting for room; returns before they are acknowledged.
    func send(_ messages: [ProducerMessage]) async throws {
        do {
            try await bulk.enqueue(messages)
        } catch {
            guard error.isFatal else { throw error }
            logger.error("producer replaced", metadata: ["error": "\(error)"])
            await retire()
            producer = try KafkaProducer(settings, logger: logger)
            bulk = producer.bulk()
            progress.follow(bulk)
        }
    }

    /// Waits until everything is acknowledged or given up.
    func close() async { await retire() }

    private func retire() async {
        await producer.close()
        let report = await bulk.flush()
        progress.finish(bulk)
        if let error = report.firstError {
            logger.error("events not delivered", metadata: ["events": "\(report.failed)", "error": "\(error)"])
        }
    }
}
