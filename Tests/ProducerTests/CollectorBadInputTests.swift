import Foundation
import Kafka
import TestKit
import TestValues
import Testing

@testable import Producer

@Suite(
    "Ten thousand bodies that should not have been posted", .enabled(if: KafkaTestServer.isAvailable),
    .timeLimit(.minutes(10)))
struct CollectorBadInputTests {
    /// What was answered, over all requests.
    private struct Tally {
        var statuses: [Int: Int] = [:]
        var accepted = 0
        var rejected = 0
        var wrong: [String] = []
        /// Bodies whose events were rejected.
        var refused: [[UInt8]] = []
    }

    @Test("each is answered right; what was accepted is in the topic, what was rejected in dead letters")
    func everyOne() async throws {
        try await withTopic("bad-input", partitions: 2) { topic in
            let pipeline = try CollectorPipeline(topic: topic.name)
            defer { pipeline.remove() }
            var settings = CollectorSettings()
            settings.isOpen = true
            try await RunningCollector.run(pipeline, settings) { collector in
                var maker = BadMessages(
                    seed: 20_261_123, id: "user_id", note: "event", time: "timestamp", isNumbered: false)
                let messages = (0..<10_000).map { _ in maker.next() }
                let topic = pipeline.topic
                var found = Tally()
                try await withThrowingTaskGroup(of: [(number: Int, answer: String)].self) { group in
                    for worker in 0..<8 {
                        group.addTask {
                            var answers: [(number: Int, answer: String)] = []
                            for number in stride(from: worker, to: messages.count, by: 8) {
                                let answer = try await Self.post(messages[number].bytes, topic, collector)
                                answers.append((number, answer))
                            }
                            return answers
                        }
                    }
                    for try await answers in group {
                        for (number, answer) in answers { Self.note(answer, of: messages[number], in: &found) }
                    }
                }
                #expect(found.wrong.isEmpty, "\(found.wrong.prefix(5))")
                #expect(found.statuses.keys.sorted() == [200, 400, 413, 422], "\(found.statuses)")
                #expect(found.accepted > 2_000)
                #expect(try await consumeTopic(pipeline.topic).count == found.accepted)
                let letters = try await consumeTopic("\(pipeline.topic).dead-letters").map { $0.value ?? [] }
                #expect(letters.count == found.rejected)
                // A body of one event is its own dead letter, byte for byte but for white space around it.
                let kept = Set(letters)
                let lost = found.refused.filter { !kept.contains(Self.trimmed($0)) }
                #expect(lost.isEmpty, "\(lost.first.map { String(decoding: $0.prefix(200), as: UTF8.self) } ?? "")")
                // It goes on.
                let good = #"{"user_id":"u","event":"e","timestamp":"2026-11-23T10:00:00Z"}"#
                #expect(try await collector.post("/v1/topics/\(pipeline.topic)", good).status == 200)
            }
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isSpace = { (byte: UInt8) in [9, 10, 13, 32].contains(byte) }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return Array(bytes[first...last])
    }

    private static func post(
        _ body: [UInt8], _ topic: String, _ collector: RunningCollector
    ) async throws -> String {
        let lines = [
            "POST /v1/topics/\(topic) HTTP/1.1", "Host: x", "Content-Type: application/json",
            "Content-Length: \(body.count)", "Connection: close",
        ]
        return try await collector.raw(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    }

    private static func note(_ answer: String, of message: BadMessages.Message, in tally: inout Tally) {
        let status = Int(answer.dropFirst(9).prefix(3)) ?? 0
        // The answer to a single event does not count.
        let isCounted = status != 200 || answer.contains("\"accepted\":")
        let accepted = isCounted ? number(after: "\"accepted\":", in: answer) : 1
        let rejected = number(after: "\"rejected_count\":", in: answer)
        tally.statuses[status, default: 0] += 1
        tally.accepted += accepted
        tally.rejected += rejected
        if status == 422 {
            // The rule, a sentence, and the field where there is one: what a sender needs to mend it.
            for part in ["application/problem+json", #""rule":""#, #""detail":""#] where !answer.contains(part) {
                tally.wrong.append("422 without \(part): \(answer.suffix(200))")
            }
            // Of an array the elements are the letters.
            let isArray = trimmed(message.bytes).first == UInt8(ascii: "[")
            if rejected == 1, accepted == 0, !isArray { tally.refused.append(message.bytes) }
        }
        // An event of more than 32 KB is not taken, however good.
        let isGood = message.bytes.count > 32 << 10 ? false : message.isGood
        guard let isGood, isGood != (status == 200 && accepted == 1) else { return }
        tally.wrong.append(
            "\(status) for \(String(decoding: message.bytes.prefix(120), as: UTF8.self)): \(answer.suffix(200))")
    }

    private static func number(after name: String, in text: String) -> Int {
        guard let range = text.range(of: name) else { return 0 }
        return Int(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}
