// The broker that tests talk to: a real one, named by KAFKA_BOOTSTRAP_SERVERS (scripts/test-services starts it).
import Foundation
import Kafka
import Logging

/// The broker of this test run.
public enum KafkaTestServer {
    /// Whether there is one: `@Suite(.enabled(if: KafkaTestServer.isAvailable))`.
    public static var isAvailable: Bool { address != nil }

    private static var address: String? {
        ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Settings of a client.
    public static func settings(clientID: String = "test", properties: [String: String] = [:]) -> KafkaSettings {
        KafkaSettings(bootstrapServers: address ?? "localhost:9092", clientID: clientID, properties: properties)
    }

    /// A name that no other test uses.
    public static func uniqueName(_ prefix: String) -> String {
        "\(prefix)-\(UUID().uuidString.lowercased().prefix(13))"
    }

    /// A logger for clients in tests: errors only, so that output stays readable.
    public static func logger(_ level: Logger.Level = .error) -> Logger {
        var logger = Logger(label: "kafka-test")
        logger.logLevel = level
        return logger
    }
}

/// Runs `body` with a new topic, which is deleted afterwards.
public func withTopic<R>(
    _ prefix: String = "test", partitions: Int = 1, configuration: [String: String] = [:],
    _ body: (KafkaTestTopic) async throws -> R
) async throws -> R {
    let topic = try await KafkaTestTopic.make(prefix, partitions: partitions, configuration: configuration)
    do {
        let result = try await body(topic)
        await topic.delete()
        return result
    } catch {
        await topic.delete()
        throw error
    }
}
