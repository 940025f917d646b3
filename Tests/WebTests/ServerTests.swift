import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceLifecycle
import ServiceRuntime
import Testing

@testable import Web

@Suite("A server answers until it is told to stop") struct ServerTests {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct Until: Service {
        let body: @Sendable () async throws -> Void

        func run() async throws { try await body() }
    }

    @Test func aTakenPortIsNamedWithItsSetting() async throws {
        let first = HealthServer.make(endpoint: HTTPEndpoint(port: 0), health: HealthChecks(), logger: logger)
        let logger = self.logger
        try await Lifecycle.run(
            [first],
            job: Until {
                let port = try #require(await first.port())
                let second = HealthServer.make(
                    endpoint: HTTPEndpoint(port: port), health: HealthChecks(), logger: logger)
                let error = await #expect(throws: ExitError.self) { try await second.run() }
                #expect(
                    error?.description
                        == "Cannot answer on 127.0.0.1:\(port): the port is taken. Stop what uses it, or set HTTP_PORT to another."
                )
                #expect(await second.port() == nil)
            }, grace: .seconds(10), logger: logger)
    }

    @Test func eventsEndWhenTheServiceStops() async throws {
        let face = try await Face()
        face.web.router.get("events") { request, context in
            let (events, source) = AsyncStream<ServerSentEvent>.makeStream()
            source.yield(ServerSentEvent(id: "1", name: "model.updated", data: "a\nb"))
            return try Response.events(events, for: request, in: context)
        }
        let server = face.web.server()
        let received = Received()
        try await Lifecycle.run(
            [server],
            job: Until {
                let port = try #require(await server.port())
                let process = Process()
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = ["curl", "-sN", "http://127.0.0.1:\(port)/events"]
                let pipe = Pipe()
                process.standardOutput = pipe
                try process.run()
                // Ends as soon as the event is there: the stop then has a client that still listens.
                let (chunks, source) = AsyncStream<Data>.makeStream()
                pipe.fileHandleForReading.readabilityHandler = { source.yield($0.availableData) }
                var text = ""
                for await chunk in chunks {
                    text += String(decoding: chunk, as: UTF8.self)
                    if chunk.isEmpty || text.hasSuffix("data: b\n\n") { break }
                }
                pipe.fileHandleForReading.readabilityHandler = nil
                await received.set(text, process)
            }, grace: .seconds(20), logger: logger)
        let (text, process) = await received.value
        #expect(text == "retry: 2000\n\nid: 1\nevent: model.updated\ndata: a\ndata: b\n\n")
        process?.waitUntilExit()
        #expect(process?.terminationStatus == 0)
    }

    @Test(
        "an event cannot break out of its fields",
        arguments: [
            (ServerSentEvent(data: "x"), "data: x\n\n"),
            (
                ServerSentEvent(id: "1\ndata: y", name: "n\r\nm", data: "a\r\nb\rc"),
                "id: 1data: y\nevent: nm\ndata: a\ndata: b\ndata: c\n\n"
            ),
            (ServerSentEvent(data: ""), "data: \n\n"),
        ])
    func eventText(event: ServerSentEvent, text: String) { #expect(event.text == text) }
}

private actor Received {
    private(set) var value: (String, Process?) = ("", nil)

    func set(_ text: String, _ process: Process) { value = (text, process) }
}
