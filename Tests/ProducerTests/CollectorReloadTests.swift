import DataContract
import Foundation
import Kafka
import Logging
import Pipeline
import ServiceRuntime
import TestKit
import Testing

@testable import Producer

/// What changes under a running collector.
@Suite("The collector's files change while it runs", .timeLimit(.minutes(10))) final class CollectorReloadTests {
    let pipeline: CollectorPipeline

    init() throws { pipeline = try CollectorPipeline() }

    deinit { pipeline.remove() }

    func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(pipeline.path)/\(file)", atomically: true, encoding: .utf8)
    }

    func contract(_ change: (String) -> String) throws -> String {
        change(try String(contentsOfFile: pipeline.path + "/contracts/events.yaml", encoding: .utf8))
    }

    @Test("a contract that is broken stays as it was, and the others change; a place and a reason are told")
    func brokenContract() throws {
        let first = try CollectorPlan.read(pipeline.folder)
        #expect(first.problems.isEmpty && first.topics == ["events"])
        let good = try contract { $0 }
        try write(
            good.replacing("name: events #", with: "name: clicks #").replacing("raw.events", with: "raw.clicks"),
            to: "contracts/clicks.yaml")
        try write(good.replacing("logicalType: string", with: "logicalType: sting"), to: "contracts/events.yaml")
        let second = try CollectorPlan.read(pipeline.folder, after: first)
        #expect(second.topics == ["clicks", "events"])
        #expect(second.contracts.contains(first.contracts[0]))
        let problem = try #require(second.problems.first)
        #expect(problem.file == "contracts/events.yaml" && problem.line != nil)
        // At a start there is no old one: the others work.
        #expect(try CollectorPlan.read(pipeline.folder).topics == ["clicks"])
        try FileManager.default.removeItem(atPath: pipeline.path + "/contracts")
        let third = try CollectorPlan.read(pipeline.folder, after: second)
        #expect(third.topics == second.topics && !third.problems.isEmpty)
        #expect(throws: ExitError.self) { try CollectorPlan.read(self.pipeline.folder) }
    }

    @Test("rules that are broken stay as they were; a topic that only they name stays with them")
    func brokenRules() throws {
        let good = try contract { $0 }
        try write(
            good.replacing("name: events #", with: "name: clicks #").replacing("raw.events", with: "raw.clicks"),
            to: "contracts/clicks.yaml")
        try write("topic: events\ncalls:\n  page: {topic: clicks}\n", to: "collector.yaml")
        let first = try CollectorPlan.read(pipeline.folder)
        #expect(first.rules.calls["page"]?.topic == "clicks")
        try FileManager.default.removeItem(atPath: pipeline.path + "/contracts/clicks.yaml")
        let second = try CollectorPlan.read(pipeline.folder, after: first)
        #expect(second.rules == first.rules && second.topics == ["clicks", "events"])
        #expect(second.problems.map(\.file) == ["collector.yaml"])
    }

    @Test(
        "a misspelt name in the rules: file, line, and the right one",
        arguments: [
            ("topic: events\nfeilds: {}\n", 2, "fields"), ("calls:\n  trak: {}\n", 2, "track"),
            ("calls:\n  track:\n    topc: events\n", 3, "topic"), ("topic: event\n", 1, "events"),
            ("fields:\n  at: \"@timestmp\"\n", 2, "@timestamp"),
        ])
    func misspeltRules(text: String, line: Int, right: String) throws {
        try write(text, to: "collector.yaml")
        do {
            _ = try CollectorPlan.read(pipeline.folder)
            Issue.record("\(text) was read")
        } catch let error as PipelineError {
            #expect(error.file == "collector.yaml" && error.line == line)
            #expect(error.message.contains(right), "\(error)")
        }
    }

    @Test(
        "a misspelt name in the file of keys is no limit that silently does nothing: line, and the right one",
        arguments: [
            ("keys:\n  - name: a\n    key: secret-key\n    topic: [events]\n", 4, "topics"),
            ("keys:\n  - {name: a, key: secret-key, rte: 5}\n", 2, "rate"), ("kys: []\n", 1, "keys"),
            ("keys:\n  - {name: a, key: secret-key}\n  - {name: b, key: other-key, topics: [event]}\n", 3, "events"),
            ("keys:\n  - {name: a, key: secret-key, rate: fast}\n", 2, "rate"),
            ("keys: [{name: a, secret-key: 1}]", 1, "not known here"),
            ("keys:\n  - {name: a, key: secret-key, topics: events}\n", 2, "list"),
        ])
    func misspeltKeys(text: String, line: Int, right: String) {
        do throws(KeyFileError) {
            _ = try KeyFile.read(text, topics: ["events"])
            Issue.record("\(text) was read")
        } catch {
            #expect(error.line == line && error.description.contains(right), "\(error.place(in: "keys.yaml")) \(error)")
            #expect(!error.description.contains("secret-key"))
        }
    }

    @Test("contracts, rules and keys are taken up without a restart", .enabled(if: KafkaTestServer.isAvailable))
    func taken() async throws {
        try await withTopic("reload") { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            let keys = pipeline.path + "/keys.yaml"
            try "keys: [{name: a, key: first-key}]".write(toFile: keys, atomically: true, encoding: .utf8)
            var settings = CollectorSettings()
            settings.keysFile = keys
            try await RunningCollector.run(pipeline, settings) { collector in
                func write(_ text: String, _ file: String) throws {
                    try text.write(toFile: "\(pipeline.path)/\(file)", atomically: true, encoding: .utf8)
                }
                func ready(_ isRight: (String) -> Bool) async throws {
                    while true {
                        let answer = try await collector.client.get("/readyz")
                        if answer.status == 200, isRight(answer.text) { return }
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                func post(_ body: String) async throws -> (status: Int, text: String) {
                    try await collector.post(
                        "/v1/topics/\(topic.name)", body, headers: ["Authorization: Bearer first-key"])
                }
                try await ready { !$0.contains("warnings") }
                let event = #"{"user_id":"u","event":"e","timestamp":"2026-11-23T10:00:00Z","device":"d"}"#
                #expect(try await post(event).status == 200)
                // The contract asks for less: what was text may now be missing, what was free is now a number.
                let file = "contracts/events.yaml"
                let old = try String(contentsOfFile: "\(pipeline.path)/\(file)", encoding: .utf8)
                func adding(_ property: String) -> String {
                    old.replacing("\n\nslaProperties", with: "\n      - {\(property)}\n\nslaProperties")
                }
                try write(adding("name: amount, logicalType: integer, required: true"), file)
                while try await post(event).status == 200 { try await Task.sleep(for: .milliseconds(20)) }
                #expect(try await post(event).text.contains(#""field":"amount""#))
                // A broken version keeps the one before, and says where it is broken.
                let broken = adding("name: amount, logicalType: intger, required: true")
                try write(broken, file)
                let lines = broken.split(separator: "\n", omittingEmptySubsequences: false)
                let line = try #require(lines.firstIndex { $0.contains("intger") }) + 1
                try await ready { $0.contains("\(file):\(line)") }
                #expect(try await post(event).text.contains(#""field":"amount""#))
                try write(old, file)
                try await ready { !$0.contains("warnings") }
                #expect(try await post(event).status == 200)
                // The rules.
                try write("fields:\n  device: \"=fridge\"\n", "collector.yaml")
                let call = #"{"writeKey":"first-key","userId":"u","event":"e"}"#
                var texts: [String] = []
                while !texts.contains(where: { $0.contains("fridge") }) {
                    #expect(try await collector.post("/v1/track", call).status == 200)
                    texts = try await consumeTopic(topic.name).compactMap(\.text)
                }
                // Keys with a mistake are a warning until they are mended.
                try "keys: [{name: a, key: first-key, topic: [x]}]".write(
                    toFile: keys, atomically: true, encoding: .utf8)
                try await ready { $0.contains("keys.yaml:1") && $0.contains("topics") }
                // A topic that no contract has yet, and then one has it.
                let other = topic.name + "-b"
                try "keys: [{name: a, key: first-key, topics: [\(topic.name), \(other)]}]".write(
                    toFile: keys, atomically: true, encoding: .utf8)
                try await ready { $0.contains("which no contract has") }
                try write(
                    old.replacing("name: \(topic.name)", with: "name: \(other)").replacing("raw.events", with: "raw.b"),
                    "contracts/b.yaml")
                // Its topic is not there yet; that keeps no event from the other.
                try await ready { $0.contains("Topics are missing: \(other)") && !$0.contains("keys.yaml") }
                #expect(try await post(event).status == 200)
            }
        }
    }

    @Test("a collector whose events Kafka does not take is not ready, whatever the brokers say of themselves")
    func refusal() async throws {
        let away = KafkaSettings(bootstrapServers: "127.0.0.1:1", clientID: "test")
        let delivery = try EventDelivery(
            away, ackTimeout: .seconds(1), budget: MemoryBudget(bytesMax: 1 << 20), spool: nil,
            logger: KafkaTestServer.logger(.critical))
        let event = Delivery(topic: "events", key: nil, value: [1])
        let outcome = await withCheckedContinuation { continuation in
            delivery.deliver([event]) { continuation.resume(returning: $0) }
        }
        guard case .unavailable = outcome else {
            Issue.record("\(outcome)")
            return
        }
        delivery.note(trouble: nil, missing: nil)
        #expect(delivery.trouble != nil)
        await delivery.close(within: .zero)
    }
}
