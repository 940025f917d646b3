// OutboxSender: sends what was written, then deletes it. After a crash in between it is sent again under the same id, which
// changes nothing for whoever gets it: transformers know tasks and attempts, others the id.
import ControlPlane
import Foundation
import Kafka
import Logging

final class OutboxSender: Sendable {
    private let batches: AsyncStream<[OutboxRecord]>
    private let source: AsyncStream<[OutboxRecord]>.Continuation
    private let publisher: ControlPublisher
    private let store: StateStore
    private let logger: Logger
    private static let pauseMax: Duration = .seconds(5)

    init(_ publisher: ControlPublisher, store: StateStore, logger: Logger) {
        (batches, source) = AsyncStream.makeStream()
        self.publisher = publisher
        self.store = store
        self.logger = logger
    }

    /// Sends messages that were written, soon.
    func send(_ messages: [OutboxRecord]) {
        if !messages.isEmpty { source.yield(messages) }
    }

    /// No more; what is there is sent.
    func finish() { source.finish() }

    /// Sends until `finish`, or until cancelled.
    func run() async throws {
        for await batch in batches {
            await withTaskGroup(of: Void.self) { group in
                for message in batch { group.addTask { await self.publish(message) } }
            }
            if Task.isCancelled { return }  // what was not sent stays written
            try await store.deleteFromOutbox(batch.map(\.messageId))
        }
    }

    /// Goes on until the broker has it: the broker may be away, the message stays.
    private func publish(_ record: OutboxRecord) async {
        var pause: Duration = .milliseconds(50)
        while !Task.isCancelled {
            do {
                guard let message = try Self.message(record) else {
                    return logger.error("outbox message of unknown type left out", metadata: ["type": "\(record.type)"])
                }
                try await publisher.publish(message, id: record.messageId)
                return
            } catch let error as KafkaError where error.reason != .messageTooLarge {
                logger.warning("message not sent yet", metadata: ["type": "\(record.type)", "error": "\(error)"])
            } catch {
                return logger.error(
                    "message cannot be sent", metadata: ["type": "\(record.type)", "error": "\(error)"])
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }  // cancelled: stays written
            pause = min(pause * 2, Self.pauseMax)
        }
    }

    private static func message(_ record: OutboxRecord) throws -> (any ControlMessage)? {
        func decode<Message: ControlMessage>(_ type: Message.Type) throws -> any ControlMessage {
            try StateJSON.value(type, from: record.payload)
        }
        guard let type = ControlMessages.all.first(where: { $0.type == record.type }) else { return nil }
        return try decode(type)
    }
}
