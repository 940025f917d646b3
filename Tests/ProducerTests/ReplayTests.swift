import DataContract
import Foundation
import Kafka
import Pipeline
import TestKit
import Testing

@testable import Producer

/// A contract of what these tests send.
private func contract(topic: String = "events") -> Contract {
    Contract(
        file: "events.yaml", id: "events", version: "1.0.0", topic: .init(name: topic, partitions: 3),
        table: .init(schema: "raw", name: "events"),
        properties: [
            Property(name: "event_id", logicalType: .string, isUnique: true),
            Property(name: "user_id", logicalType: .string, isRequired: true),
            Property(name: "at", logicalType: .timestamp, isRequired: true),
            Property(name: "amount", logicalType: .number), Property(name: "paid", logicalType: .boolean),
        ], eventTime: "at", key: "user_id")
}

@Suite("Events made of records") struct EventMakerTests {
    private func maker(
        _ format: InputFormat = .ndjson, _ mapping: EventMaker.Mapping = .init(), messageBytesMax: Int = 1_000_000
    ) -> EventMaker {
        EventMaker(
            contract(), mapping, format: format, delimiter: UInt8(ascii: ","), messageBytesMax: messageBytesMax)
    }

    private func record(_ text: String, _ number: Int = 1) -> SourceRecord {
        SourceRecord(number: number, line: number, bytes: Array(text.utf8), isTooLong: false)
    }

    private func value(_ event: EventMaker.Event) -> String { String(decoding: event.value, as: UTF8.self) }

    @Test("are the record's bytes where nothing is to be changed, with its key and time")
    func asItStands() throws {
        let text = #"{ "event_id":"e1", "user_id" : "a\"b", "at":"2018-01-01T00:00:00 UTC", "amount":1.50 }"#
        let event = try maker().event(of: record(text))
        #expect(value(event) == text)
        #expect(event.key == Array("a\"b".utf8))
        #expect(event.time == Moment("2018-01-01")?.microseconds)
    }

    @Test("have fields by other names, constants and a key of choice")
    func mapped() throws {
        let mapping = EventMaker.Mapping(
            names: ["uid": "user_id", "created": "at"], constants: ["paid": "true", "event_id": "c"], key: "event_id")
        let event = try maker(.ndjson, mapping).event(
            of: record(#"{"uid":"u1","created":"2026-11-23T10:00:00Z","paid":false,"more":[1]}"#))
        #expect(value(event) == #"{"user_id":"u1","at":"2026-11-23T10:00:00Z","more":[1],"event_id":"c","paid":true}"#)
        #expect(event.key == Array("c".utf8))
    }

    @Test("without an id get one, the same each time, and each its own")
    func ids() throws {
        let text = #"{"user_id":"u1","at":"2026-11-23T10:00:00Z"}"#
        let first = try maker().event(of: record(text, 1)), second = try maker().event(of: record(text, 2))
        #expect(try maker().event(of: record(text, 1)) == first)
        #expect(first != second)
        #expect(value(first).contains(#""event_id":""#))
    }

    @Test("are moved in time by the same amount")
    func shifted() throws {
        var maker = maker()
        maker.shift = 86_400_000_000
        let event = try maker.event(
            of: record(#"{"event_id":"e","user_id":"u","at":"2026-11-23T10:00:00Z","amount":1}"#))
        #expect(value(event) == #"{"event_id":"e","user_id":"u","at":"2026-11-24T10:00:00.000Z","amount":1}"#)
        #expect(event.time == Moment("2026-11-24 10:00")?.microseconds)
    }

    @Test("of CSV have the contract's types; an empty field is none, an empty text in quotes is one")
    func rows() throws {
        var maker = maker(.csv, .init(names: ["when": "at"]))
        try maker.takeHeader(record("event_id,user_id,when,amount,paid,note"))
        let event = try maker.event(of: record("e,\"u,1\",2026-11-23 10:00:00,1.50,TRUE,\"line\n\"\"two\"\"\""))
        #expect(
            value(event)
                == #"{"event_id":"e","user_id":"u,1","at":"2026-11-23 10:00:00","amount":1.50,"paid":true,"note":"line\n\"two\""}"#
        )
        #expect(
            value(try maker.event(of: record("e,u,2026-11-23 10:00,,,\"\"")))
                == #"{"event_id":"e","user_id":"u","at":"2026-11-23 10:00","note":""}"#)
    }

    @Test(
        "of CSV that do not fit are told by field and rule",
        arguments: [
            ("e,u,2026-11-23 10:00,12", "invalid_csv", nil), ("e,u,2026-11-23 10:00,\"1,true,x", "invalid_csv", nil),
            ("e,u,2026-11-23 10:00,\"1,\"\"x\"\":2\",true,x", "wrong_type", "amount"),
            ("e,u,yesterday,1,true,x", "invalid_timestamp", "at"),
            ("e,,2026-11-23 10:00,1,true,x", "missing_field", "user_id"),
            ("e,u,2026-11-23 10:00,1,maybe,x", "wrong_type", "paid"),
        ] as [(String, String, String?)])
    func badRows(text: String, rule: String, field: String?) throws {
        var maker = maker(.csv)
        try maker.takeHeader(record("event_id,user_id,at,amount,paid,note"))
        let fault = try #require(throws: EventMaker.Fault.self) { try maker.event(of: record(text)) }
        #expect(fault.rule == rule)
        #expect(fault.field == field)
    }

    @Test("of CSV need a header with a name for each column, once", arguments: ["a,,b", "a,a", "a,\"b", "uid,user_id"])
    func badHeaders(text: String) {
        var maker = maker(.csv, .init(names: ["uid": "user_id"]))
        #expect(throws: EventMaker.Fault.self) { try maker.takeHeader(record(text)) }
    }

    @Test("of dead letters are the messages as they were, or as they were mended")
    func letters() throws {
        let message = #"{"event_id":"e","user_id":"u","at":"2026-11-23 10:00"}"#
        let quoted = message.replacingOccurrences(of: "\"", with: "\\\"")
        let text = #"{"key":{"base64":"AP8="},"offset":3,"value":{"text":"\#(quoted)"}}"#
        let event = try maker(.deadLetters).event(of: record(text))
        #expect(value(event) == message)
        #expect(event.key == [0, 255])
        let empty = try #require(throws: EventMaker.Fault.self) {
            try maker(.deadLetters).event(of: record(#"{"key":null,"value":null}"#))
        }
        #expect(empty.rule == "null_value")
    }

    @Test("larger than a message may be are refused")
    func tooLarge() throws {
        let text = #"{"event_id":"e","user_id":"u","at":"2026-11-23 10:00"}"#
        let fault = try #require(throws: EventMaker.Fault.self) {
            try maker(.ndjson, messageBytesMax: 100).event(of: record(text))
        }
        #expect(fault.rule == "too_large")
    }

    @Test(
        "wrong command lines are refused by their flag",
        arguments: [
            (["f", "--rate=0"], "--rate"), (["f", "--rate=1", "--speed=1"], "--rate"), (["f", "--map=x"], "--map"),
            (["f", "--shift-to=later"], "--shift-to"), (["f", "--delimiter=ab"], "--delimiter"),
        ])
    func wrongCommandLines(arguments: [String], flag: String) throws {
        let command = try ReplayCommand.parse(arguments)
        let error = #expect(throws: (any Error).self) { try command.checked() }
        #expect("\(try #require(error))".contains(flag))
    }
}

@Suite("A replay, on a real broker", .enabled(if: KafkaTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ReplayOnBrokerTests {
    /// A file of its own, and what is kept beside it.
    private struct Files {
        let folder: URL
        var source: String { folder.appending(path: "events.ndjson").path }
        var checkpoint: String { source + ".checkpoint" }
        var rejects: String { folder.appending(path: "rejects.ndjson").path }

        init(_ lines: [String]) throws {
            folder = try temporaryFolder()
            try write(lines)
        }

        func write(_ lines: [String]) throws {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: source))
        }

        func settings() -> ReplaySettings {
            var settings = ReplaySettings(file: source)
            settings.checkpoint = checkpoint
            settings.rejects = rejects
            return settings
        }
    }

    private func line(_ number: Int) -> String {
        #"{"event_id":"e\#(number)","user_id":"u\#(number % 50)","at":"2026-11-23T10:00:00Z"}"#
    }

    @discardableResult
    private func replay(_ settings: ReplaySettings, to topic: KafkaTestTopic) async throws -> ReplayProgress.Counts {
        let progress = ReplayProgress()
        try await Replay(
            settings: settings, contract: contract(topic: topic.name), kafka: topic.settings, progress: progress,
            logger: KafkaTestServer.logger()
        ).run()
        return progress.counts
    }

    @Test("sends every good record once, byte for byte, and tells of the others")
    func whole() async throws {
        let lines = (1...5_000).map { $0 % 1_000 == 7 ? #"{"user_id":7}"# : line($0) }
        let files = try Files(lines)
        defer { try? FileManager.default.removeItem(at: files.folder) }
        try await withTopic("replayed", partitions: 3) { topic in
            let error = try await #require(throws: ReplayError.self) { try await replay(files.settings(), to: topic) }
            guard case .rejected(5, of: 5_000, let rules) = error else { throw error }
            #expect(rules.contains("wrong_type at user_id (lines 7, 1007, 2007, 3007, 4007)"))
            let sent = try await topic.consumeAll()
            #expect(sent.compactMap(\.text).sorted() == lines.filter { $0 != #"{"user_id":7}"# }.sorted())
            #expect(sent.allSatisfy { message in message.text?.contains("\"\(message.keyText ?? "-")\"") == true })
            let rejects = try String(contentsOfFile: files.rejects, encoding: .utf8).split(separator: "\n")
            #expect(rejects.count == 5)
            #expect(rejects[1].contains(#""line":1007"#) && rejects[1].contains(#""field":"user_id""#))
            // It is done: a second run sends nothing; one from the beginning sends all again.
            #expect(try await replay(files.settings(), to: topic).delivered == 0)
            var again = files.settings()
            again.restarts = true
            again.allowsRejects = true
            #expect(try await replay(again, to: topic).delivered == 4_995)
        }
    }

    @Test("that was stopped goes on where it was; a file that changed meanwhile is refused")
    func resumed() async throws {
        let files = try Files((1...20_000).map(line))
        defer { try? FileManager.default.removeItem(at: files.folder) }
        try await withTopic("resumed", partitions: 3) { topic in
            var slow = files.settings()
            slow.pace = .rate(2_000)
            let running = slow
            let first = Task { try await replay(running, to: topic) }
            while try await topic.consumeAll().count < 3_000 { try await Task.sleep(for: .milliseconds(20)) }
            first.cancel()
            _ = try await first.value
            let saved = try JSONDecoder().decode(
                ReplayCheckpoint.self, from: Data(contentsOf: URL(fileURLWithPath: files.checkpoint)))
            #expect(saved.records >= 2_000 && saved.records < 20_000 && !saved.isFinished)
            #expect(try await topic.consumeAll().count >= saved.delivered)

            let rest = try await replay(files.settings(), to: topic)
            #expect(rest.delivered == 20_000 - saved.records)
            let sent = try await topic.consumeAll().compactMap(\.text)
            #expect(Set(sent).count == 20_000)
            #expect(sent.count - 20_000 <= 16 * 2_000)

            try files.write((0...20_000).map(line))
            let error = try await #require(throws: ReplayError.self) { try await replay(files.settings(), to: topic) }
            guard case .otherFile = error else { throw error }
        }
    }

    @Test("moves times so that the first event happens when it is told to")
    func shifted() async throws {
        let files = try Files([
            "{}", line(1), line(2).replacingOccurrences(of: "10:00:00Z", with: "10:00:05Z"),
        ])
        defer { try? FileManager.default.removeItem(at: files.folder) }
        try await withTopic("shifted") { topic in
            var settings = files.settings()
            settings.time.first = Moment("2020-01-01")?.microseconds
            settings.allowsRejects = true
            settings.pace = .speed(1_000)
            try await replay(settings, to: topic)
            let texts = try await topic.consumeAll().compactMap(\.text)
            #expect(texts.count == 2)
            #expect(texts[0].contains("2020-01-01T00:00:00.000Z") && texts[1].contains("2020-01-01T00:00:05.000Z"))
        }
    }

    @Test("that only checks sends nothing and leaves no checkpoint")
    func check() async throws {
        let files = try Files([line(1), "no json"])
        defer { try? FileManager.default.removeItem(at: files.folder) }
        try await withTopic("checked") { topic in
            var settings = files.settings()
            settings.checksOnly = true
            await #expect(throws: ReplayError.self) { try await replay(settings, to: topic) }
            let sent = try await topic.consumeAll()
            #expect(sent.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: files.checkpoint))
        }
    }
}
