// OutboxSender: sends what was written, then deletes it. After a crash in between it is sent again under the same id, which
// changes nothing for whoever gets it: transformers know tasks and attempts, others the id.
import ControlPlane
import Foundation
import Kafka
import Logging
import ServiceRuntime

final class OutboxSender: Sendable {
    private let batches: AsyncStream<[OutboxRecord]>
    private let source: AsyncStream<[OutboxRecord]>.Continuation
    private let publisher: ControlPublisher
    private let store: StateStore
    private let logger: Logger
    private let trouble: TroubleLog
    private static let pauseMax: Duration = .seconds(5)

    init(_ publisher: ControlPublisher, store: StateStore, logger: Logger) {
        (batches, source) = AsyncStream.makeStream()
        self.publisher = publisher
        self.store = store
        self.logger = logger
        trouble = TroubleLog("message not sent yet", logger: logger)
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
            // What ends a command must not overtake it.
            let ends = batch.filter { $0.type == TransformCancelRequested.type }
            try await sendSideBySide(batch.filter { $0.type != TransformCancelRequested.type })
            try await sendSideBySide(ends)
            if Task.isCancelled { return }
        }
    }

    private func sendSideBySide(_ messages: [OutboxRecord]) async throws {
        let sent = try await withThrowingTaskGroup(of: String?.self) { group in
            for message in messages {
                group.addTask { try await self.publish(message) ? message.messageId : nil }
            }
            var sent: [String] = []
            for try await id in group { if let id { sent.append(id) } }
            return sent
        }
        if Task.isCancelled { return }  // what was not sent stays written
        if !sent.isEmpty { try await store.deleteFromOutbox(sent) }
    }

    /// Goes on until the broker has it: the broker may be away, the message stays. What no broker will ever take is set
    /// aside, and holds up nothing.
    /// - Returns: Whether it was sent.
    private func publish(_ record: OutboxRecord) async throws -> Bool {
        var pause: Duration = .milliseconds(50)
        while !Task.isCancelled {
            do {
                guard let message = try Self.message(record) else {
                    // A newer version wrote it, and can send it: it stays, and its age is told.
                    logger.warning(
                        "message of unknown type left to a newer version", metadata: ["type": "\(record.type)"])
                    return false
                }
                try await publisher.publish(message, id: record.messageId)
                trouble.over()
                return true
            } catch let error as KafkaError where !error.refusesMessage {
                trouble.note(error, ["type": "\(record.type)"])
            } catch {
                logger.error(
                    "message cannot be sent, set aside",
                    metadata: ["type": "\(record.type)", "id": "\(record.messageId)", "error": "\(error)"])
                try await store.setAsideOutbox(record.messageId, reason: error, at: Date())
                return false
            }
            guard (try? await Task.sleep(for: pause)) != nil else { break }  // cancelled: stays written
            pause = min(pause * 2, Self.pauseMax)
        }
        return false
    }

    private static func message(_ record: OutboxRecord) throws -> (any ControlMessage)? {
        func decode<Message: ControlMessage>(_ type: Message.Type) throws -> any ControlMessage {
            try StateJSON.value(type, from: record.payload)
        }
        guard let type = ControlMessages.all.first(where: { $0.type == record.type }) else { return nil }
        return try decode(type)
    }
}
