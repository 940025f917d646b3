// ReplayDelivery: windows of messages on their way to Kafka, over as many producers as it takes.
// Always: windows are told as delivered in their order, and only when all of each is acknowledged.
import Kafka
import Logging

/// Messages that are acknowledged together as far as the checkpoint is concerned.
struct ReplayWindow: Sendable {
    var messages: [ProducerMessage] = []
    var rejects: [RejectedRecord] = []
    /// The number of its last record.
    var lastRecord = 0
    /// What its messages say of events, in bytes.
    var bytes = 0

    var isEmpty: Bool { messages.isEmpty && rejects.isEmpty }
}

/// Sends windows, a few at a time.
actor ReplayDelivery {
    private let settings: KafkaSettings
    private let logger: Logger
    private var producer: KafkaProducer
    private var inFlight: [(window: ReplayWindow, bulk: BulkDelivery)] = []

    /// How many windows wait for their acknowledgements at most.
    private static let windowsMax = 16
    /// How many producers in a row may fail over the same window.
    private static let attemptsMax = 3

    /// - Throws: `KafkaError` for a wrong property.
    init(_ settings: KafkaSettings, logger: Logger) throws(KafkaError) {
        self.settings = settings
        self.logger = logger
        producer = try KafkaProducer(settings, logger: logger)
    }

    /// Queues a window, waiting for room.
    /// - Returns: Windows that are acknowledged by now, in their order.
    /// - Throws: `KafkaError`, `ReplayError.undelivered`.
    func send(_ window: ReplayWindow) async throws -> [ReplayWindow] {
        let bulk = producer.bulk()
        inFlight.append((window, bulk))
        do throws(KafkaError) {
            try await bulk.enqueue(window.messages)
        } catch {
            guard error.isFatal else { throw error }
            try await startAnew(after: error)
        }
        return try await settled(leaving: Self.windowsMax)
    }

    /// Waits for what is on its way.
    /// - Returns: The windows that became acknowledged.
    func finish() async throws -> [ReplayWindow] { try await settled(leaving: 0) }

    /// Gives up what is not acknowledged, and stops.
    func close() async { await producer.close(within: .zero) }

    /// Takes the acknowledged windows at the front, waiting until no more than so many are left.
    private func settled(leaving most: Int) async throws -> [ReplayWindow] {
        var done: [ReplayWindow] = []
        var attempts = 0
        while let first = inFlight.first, inFlight.count > most || first.bulk.report.pending == 0 {
            let report = await first.bulk.flush()
            guard let error = report.firstError else {
                done.append(inFlight.removeFirst().window)
                attempts = 0
                continue
            }
            attempts += 1
            guard error.isFatal, attempts < Self.attemptsMax else { throw ReplayError.undelivered("\(error)") }
            try await startAnew(after: error)
        }
        return done
    }

    /// Sends everything that is not acknowledged through a new producer: some of it may come twice, with the same ids.
    private func startAnew(after error: KafkaError) async throws {
        logger.error("producer replaced", metadata: ["error": "\(error)"])
        await producer.close(within: .zero)
        producer = try KafkaProducer(settings, logger: logger)
        let windows = inFlight.map(\.window)
        inFlight = []
        for window in windows {
            let bulk = producer.bulk()
            inFlight.append((window, bulk))
            try await bulk.enqueue(window.messages)
        }
    }
}
