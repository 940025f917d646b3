import Kafka
import Logging
import ServiceLifecycle

/// Looks whether Kafka answers and has the topics: without it, a collector that was told to be unready would get no
/// requests, and so never learn that Kafka is back.
struct KafkaWatch: Service {
    let kafka: KafkaSettings
    let delivery: EventDelivery
    /// Those of the contracts, as they are now.
    let topics: @Sendable () -> [String]
    let logger: Logger

    private static let whenAway: Duration = .seconds(2)
    private static let whenWell: Duration = .seconds(30)

    func run() async throws {
        let admin = try KafkaAdmin(kafka, timeout: .seconds(5), logger: logger)
        await cancelWhenGracefulShutdown {
            var warm: Set<String> = []
            while !Task.isCancelled {
                let topics = topics()
                let present = await look(at: topics, admin)
                if let present, !warm.isSuperset(of: present) {
                    warm.formUnion(present)
                    // Not before the topics are there: some brokers make topics that are asked for.
                    await delivery.warmUp(topics: present)
                }
                let isWell = delivery.trouble == nil && present?.count == topics.count
                let pause = isWell ? Self.whenWell : Self.whenAway
                // Other contracts are looked for at once.
                let end = ContinuousClock.now + pause
                while ContinuousClock.now < end, self.topics() == topics {
                    do { try await Task.sleep(for: .seconds(1)) } catch { return }
                }
            }
        }
        await admin.close()
    }

    /// Tells delivery what is known, and returns the topics that are there; `nil` when Kafka does not say.
    private func look(at topics: [String], _ admin: KafkaAdmin) async -> [String]? {
        do {
            let found = try await admin.topics(topics)
            let present = topics.filter { found[$0] != nil }
            let missing = topics.filter { found[$0] == nil }
            let told =
                missing.isEmpty
                ? nil : "Topics are missing: \(missing.joined(separator: ", ")). Run `producer topics`."
            // One that is missing does not keep events from the others.
            delivery.note(trouble: present.isEmpty ? told : nil, missing: present.isEmpty ? nil : told)
            return present
        } catch {
            delivery.note(trouble: "\(error)", missing: nil)
            return nil
        }
    }
}
