import Foundation
import Kafka
import TestKit
import Testing

@testable import ControlPlane

@Suite("What is too large for one message") struct ControlSizeTests {
    static func model(_ number: Int, words: Int) -> EnvironmentManifest.Model {
        var random = SystemRandomNumberGenerator()
        // No repetition that a compression could live on.
        let text = (0..<words).map { _ in String(UInt64.random(in: 0..<UInt64.max, using: &random), radix: 36) }
        return EnvironmentManifest.Model(
            name: "analytics.m\(number)", kind: "FULL", relation: "analytics.m\(number)",
            columns: [.init(name: "id", type: "text", description: "who")],
            dependsOn: number > 0 ? ["analytics.m\(number - 1)"] : [], sources: [], cron: "@daily",
            description: text.joined(separator: " "))
    }

    static func manifest(_ count: Int, words: Int, environment: String = "prod") -> EnvironmentManifest {
        EnvironmentManifest(
            environment: environment, promotedAt: Samples.time, plan: "p",
            models: (0..<count).map { model($0, words: words) })
    }

    private func envelope(_ message: any ControlMessage) -> ControlEnvelope {
        ControlEnvelope(
            id: "1", type: type(of: message).type, source: "s", subject: nil, time: nil, traceParent: nil,
            message: message, position: TopicPartition("t", 0), offset: 0)
    }

    @Test("a manifest that fits is one message, as ever") func small() throws {
        let manifest = Self.manifest(3, words: 10)
        let messages = try manifest.messages()
        #expect(messages.count == 1 && messages.first as? EnvironmentManifest == manifest)
    }

    @Test("a large manifest comes in parts that fit, and its readers see the whole", arguments: [120, 2_500])
    func parts(count: Int) throws {
        let manifest = Self.manifest(count, words: 1_000)
        let messages = try manifest.messages()
        #expect(messages.count > 2)
        for message in messages { #expect(try ControlSize.bytes(of: message) <= ControlSize.bytesMax) }
        var parts = ManifestParts()
        for _ in 0..<2 {  // a service that starts says everything again
            let seen = messages.compactMap { parts.take(envelope($0)) }
            #expect(seen.count == 1 && seen.first?.message as? EnvironmentManifest == manifest)
        }
    }

    @Test("an older reader, and one that misses a part, learns the models from the head") func head() throws {
        let manifest = Self.manifest(120, words: 1_000)
        let messages = try manifest.messages()
        let head = try #require(messages.last as? EnvironmentManifest)
        #expect(head.models.map(\.name) == manifest.models.map(\.name))
        #expect(head.models.map(\.dependsOn) == manifest.models.map(\.dependsOn))
        var parts = ManifestParts()
        let seen = messages.dropFirst().compactMap { parts.take(envelope($0)) }
        let known = try #require(seen.first?.message as? EnvironmentManifest)
        #expect(known.models.map(\.name) == manifest.models.map(\.name) && known.parts == nil)
    }

    @Test("parts of another plan do not mix") func otherPlan() throws {
        let old = try Self.manifest(120, words: 1_000).messages()
        var manifest = Self.manifest(130, words: 1_000)
        manifest.plan = "q"
        var parts = ManifestParts()
        let seen = (old.dropLast() + (try manifest.messages())).compactMap { parts.take(envelope($0)) }
        #expect(seen.count == 1 && seen.first?.message as? EnvironmentManifest == manifest)
    }

    @Test("one model that no message can hold is named") func giant() throws {
        var manifest = Self.manifest(3, words: 10)
        manifest.models[1].description = String(repeating: "x", count: 2_000_000)
        let error = #expect(throws: ControlSizeError.self) { try manifest.messages() }
        #expect(error?.description.contains("analytics.m1") == true)
    }

    @Test("texts of failures are cut, and hold nothing that cannot be stored") func failures() throws {
        let failure = ControlFailure(
            code: "x", message: "a\0" + String(repeating: "ä", count: 900_000), retriable: true)
        #expect(failure.message.utf8.count < 5_000 && failure.message.hasPrefix("a\u{FFFD}ä"))
        #expect(failure.message.hasSuffix("bytes more)"))
        let wire = #"{"code":"x","message":"\#(String(repeating: "y", count: 100_000))","retriable":false}"#
        let read = try JSONDecoder().decode(ControlFailure.self, from: Data(wire.utf8))
        #expect(read.message.utf8.count < 5_000)
    }

    @Test("very many intervals become the one over them") func intervals() {
        let many = (0..<50_000).map { number in
            ControlInterval(
                from: Date(timeIntervalSince1970: Double(number) * 7_200),
                to: Date(timeIntervalSince1970: Double(number) * 7_200 + 3_600))
        }
        let message = TransformSucceeded(
            task: "t", run: "r", attempt: 1, environment: "prod", model: "m", worker: "w", intervals: many, rows: 1,
            durationMs: 1)
        #expect(message.intervals == [ControlInterval(from: many[0].from, to: many[49_999].to)])
    }

    @Test("a manifest in parts goes over a real broker", .enabled(if: KafkaTestServer.isAvailable))
    func overTheWire() async throws {
        let settings = KafkaTestServer.settings()
        let admin = try KafkaAdmin(settings, logger: KafkaTestServer.logger())
        try await ControlTopics.ensure(admin, replicationFactor: 1)
        await admin.close()
        let environment = KafkaTestServer.uniqueName("env")
        let manifest = Self.manifest(120, words: 1_000, environment: environment)
        let publisher = try ControlPublisher(settings, source: "/millrace/test", logger: KafkaTestServer.logger())
        let error = await #expect(throws: KafkaError.self) { try await publisher.publish(manifest) }
        #expect(error?.refusesMessage == true, "as one message it is refused for good")
        for message in try manifest.messages() { try await publisher.publish(message) }
        let subscriber = try ControlSubscriber(
            settings, topics: [.environments], from: .beginning, logger: KafkaTestServer.logger())
        var known: EnvironmentManifest?
        while known == nil, let delivery = try await subscriber.next() {
            guard case .message(let envelope) = delivery, let found = envelope.message as? EnvironmentManifest,
                found.environment == environment
            else { continue }
            known = found
        }
        #expect(known == manifest)
        try await publisher.publish(EnvironmentRemoved(environment: environment))
        try await subscriber.close()
        await publisher.close()
    }
}

@Suite("A command that makes no sense") struct CommandProblemTests {
    private static let now = Samples.time

    private static func command(_ change: (inout TransformRequested) -> Void) -> TransformRequested {
        var request = TransformRequested(
            task: "t", run: "r", attempt: 1, action: .backfill, environment: "prod", model: "analytics.m",
            from: now.addingTimeInterval(-86_400), upTo: now, deadline: now.addingTimeInterval(60))
        change(&request)
        return request
    }

    @Test("is told apart from one that does")
    func problems() {
        func problem(_ change: (inout TransformRequested) -> Void) -> String? {
            Self.command(change).problem(at: Self.now)
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.action = .run } == nil)
        #expect(problem { $0.from = nil }?.contains("`from`") == true)
        #expect(problem { $0.from = $0.upTo }?.contains("not before") == true)
        let farOff = ControlTime.date("9999-01-01T00:00:00Z")!
        #expect(problem { $0.upTo = farOff }?.contains("future") == true)
        #expect(problem { ($0.action, $0.upTo) = (.run, farOff) }?.contains("future") == true)
        #expect(problem { $0.from = ControlTime.date("0001-01-01T00:00:00Z")! }?.contains("more than one") == true)
        #expect(problem { $0.model = String(repeating: "m", count: 900_000) }?.contains("`model`") == true)
        #expect(problem { $0.task = "" }?.contains("`task`") == true)
        #expect(problem { $0.environment = "a\0b" }?.contains("`environment`") == true)
        #expect(problem { $0.attempt = 0 }?.contains("`attempt`") == true)
        #expect(problem { $0.attempt = .max }?.contains("`attempt`") == true)
    }
}
