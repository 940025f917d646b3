import ControlPlane
import Kafka
import Logging
import ServiceLifecycle

/// Sends what the outbox holds, in order, at least once. A message keeps its id when it is sent again.
struct OutboxPublisher: Service, CustomStringConvertible {
    let publisher: ControlPublisher
    let store: StateStore
    let messageWaits: WakeUp
    let logger: Logger
    /// How long to wait for a call before looking anyway: other processes use the outbox too.
    var pause: Duration = .seconds(1)

    var description: String { "OutboxPublisher" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await drain() == 0 { await messageWaits.wait(atMost: pause) }
                } catch {
                    if Task.isCancelled { break }
                    logger.warning("cannot send control messages", metadata: ["error": "\(error)"])
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

    /// - Returns: How many messages were sent.
    func drain() async throws -> Int {
        try await store.drainOutbox(limit: 100) { message in
            guard let content = try message.message() else { return }
            try await publisher.publish(content, id: message.id)
        }
    }
}
