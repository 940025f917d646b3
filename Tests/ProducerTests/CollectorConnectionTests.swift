import Foundation
import NIOCore
import NIOPosix
import ServiceRuntime
import TestKit
import Testing

@testable import Producer

@Suite(
    "Connections that say nothing keep nobody out", .enabled(if: KafkaTestServer.isAvailable), .timeLimit(.minutes(10)))
struct CollectorConnectionTests {
    /// Connections that have sent `text` and nothing more.
    private func open(_ count: Int, _ port: Int, sending text: String) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try? await channel.writeAndFlush(channel.allocator.buffer(string: text))  // it may be closed already
            channels.append(channel)
        }
        return channels
    }

    private func closeAll(_ channels: [any Channel]) async {
        for channel in channels { try? await channel.close() }
    }

    private func limits(_ change: (inout HTTPLimits) -> Void = { _ in }) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connectionsMax = 8
        limits.connectionsPerAddressMax = 4
        change(&limits)
        return limits
    }

    private func settings() -> CollectorSettings {
        var settings = CollectorSettings()
        settings.isOpen = true
        return settings
    }

    @Test("half requests of one address give way: events are taken, and health is told", arguments: [0, 1])
    func halfRequests(proxies: Int) async throws {
        try await withTopic("connections") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            var settings = settings()
            settings.trustedProxies = proxies
            try await RunningCollector.run(pipeline, settings, limits: limits()) { collector in
                let silent = try await open(40, collector.port, sending: "POST /v1/track HTTP/1.1\r\nHost: x\r\n")
                let event = try await collector.post("/v1/track", #"{"userId":"u","event":"e"}"#)
                #expect(event.status == 200)
                #expect(try await collector.client.get("/healthz").status == 200)
                #expect(try await collector.client.get("/readyz").text.contains("checks"))
                await closeAll(silent)
            }
        }
    }

    @Test("when all places are busy, health is told and others are to come back")
    func busy() async throws {
        try await withTopic("connections-busy") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            try await RunningCollector.run(pipeline, settings(), limits: limits()) { collector in
                let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
                let busy = try await open(4, collector.port, sending: head)
                // Until their heads have come.
                while try await collector.post("/v1/track", #"{"userId":"u","event":"e"}"#).status != 503 {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(try await collector.client.get("/healthz").status == 200)
                #expect(try await collector.client.get("/readyz").text.contains("checks"))
                await closeAll(busy)
                while try await collector.post("/v1/track", #"{"userId":"u","event":"e"}"#).status != 200 {
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
    }

    @Test("a head that does not come to its end is waited for no longer than is set")
    func slowHead() async throws {
        try await withTopic("connections-slow") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            let limits = limits { $0.headerTimeout = .milliseconds(200) }
            try await RunningCollector.run(pipeline, settings(), limits: limits) { collector in
                // Returns when the server has closed.
                let answer = try await collector.raw(Array("POST /v1/track HTTP/1.1\r\nHost".utf8))
                #expect(answer == "")
            }
        }
    }
}
