import Foundation
import Testing

@testable import Producer

/// One bad part of a body never spoils the rest of it.
@Suite("The collector judges the parts of a body one by one") final class CollectorBadPartTests {
    let pipeline: CollectorPipeline

    init() throws { pipeline = try CollectorPipeline() }

    deinit { pipeline.remove() }

    /// Values that are broken, each in a way of its own, and the rule that names it.
    static let broken: [(value: String, rule: String)] = [
        (#""a\u0000b""#, "nul_character"), (#""\ud800""#, "unpaired_surrogate"), (#""\udc00x""#, "unpaired_surrogate"),
        (String(repeating: "[", count: 120) + String(repeating: "]", count: 120), "too_deep"),
        (String(repeating: #"{"a":"#, count: 120) + "1" + String(repeating: "}", count: 120), "too_deep"),
        (#""\x""#, "invalid_json"), (#""\u12""#, "invalid_json"), ("\"line\nend\"", "invalid_json"),
        ("nul", "invalid_json"), ("01", "invalid_json"), ("[1,]", "invalid_json"), (#"{"a" 1}"#, "invalid_json"),
        (#"{"a":"}]","b":}"#, "invalid_json"), ("1e999999", "out_of_range"),
    ]

    @Test("a broken call of a batch is rejected and kept; those around it are taken", arguments: 0..<14)
    func batch(number: Int) throws {
        let (value, rule) = Self.broken[number]
        let bad = #"{"type":"page","userId":"b","properties":{"x":\#(value)}}"#
        let body = #"""
            {"sentAt":"2026-11-23T10:00:00Z","batch":[{"type":"track","userId":"a","event":"one, [two}"}, \#(bad) ,
            {"type":"track","userId":"c","event":"\"three\""}],"context":{"locale":"de"}}
            """#
        let verdict = try pipeline.judge().post("/v1/batch", body)
        #expect(verdict.status == 200, "\(verdict.text)")
        #expect(verdict.text.contains(#""accepted":2,"rejected_count":1,"rejected":[{"index":1,"rule":"\#(rule)","#))
        #expect(verdict.events.map { $0["user_id"] as? String } == ["a", "c"])
        #expect(verdict.events.map { $0["event"] as? String } == ["one, [two}", "\"three\""])
        let dead = verdict.deliveries.filter { $0.topic == "events.dead-letters" }
        #expect(dead.map(\.value) == [Array(bad.utf8)], "byte for byte")
        #expect(dead.first?.headers.contains { $0.value == Array(rule.utf8) } == true)
    }

    @Test("so is a broken event of an array for a topic", arguments: 0..<14)
    func array(number: Int) throws {
        let (value, rule) = Self.broken[number]
        func good(_ user: String) -> String {
            #"{"user_id":"\#(user)","event":"e","timestamp":"2026-11-23T10:00:00Z"}"#
        }
        let bad = #"{"user_id":"b","event":"e","x":\#(value),"timestamp":"2026-11-23T10:00:00Z"}"#
        let verdict = try pipeline.judge().post("/v1/topics/events", "[ \(good("a")), \(bad)\n,\(good("c"))] ")
        #expect(verdict.status == 200, "\(verdict.text)")
        #expect(verdict.text.contains(#""accepted":2,"rejected_count":1,"rejected":[{"index":1,"#))
        #expect(verdict.text.contains(#""rule":"\#(rule)""#))
        #expect(verdict.events.map { $0["user_id"] as? String } == ["a", "c"])
        let dead = verdict.deliveries.filter { $0.topic == "events.dead-letters" }
        #expect(dead.map(\.value) == [Array(bad.utf8)])
    }

    @Test("a single call that is broken is a dead letter too", arguments: ["/v1/track", "/v1/pixel.gif"])
    func single(path: String) throws {
        let bad = #"{"userId":"b","event":"e","properties":{"x":"\u0000"}}"#
        let judge = try pipeline.judge()
        var request = CollectorRequest(path: path, receivedAt: receivedAt)
        request.query = "data=" + Data(bad.utf8).base64EncodedString().replacing("+", with: "%2B")
        let verdict =
            path.hasSuffix("gif") ? Pixel.judge(request, referer: nil, by: judge) : judge.post(path, bad)
        #expect(verdict.status == 422 && verdict.text.contains(#""rule":"nul_character""#), "\(verdict.text)")
        #expect(verdict.deliveries.map(\.value) == [Array(bad.utf8)])
    }

    @Test(
        "where it cannot be told where a part ends, nothing is taken, and the place of the fault is named",
        arguments: [
            #"[{"user_id":"a","event":"e},{"user_id":"b"}]"#, #"[{"user_id":["a"},{"user_id":"b"}]"#,
            #"[{"user_id":"a"},{"user_id":"b"}"#, #"[{"user_id":"a"}}]"#, #"[{"user_id":"a"}] x"#, #"[1,"#,
        ])
    func ambiguous(body: String) throws {
        let verdict = try pipeline.judge().post("/v1/topics/events", body)
        #expect(verdict.status == 400 && verdict.deliveries.isEmpty)
        #expect(verdict.text.contains("byte"))
        let batch = try pipeline.judge().post("/v1/batch", #"{"batch":\#(body)}"#)
        #expect(batch.status == 400 && batch.deliveries.isEmpty)
    }

    @Test("a key in a call is found behind a broken one; the dead letter goes where the broken call would have gone")
    func keyAndTopic() throws {
        let keys = "keys: [{name: site, key: key-of-site}]"
        let bad = #"{"type":"track","writeKey":"key-of-site","userId":"\ud800"}"#
        let good = #"{"type":"track","writeKey":"key-of-site","userId":"u","event":"e"}"#
        let verdict = try pipeline.judge(keys: keys).post("/v1/batch", #"{"batch":[\#(bad),\#(good)]}"#)
        #expect(verdict.status == 200 && verdict.events.count == 1, "\(verdict.text)")
        #expect(try pipeline.judge(keys: keys).post("/v1/batch", #"{"batch":[\#(bad)]}"#).status == 401)
    }

    @Test("a body packed in two pieces is both of them; what is behind is refused, not passed over")
    func members() throws {
        let judge = try pipeline.judge()
        func gzip(_ text: String) -> [UInt8] { Gzip.stored(Array(text.utf8)) }
        let line = #"{"user_id":"u","event":"e","timestamp":"2026-11-23T10:00:00Z"}"# + "\n"
        func post(_ body: [UInt8]) -> Verdict {
            judge.post("/v1/topics/events", body) {
                $0.contentType = "application/x-ndjson"
                $0.contentEncoding = "gzip"
            }
        }
        #expect(post(gzip(line)).events.count == 1)
        #expect(post(gzip(line) + gzip(line + line)).events.count == 3)
        #expect(post(gzip(line) + Array("more".utf8)).status == 400)
        let long = gzip(String(repeating: " ", count: 60_000))
        #expect(post(Array(repeatElement(long, count: 9).joined())).status == 413, "a bound for all of them together")
    }

    @Test("a part of an address that cannot be decoded stays as it is written")
    func percent() {
        #expect(Credentials.query("event=a&note=100%&x=%41+b") == ["event": "a", "note": "100%", "x": "A b"])
    }

    @Test("what is rejected counts when it is dealt with: not when the sender is told to send it again")
    func counted() throws {
        let verdict = try pipeline.judge().post("/v1/batch", #"{"batch":[{"type":"track"}]}"#)
        guard case .deliver(_, _, let rejected) = verdict else {
            Issue.record("nothing to deliver: \(verdict.text)")
            return
        }
        #expect(rejected.map(\.rule) == ["missing_field"])
    }
}

/// gzip without a compressor: one stored block.
enum Gzip {
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 65_536)
        func little(_ value: UInt32, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(value >> (8 * $0) & 255) } }
        let count = UInt32(bytes.count)
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(count, 2) + little(count ^ 0xFFFF, 2) + bytes
            + little(checksum(bytes), 4) + little(count, 4)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
    }
}

/// The sender's clock may be off; what comes of correcting it is judged as if it had been spelled out.
@Suite("Corrected times") final class CollectorTimeTests {
    let pipeline: CollectorPipeline

    init() throws { pipeline = try CollectorPipeline() }

    deinit { pipeline.remove() }

    @Test(
        "a time that correction moves out of the plausible range is refused with the reason",
        arguments: [
            ("9999-12-31T23:59:59Z", "2026-11-23T10:00:00Z"), ("0001-01-01T00:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00Z", "0001-01-01T00:00:00Z"), ("2090-01-01T00:00:00Z", "2026-11-23T10:00:00Z"),
            ("1980-01-01T00:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00Z", "2026-12-25T00:00:00Z"), ("2026-11-23T10:00:00Z", "1969-12-31T23:59:59Z"),
            ("2026-11-23T10:00:00Z", "9999-12-31T23:59:59-23:00"),
        ])
    func implausible(sentAt: String, timestamp: String) throws {
        let call = #"{"type":"track","userId":"u","event":"e","timestamp":"\#(timestamp)","sentAt":"\#(sentAt)"}"#
        let good = #"{"type":"track","userId":"u","event":"e"}"#
        let verdict = try pipeline.judge().post("/v1/batch", #"{"batch":[\#(good),\#(call)]}"#)
        #expect(verdict.status == 200 && verdict.events.count == 1, "\(verdict.text)")
        #expect(verdict.text.contains(#""index":1,"field":"timestamp""#))
        #expect(verdict.text.contains("implausible_time") || verdict.text.contains("invalid_timestamp"))
        let moved = sentAt.hasPrefix("2026") ? "" : "sentAt"
        #expect(moved.isEmpty || verdict.text.contains(moved), "\(verdict.text)")
        // The batch's own sentAt holds for its calls as well.
        let plain = #"{"type":"track","userId":"u","event":"e","timestamp":"\#(timestamp)"}"#
        #expect(try pipeline.judge().post("/v1/batch", #"{"sentAt":"\#(sentAt)","batch":[\#(plain)]}"#).status == 422)
    }

    @Test("a clock that is years off is corrected: what counts is when the event was by ours")
    func corrected() throws {
        let call = #"{"userId":"u","event":"e","timestamp":"1970-01-01T00:00:30Z","sentAt":"1970-01-01T00:01:00Z"}"#
        let verdict = try pipeline.judge().post("/v1/track", call)
        #expect(verdict.events.first?["timestamp"] as? String == "2026-11-23T09:59:30.000Z")
    }
}
