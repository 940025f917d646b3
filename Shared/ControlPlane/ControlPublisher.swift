import Foundation
import Kafka
import Logging

/// Sends control messages. Each is acknowledged by all in-sync replicas before `publish` returns.
public actor ControlPublisher {
    private let settings: KafkaSettings
    private let source: String
    private let logger: Logger
    private var producer: KafkaProducer?

    /// - Parameter source: CloudEvents source of everything sent, as `/millrace/raw-sink`.
    /// - Throws: `.configuration`.
    public init(_ settings: KafkaSettings, source: String, logger: Logger) throws(KafkaError) {
        var settings = settings
        // Control messages are few and somebody waits for each.
        settings.properties["linger.ms"] = settings.properties["linger.ms"] ?? "0"
        self.settings = settings
        self.source = source
        self.logger = logger
        producer = try KafkaProducer(settings, logger: logger)
    }

    /// Sends one message. May arrive twice when the sender is killed between sending and noting it: give such messages
    /// an id of your own that survives (`id`), so that readers can tell.
    /// - Parameters:
    ///   - id: CloudEvents id; a new UUIDv7 by default.
    ///   - parent: The trace this belongs to, sent on as a new span; a new trace by default.
    /// - Returns: The id.
    @discardableResult
    public func publish(
        _ message: some ControlMessage, id: String? = nil, parent: TraceParent? = nil
    ) async throws(KafkaError) -> String {
        let time = Date()
        let id = id ?? UUIDv7.make(at: time).text
        let encoded: ProducerMessage
        do {
            encoded = try ControlCoding.encode(
                message, id: id, source: source, time: time, parent: parent?.child() ?? .make())
        } catch {
            throw KafkaError.unsendable(type(of: message).type, "\(error)")
        }
        try await send(encoded)
        return id
    }

    private func send(_ message: ProducerMessage) async throws(KafkaError) {
        guard let producer else { throw KafkaError.publisherClosed(message.topic) }
        do {
            try await producer.send(message)
        } catch {
            guard error.isFatal, !error.isFenced else { throw error }
            // Such a producer can do no more. The message may be there already: at least once, as promised.
            logger.warning("producer renewed", metadata: ["error": "\(error)"])
            try renew(after: producer)
            guard let fresh = self.producer else { throw error }
            try await fresh.send(message)
        }
    }

    /// Replaces a producer that is done for, unless another call did that already.
    private func renew(after dead: KafkaProducer) throws(KafkaError) {
        guard producer === dead else { return }
        producer = try KafkaProducer(settings, logger: logger)
        Task { await dead.close(within: .zero) }
    }

    /// Flushes and stops. Safe to call twice.
    public func close() async {
        let last = producer
        producer = nil
        await last?.close(within: .seconds(10))
    }
}
