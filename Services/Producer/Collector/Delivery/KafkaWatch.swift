import Kafka
import Logging
import ServiceLifecycle

/// Looks whether Kafka answers and has the topics: without it, a collector that was told to be unready would get no
/// requests, and so never learn that Kafka is back.
struct KafkaWatch: Service {
    let kafka: KafkaSettings
    let delivery: EventDelivery
    let topics: [String]
    let logger: Logger

    private static let whenAway: Duration = .seconds(2)
    private static let whenWell: Duration = .seconds(30)

    func run() async throws {
        let admin = try KafkaAdmin(kafka, timeout: .seconds(5), logger: logger)
        await cancelWhenGracefulShutdown {
            var isWarm = false
            while !Task.isCancelled {
                let trouble = await trouble(admin)
                delivery.note(trouble: trouble)
                if trouble == nil, !isWarm {
                    isWarm = true
                    // Not before the topics are there: some brokers make topics that are asked for.
                    await delivery.warmUp(topics: topics)
                }
                let pause = delivery.trouble == nil ? Self.whenWell : Self.whenAway
                do { try await Task.sleep(for: pause) } catch { return }
            }
        }
        await admin.close()
    }

    private func trouble(_ admin: KafkaAdmin) async -> String? {
        do {
            let present = try await admin.topics(topics)
            let missing = topics.filter { present[$0] == nil }
            guard !missing.isEmpty else { return nil }
            return "Topics are missing: \(missing.joined(separator: ", ")). Run `producer topics`."
        } catch {
            return "\(error)"
        }
    }
}
