import Foundation
import TestKit
import Testing

@testable import Producer

@Suite(
    "The collector as an ordinary user",
    .enabled(if: KafkaTestServer.isAvailable && ProducerProcess.binary != nil), .timeLimit(.minutes(3)))
struct CollectorProcessTests {
    /// What every collector here is told.
    static func environment(_ pipeline: CollectorPipeline, _ more: [String: String] = [:]) -> [String: String] {
        [
            "KAFKA_BOOTSTRAP_SERVERS": KafkaTestServer.settings().bootstrapServers, "COLLECTOR_OPEN": "true",
            "MILLRACE_PIPELINE": pipeline.path, "LOG_FORMAT": "json",
        ].merging(more) { $1 }
    }

    @Test("takes events without any right of root's")
    func takesEvents() async throws {
        try await withTopic("unprivileged") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            let (process, port) = try await ProducerProcess.collector(Self.environment(pipeline))
            let answer = try await CollectorClient(port: port).post("/v1/track", #"{"userId":"u","event":"e"}"#)
            #expect(answer.status == 200)
            #expect(try await consumeTopic(topic.name).count == 1)
            #expect(await process.stop() == 0)
            #expect(!process.output.contains("\"level\":\"error\""), "\(process.output)")
        }
    }
}
