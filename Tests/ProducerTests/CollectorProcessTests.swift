import Foundation
import TestKit
import Testing

@testable import Producer

@Suite(
    "The collector as an ordinary user",
    .enabled(if: KafkaTestServer.isAvailable && ProducerProcess.binary != nil), .timeLimit(.minutes(10)))
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

    @Test("events of the spool are in the topic once, over kill -9 before and after it is drained")
    func killed() async throws {
        try await withTopic("killed-spool") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            let spool = pipeline.path + "/spool"
            try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
            try Unprivileged.give(spool)
            let here = Self.environment(pipeline, ["COLLECTOR_SPOOL_DIR": spool, "COLLECTOR_ACK_TIMEOUT": "1s"])
            // A port where nobody answers stands for a broker that is away.
            let away = here.merging(["KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"]) { $1 }
            let (first, port) = try await ProducerProcess.collector(away)
            var ids: [String] = []
            for request in 0..<8 {
                let calls = (0..<37).map {
                    #"{"type":"track","userId":"u","event":"e","messageId":"m\#(request)-\#($0)"}"#
                }
                let answer = try await CollectorClient(port: port).post(
                    "/v1/batch", #"{"batch":[\#(calls.joined(separator: ","))]}"#)
                #expect(answer.status == 200)
                ids += (0..<37).map { "m\(request)-\($0)" }
            }
            first.kill()
            for round in 0..<3 {
                let (next, port) = try await ProducerProcess.collector(here)
                func isDrained() async throws -> Bool {
                    let text = try await CollectorClient(port: port).get("/metrics").text
                    let names = try FileManager.default.contentsOfDirectory(atPath: spool)
                    return text.contains("collector") && !names.contains { $0.hasSuffix(".spool") }
                }
                while try await !isDrained() { try await Task.sleep(for: .milliseconds(20)) }
                next.kill()
                let found = try await consumeTopic(topic.name).compactMap {
                    $0.text?.firstMatch(of: /"event_id":"(m\d+-\d+)"/).map { String($0.1) }
                }
                #expect(found == ids, "round \(round): \(found.count) rows of \(ids.count)")
            }
            let list = try await ProducerProcess.run(["spool", "list"], here)
            #expect(list.code == 0 && list.output.contains("nothing was set aside"), "\(list.output)")
        }
    }

    @Test("what was set aside is sent by the command, and what cannot be used is said")
    func spoolReplay() async throws {
        try await withTopic("spool-replay") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            let spool = pipeline.path + "/spool"
            let folder = try SpoolFolder(spool)
            var bytes: [UInt8] = Array("damage".utf8)
            for number in 0..<300 {
                SpoolFrame.append(Delivery(topic: topic.name, value: Array("event \(number)".utf8)), to: &bytes)
            }
            try Data(bytes).write(to: URL(filePath: "\(folder.path)/000000000001-17.damaged"))
            for name in [spool, "\(spool)/000000000001-17.damaged"] { try Unprivileged.give(name) }
            let environment = Self.environment(pipeline, ["COLLECTOR_SPOOL_DIR": spool])
            let listed = try await ProducerProcess.run(["spool"], environment)
            #expect(listed.output.contains("300 events, 6 bytes that cannot be read"), "\(listed.output)")
            let sent = try await ProducerProcess.run(["spool", "replay"], environment)
            #expect(sent.code == 0, "\(sent.output)")
            #expect(try await consumeTopic(topic.name).count == 300)
            let again = try await ProducerProcess.run(["spool", "replay"], environment)
            #expect(again.code == 0 && again.output.contains("nothing was set aside"), "\(again.output)")
            let wrong = try await ProducerProcess.run(
                ["spool", "replay"], environment.merging(["COLLECTOR_SPOOL_DIR": "/nowhere"]) { $1 })
            #expect(wrong.code == 78 && wrong.output.contains("/nowhere"), "\(wrong.output)")
        }
    }

    @Test("a spool of another user, or of another collector, is said at the start: the folder, and what to do")
    func spoolOfAnother() async throws {
        let pipeline = try CollectorPipeline(topic: KafkaTestServer.uniqueName("spool"))
        defer { pipeline.remove() }
        let spool = pipeline.path + "/spool"
        try FileManager.default.createDirectory(
            atPath: spool, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
        let environment = Self.environment(pipeline, ["COLLECTOR_SPOOL_DIR": spool])
        let foreign = try await ProducerProcess.run(["serve"], environment)
        #expect(foreign.code != 0 && foreign.output.contains(spool), "\(foreign.output)")
        #expect(foreign.output.contains("COLLECTOR_SPOOL_DIR"))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: spool)
        try Unprivileged.give(spool)
        let (first, _) = try await ProducerProcess.collector(environment)
        let second = try await ProducerProcess.run(["serve"], environment.merging(["HTTP_PORT": "0"]) { $1 })
        #expect(second.code != 0 && second.output.contains("another collector uses it"), "\(second.output)")
        first.kill()
    }

    @Test("a busy port, a folder without contracts: said with the place and what to do, and exit code")
    func said() async throws {
        let pipeline = try CollectorPipeline(topic: KafkaTestServer.uniqueName("said"))
        defer { pipeline.remove() }
        let (first, port) = try await ProducerProcess.collector(Self.environment(pipeline))
        let second = try await ProducerProcess.run(
            ["serve"], Self.environment(pipeline, ["HTTP_PORT": "\(port)"]))
        #expect(second.code == 1 && second.output.contains("127.0.0.1:\(port): the port is taken"), "\(second.output)")
        first.kill()
        let empty = pipeline.path + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let environment = Self.environment(pipeline, ["MILLRACE_PIPELINE": empty])
        for command in [["topics"], ["topics", "--check"], ["serve"], ["replay", "-"]] {
            let outcome = try await ProducerProcess.run(command, environment)
            #expect(outcome.code == 78, "\(command): \(outcome.output)")
            #expect(outcome.output.contains(empty) && outcome.output.contains("MILLRACE_PIPELINE"))
        }
    }
}
