import Kafka
import Logging
import ServiceLifecycle

// SessionsFollower: hears which sessions ended before their time.
// Always: everything that Kafka still has is read before anything is said to be known; and it is known up to a moment
// only when all that the topic held at that moment was taken.

/// Reads `millrace.sessions` from the beginning, for as long as the service runs.
public struct SessionsFollower: Service, CustomStringConvertible {
    private let kafka: KafkaSettings
    private let logger: Logger
    private let pause: Duration
    private let take: @Sendable (SessionsEnded) -> Void
    private let known: @Sendable (ContinuousClock.Instant) -> Void

    /// - Parameters:
    ///   - pause: Between two questions how far the topic goes.
    ///   - take: Gets every message, possibly more than once and not in the order of time.
    ///   - known: Everything that ended before the given moment, and was told, has been taken.
    public init(
        _ kafka: KafkaSettings, pause: Duration = .seconds(5), logger: Logger,
        take: @escaping @Sendable (SessionsEnded) -> Void, known: @escaping @Sendable (ContinuousClock.Instant) -> Void
    ) {
        self.kafka = kafka
        self.pause = pause
        self.logger = logger
        self.take = take
        self.known = known
    }

    public var description: String { "SessionsFollower" }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var wait: Duration = .milliseconds(250)
            while !Task.isCancelled {
                do throws(KafkaError) {
                    try await follow()
                    wait = .milliseconds(250)
                } catch {
                    logger.warning(
                        "ended sessions not heard",
                        metadata: ["topic": "\(ControlTopic.sessions.rawValue)", "error": "\(error)"])
                }
                guard (try? await Task.sleep(for: wait)) != nil else { return }  // cancelled
                wait = min(wait * 2, .seconds(10))
            }
        }
    }

    /// Reads until cancelled, or until the subscriber is of no use any more.
    private func follow() async throws(KafkaError) {
        let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
        let outcome: Result<Void, KafkaError>
        do throws(KafkaError) {
            try await ControlTopics.ensure(admin)
            let subscriber = try ControlSubscriber(kafka, topics: [.sessions], from: .beginning, logger: logger)
            outcome = await withTaskGroup(of: Result<Void, KafkaError>.self) { group in
                group.addTask { await read(subscriber) }
                group.addTask { await watch(admin, subscriber) }
                let first = await group.next() ?? .success(())
                group.cancelAll()
                return first
            }
            await close(subscriber)
        } catch {
            outcome = .failure(error)
        }
        await admin.close()
        try outcome.get()
    }

    private func read(_ subscriber: ControlSubscriber) async -> Result<Void, KafkaError> {
        do {
            try await subscriber.readEach(pause: .milliseconds(250)) { error in
                // How long nothing new is known is told by who asks for sessions.
                if let error { logger.debug("ended sessions not heard", metadata: ["error": "\(error)"]) }
            } _: { delivery in
                switch delivery {
                case .message(let envelope):
                    if let ended = envelope.message as? SessionsEnded { take(ended) }
                case .unreadable(let message):
                    logger.error(
                        "the end of a session cannot be read",
                        metadata: ["id": "\(message.id)", "reason": "\(message.reason)"])
                case .gap, .caughtUp: break  // those that are gone have expired with their sessions
                }
            }
        } catch let error as KafkaError {
            return .failure(error)
        } catch {
            // cancelled
        }
        return .success(())
    }

    /// Asks again and again how far the topic goes, and says when all of that was taken.
    private func watch(_ admin: KafkaAdmin, _ subscriber: ControlSubscriber) async -> Result<Void, KafkaError> {
        var isKnown = false
        while !Task.isCancelled {
            let asked = ContinuousClock.now
            do throws(KafkaError) {
                let ends = try await admin.watermarks(of: ControlTopic.sessions.rawValue)
                let read = await subscriber.readUpTo
                if !ends.isEmpty, ends.allSatisfy({ $0.value.isEmpty || read[$0.key] ?? 0 >= $0.value.upperBound }) {
                    isKnown = true
                    known(asked)
                }
            } catch {
                logger.debug("the end of the topic is not known", metadata: ["error": "\(error)"])
            }
            guard (try? await Task.sleep(for: isKnown ? pause : .milliseconds(100))) != nil else { break }  // cancelled
        }
        return .success(())
    }

    private func close(_ subscriber: ControlSubscriber) async {
        do throws(KafkaError) {
            try await subscriber.close()
        } catch {
            logger.warning("subscriber not closed", metadata: ["error": "\(error)"])
        }
    }
}
