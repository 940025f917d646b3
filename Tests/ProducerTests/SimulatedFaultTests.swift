import Foundation
import Kafka
import Logging
import Pipeline
import TestKit
import Testing

@testable import Producer

@Suite("Simulated faults") struct SimulatedFaultTests {
    private static let from = Moment("2026-11-01")!.microseconds

    private static func batch(
        _ shares: FaultShares, seed: UInt64 = 7, events: Int = 6_000, lateness: Int64 = 3_600_000_000
    ) -> EventBatch {
        var source = HistorySource(users: 500, seed: 1, from: from, to: from + 90 * 86_400_000_000)
        var faults = FaultInjector(shares, lateness: lateness, seed: seed)
        var batch = EventBatch(topics: ["events"], capacity: events)
        while batch.events < events, let event = source.next() {
            batch.append(event, faults: &faults)
        }
        batch.finish()
        return batch
    }

    private static let all = FaultShares(duplicates: 0.05, late: 0.05, malformed: 0.05, drift: 0.15)

    @Test("come in the shares asked for, the same ones for the same seed")
    func shares() {
        let batch = Self.batch(Self.all)
        #expect(batch.events == 6_000)
        #expect(batch.messages.count == batch.marks.count)
        let counts = Dictionary(batch.marks.compactMap { $0.fault.map { ($0, 1) } }, uniquingKeysWith: +)
        for fault in SimulatedFault.allCases {
            #expect((200...400).contains(counts[fault] ?? 0), "\(fault): \(counts[fault] ?? 0), about 300 expected")
        }
        #expect(batch.messages == Self.batch(Self.all).messages)
        #expect(batch.messages != Self.batch(Self.all, seed: 8).messages)
    }

    @Test("without shares nothing is changed")
    func none() {
        let batch = Self.batch(FaultShares())
        #expect(batch.messages.count == 6_000)
        #expect(batch.marks.allSatisfy { $0.fault == nil })
    }

    @Test("a message meets the contract exactly when its mark says so, and names its event in any case")
    func marksAreTrue() throws {
        let pipeline = try CollectorPipeline()
        defer { pipeline.remove() }
        let checker = EventChecker(try #require(try pipeline.folder.contracts().first))
        let batch = Self.batch(Self.all)
        for (message, mark) in zip(batch.messages, batch.marks) {
            let value = try #require(message.value)
            let rejection = value.withUnsafeBytes { checker.check($0) }
            #expect((rejection == nil) == (mark.fault?.isValid ?? true), "\(String(describing: mark.fault))")
            var id: [UInt8] = []
            PageViewEncoder.append(uuid: mark.id, to: &id)
            #expect(value.firstRange(of: id) != nil)
        }
    }

    @Test("a duplicate is the same message again, a late event is late by half of the lateness to all of it")
    func duplicatesAndLateEvents() throws {
        let duplicates = Self.batch(FaultShares(duplicates: 0.1))
        let first = duplicates.messages.prefix(6_000).map { $0 }
        for (message, mark) in zip(duplicates.messages, duplicates.marks).dropFirst(6_000) {
            #expect(mark.fault == .duplicate)
            #expect(first.contains(message))
        }
        let plain = Self.batch(FaultShares()).messages, late = Self.batch(FaultShares(late: 1)).messages
        for (onTime, late) in zip(plain, late) {
            let delay = try Self.time(of: onTime) - Self.time(of: late)
            #expect((1_799.9...3_600.1).contains(delay))
        }
    }

    private static func time(of message: ProducerMessage) throws -> Double {
        let object = try JSONSerialization.jsonObject(with: Data(try #require(message.value))) as? [String: Any]
        let text = try #require(object?["timestamp"] as? String)
        return Double(try #require(Moment(text)).microseconds) / 1_000_000
    }

    @Test(
        "a wrong share is refused with the flag's name",
        arguments: [
            (["--malformed=1.5"], "--malformed"), (["--drift=-0.1"], "--drift"), (["--late=nan"], "--late"),
            (["--duplicates=0.6", "--late=0.6"], "--duplicates"), (["--lateness=0"], "--lateness"),
        ])
    func wrongCommandLines(arguments: [String], flag: String) throws {
        let command = try SimulateCommand.parse(arguments)
        let error = #expect(throws: (any Error).self) { try command.checked() }
        #expect("\(try #require(error))".contains(flag))
    }
}

@Suite("The log of simulated events, on a real broker", .enabled(if: KafkaTestServer.isAvailable))
struct EventLogTests {
    @Test("names every message that is in the topic, once, with its fault")
    func logIsTrue() async throws {
        let path = NSTemporaryDirectory() + "simulated-\(UUID().uuidString).ndjson"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await withTopic("logged", partitions: 3) { topic in
            let from = Moment("2026-11-01")!.microseconds
            let settings = SimulateSettings(
                rate: 0, count: 3_000, users: 200, seed: 1, from: from, to: from + 30 * 86_400_000_000,
                topics: [topic.name],
                faults: FaultShares(duplicates: 0.1, late: 0.1, malformed: 0.1, drift: 0.1), log: path)
            let progress = SimulationProgress()
            try await Simulation(
                settings: settings, kafka: topic.settings, progress: progress, logger: KafkaTestServer.logger()
            ).run()
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let values = try await topic.consumeAll().compactMap(\.value)
            #expect(progress.counts == SimulationProgress.Counts(sent: values.count, delivered: values.count))
            try Self.compare(log: text, with: values, of: topic.name)
        }
    }

    private struct Line: Decodable {
        let event_id: String
        let topic: String
        let fault: String?
        let valid: Bool
        let acknowledged: Bool
    }

    private static func compare(log: String, with values: [[UInt8]], of topic: String) throws {
        let decoder = JSONDecoder()
        let lines = try log.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.allSatisfy { $0.acknowledged && $0.topic == topic })
        #expect(Set(lines.compactMap(\.fault)) == Set(SimulatedFault.allCases.map(\.rawValue)))
        #expect(lines.count { !$0.valid } > 300)
        // `{"event_id":"` is thirteen bytes, a UUID thirty-six.
        let sent = values.map { String(decoding: $0.dropFirst(13).prefix(36), as: UTF8.self) }
        #expect(lines.map(\.event_id).sorted() == sent.sorted())
        #expect(Set(sent).count == 3_000)
    }

    @Test("a log that cannot be written is refused before anything is sent")
    func unwritable() {
        #expect(throws: SimulationError.self) { try EventLog(path: "/nowhere/at/all.ndjson") }
    }
}
