import ControlPlane
import Kafka
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Sends what the outbox holds, in order, at least once. A message keeps its id when it is sent again. One that the brokers
/// will never take is set aside and holds up nothing.
struct OutboxPublisher: Service, CustomStringConvertible {
    let publisher: ControlPublisher
    let store: StateStore
    let messageWaits: WakeUp
    let logger: Logger
    /// How long to wait for a call before looking anyway: other processes use the outbox too.
    var pause: Duration = .seconds(1)

    var description: String { "OutboxPublisher" }

    func run() async throws {
        let trouble = TroubleLog("cannot send control messages", logger: logger)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let sent = try await drain()
                    trouble.over()
                    if sent == 0 { await messageWaits.wait(atMost: pause) }
                } catch {
                    if Task.isCancelled { break }
                    trouble.note(error)
                    await messageWaits.wait(atMost: .seconds(2))
                }
            }
        }
        do {
            _ = try await drain()  // what the last work left behind
        } catch {
            logger.warning("messages stay in the outbox for the next start", metadata: ["error": "\(error)"])
        }
        await publisher.close()
    }

    /// - Returns: How many messages were sent, or set aside because nobody will ever take them.
    func drain() async throws -> Int {
        try await store.drainOutbox(limit: 100) { await send($0) }
    }

    private func send(_ message: OutboxMessage) async -> StateStore.Sending {
        do {
            guard let content = try message.message() else { return .refused(reason: "Its type is not known.") }
            try await publisher.publish(content, id: message.id)
            return .sent
        } catch let error as KafkaError where !error.refusesMessage {
            return .later(error)
        } catch {
            logger.error(
                "message cannot be sent, set aside",
                metadata: ["type": "\(message.type)", "id": "\(message.id)", "error": "\(error)"])
            Counter(label: "transformer_set_aside_total", dimensions: [("type", message.type)]).increment()
            return .refused(reason: "\(error)")
        }
    }
}
