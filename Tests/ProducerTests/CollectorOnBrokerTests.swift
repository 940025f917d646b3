import Foundation
import Kafka
import NIOCore
import NIOPosix
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import TestKit
import Testing

@testable import Producer

/// A collector that answers on a free port, for one test.
struct RunningCollector {
    let port: Int
    let ring: KeyRing

    static func run<R>(
        _ pipeline: CollectorPipeline, _ settings: CollectorSettings, kafka: KafkaSettings = KafkaTestServer.settings(),
        limits: HTTPLimits = HTTPLimits(),
        _ body: (RunningCollector) async throws -> R
    ) async throws -> R {
        let logger = KafkaTestServer.logger(.critical)
        let service = try CollectorService(
            settings, kafka: kafka, folder: pipeline.folder, endpoint: HTTPEndpoint(port: 0, limits: limits),
            health: HealthChecks(),
            logger: logger)
        let group = ServiceGroup(services: service.parts, gracefulShutdownSignals: [], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await service.server.port())
            let result = try await body(RunningCollector(port: port, ring: service.ring))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    var client: CollectorClient { CollectorClient(port: port) }

    func raw(_ bytes: [UInt8]) async throws -> String { try await client.raw(bytes) }

    func post(_ path: String, _ body: String, headers: [String] = []) async throws -> (status: Int, text: String) {
        try await client.post(path, body, headers: headers)
    }
}

@Suite("The collector on a real broker", .enabled(if: KafkaTestServer.isAvailable)) struct CollectorOnBrokerTests {
    func open(_ change: (inout CollectorSettings) -> Void = { _ in }) -> CollectorSettings {
        var settings = CollectorSettings()
        settings.isOpen = true
        change(&settings)
        return settings
    }

    func withPipeline(_ body: (CollectorPipeline) async throws -> Void) async throws {
        try await withTopic("collector", partitions: 2) { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            try await body(pipeline)
        }
    }

    @Test("an answer of 200 means that the event is in the topic; rejected ones are in dead letters")
    func acknowledged() async throws {
        try await withPipeline { pipeline in
            try await RunningCollector.run(pipeline, open()) { collector in
                let body = #"{"batch":[{"type":"track","userId":"u1","event":"a","messageId":"m1"},{"type":"track"}]}"#
                let answer = try await collector.post("/v1/batch", body, headers: ["Origin: https://shop.example"])
                #expect(answer.status == 200)
                #expect(answer.text.contains("Access-Control-Allow-Origin: *"))
                let messages = try await consumeTopic(pipeline.topic)
                #expect(messages.map(\.keyText) == ["u1"])
                #expect(messages.first?.text?.contains(#""event_id":"m1""#) == true)
                let dead = try await consumeTopic("\(pipeline.topic).dead-letters")
                #expect(dead.map(\.text) == [#"{"type":"track"}"#])
            }
        }
    }

    @Test("a collector whose topic is missing is not ready, says what to do, and becomes ready by itself")
    func missingTopic() async throws {
        let pipeline = try CollectorPipeline(topic: KafkaTestServer.uniqueName("missing"))
        defer { pipeline.remove() }
        try await RunningCollector.run(pipeline, open()) { collector in
            func readiness() async throws -> String {
                try await collector.raw(Array("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            }
            func waits(for text: String) async throws -> Bool {
                for _ in 0..<150 {
                    if try await readiness().contains(text) { return true }
                    try await Task.sleep(for: .milliseconds(100))
                }
                return false
            }
            #expect(try await waits(for: "Run `producer topics`"))
            let admin = try KafkaAdmin(KafkaTestServer.settings(), logger: KafkaTestServer.logger())
            try await admin.create(TopicSpecification(pipeline.topic, partitions: 1, replicationFactor: 1))
            #expect(try await waits(for: "200 OK"))
            try await admin.delete(topic: pipeline.topic)
            await admin.close()
        }
    }

    @Test("pages of other origins may not send; a path may end with a slash")
    func origins() async throws {
        try await withPipeline { pipeline in
            try await RunningCollector.run(pipeline, open { $0.allowedOrigins = ["https://shop.example"] }) {
                collector in
                let body = #"{"userId":"u1","event":"a"}"#
                for (origin, status) in [("https://shop.example", 200), ("https://evil.example", 403)] {
                    let answer = try await collector.post("/v1/track/", body, headers: ["Origin: \(origin)"])
                    #expect(answer.status == status)
                    #expect(answer.text.contains("Access-Control-Allow-Origin") == (status == 200))
                }
                #expect(try await collector.post("/v1/track", body).status == 200, "no browser, no origin")
                #expect(try await consumeTopic(pipeline.topic).count == 2)
            }
        }
    }

    @Test("every hostile request is answered right, and the service goes on")
    func hostile() async throws {
        try await withPipeline { pipeline in
            try await RunningCollector.run(pipeline, open { $0.requestTimeout = .seconds(1) }) { collector in
                func status(_ text: String) async throws -> Int {
                    Int(try await collector.raw(Array(text.utf8)).dropFirst(9).prefix(3)) ?? 0
                }
                let close = "Host: x\r\nConnection: close\r\n"
                let header = "X-Long: " + String(repeating: "x", count: 64 << 10) + "\r\n"
                let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
                let chunks = String(repeating: chunk, count: 16) + "0\r\n\r\n"
                let post = "POST /v1/track HTTP/1.1\r\n" + close
                let cases: [(String, [Int])] = [
                    ("GET /v1/track HTTP/1.1\r\n" + close + "\r\n", [405]),
                    ("DELETE /nothing HTTP/1.1\r\n" + close + "\r\n", [404]),
                    ("GET /../../etc/passwd HTTP/1.1\r\n" + close + "\r\n", [404]),
                    ("GET /%2e%2e/millrace.js HTTP/1.1\r\n" + close + "\r\n", [404]),
                    ("GET /millrace.js HTTP/1.1\r\n" + close + "\r\n", [200]),
                    ("OPTIONS /v1/batch HTTP/1.1\r\n" + close + "\r\n", [204]),
                    ("GET /readyz HTTP/1.1\r\n" + close + "\r\n", [200]),
                    ("nonsense\r\n\r\n", [400]),
                    ("GET /healthz HTTP/1.1\r\n" + header + close + "\r\n", [0, 400, 431]),
                    (post + "Content-Length: 10\r\n\r\n{", [408]),
                    (post + "Transfer-Encoding: chunked\r\n\r\n" + chunks, [413]),
                    (post + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n", [413]),
                ]
                for (text, expected) in cases {
                    let found = try await status(text)
                    #expect(expected.contains(found), "\(text.prefix(60)): \(found)")
                }
                let five = String(repeating: " ", count: 5 << 20)
                #expect(try await collector.post("/v1/track", five).status == 413)
                let deep = #"{"userId":"u","event":"e","properties":"# + String(repeating: "[", count: 5_000)
                let bodies = [
                    (deep, 400), (#"{"userId":"u\u0000","event":"e"}"#, 422), (#"{"userId":"u","event":"e"}"#, 200),
                ]
                for (body, expected) in bodies {
                    let found = try await collector.post("/v1/track", body).status
                    #expect(found == expected)
                }
            }
        }
    }

    @Test("keys are read again when the file changes, and a broken file changes nothing")
    func reload() async throws {
        try await withPipeline { pipeline in
            let file = pipeline.path + "/keys.yaml"
            func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
            try write("keys: [{name: a, key: first-key}]")
            var settings = CollectorSettings()
            settings.keysFile = file
            try await RunningCollector.run(pipeline, settings) { collector in
                func status(_ key: String) async throws -> Int {
                    try await collector.post("/v1/track", #"{"writeKey":"\#(key)","userId":"u","event":"e"}"#).status
                }
                func becomes(_ wanted: Int, _ key: String) async throws -> Bool {
                    let end = ContinuousClock.now + .seconds(30)
                    while ContinuousClock.now < end { if try await status(key) == wanted { return true } }
                    return false
                }
                #expect(try await status("first-key") == 200)
                #expect(try await status("second-key") == 401)
                try write("keys: [{name: a, key: second-key}]")
                #expect(try await becomes(200, "second-key"))
                #expect(try await status("first-key") == 401)
                try write("keys: nonsense")
                #expect(try await status("second-key") == 200)
            }
        }
    }

    @Test("without Kafka: 503 with Retry-After; with a spool: 200, and the events go out in order when it is back")
    func outage() async throws {
        try await withPipeline { pipeline in
            // A port where nobody answers stands for a broker that is away.
            let away = KafkaSettings(bootstrapServers: "127.0.0.1:1", clientID: "test")
            let body = #"{"userId":"u","event":"e","messageId":"#
            let short = open { $0.ackTimeout = .seconds(1) }
            try await RunningCollector.run(pipeline, short, kafka: away) { collector in
                let answer = try await collector.post("/v1/track", body + "\"lost\"}")
                #expect(answer.status == 503 && answer.text.contains("Retry-After: "))
            }
            let spooling = open {
                $0.ackTimeout = .seconds(1)
                $0.spoolFolder = pipeline.path + "/spool"
            }
            try await RunningCollector.run(pipeline, spooling, kafka: away) { collector in
                for number in 0..<5 {
                    let status = try await collector.post("/v1/track", body + "\"m\(number)\"}").status
                    #expect(status == 200)
                }
            }
            try await RunningCollector.run(pipeline, spooling) { collector in
                let last = try await collector.post("/v1/track", body + "\"m5\"}").status
                #expect(last == 200)
                let end = ContinuousClock.now + .seconds(30)
                var messages: [KafkaTestTopic.Message] = []
                while messages.count < 6, ContinuousClock.now < end {
                    messages = try await consumeTopic(pipeline.topic)
                }
                let ids = messages.compactMap { $0.text?.firstMatch(of: /"event_id":"(m\d)"/).map { String($0.1) } }
                #expect(ids == ["m0", "m1", "m2", "m3", "m4", "m5"])
            }
        }
    }
}
