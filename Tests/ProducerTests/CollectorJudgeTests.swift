import Foundation
import NIOHTTP1
import Pipeline
import Testing

@testable import Producer

@Suite("The collector judges requests") final class CollectorJudgeTests {
    let pipeline: CollectorPipeline
    let keys =
        "keys: [{name: site, key: key-of-site, topics: [events]}, {name: slow, key: key-of-slow, rate: 1, burst: 2}]"

    init() throws { pipeline = try CollectorPipeline() }

    deinit { pipeline.remove() }

    @Test(
        "a call of every kind becomes a message of the contract",
        arguments: [
            ("/v1/track", #"{"userId":"u1","event":"sign_up","messageId":"m1"}"#, "sign_up"),
            ("/v1/t", #"{"userId":"u1","event":"sign_up","messageId":"m1"}"#, "sign_up"),
            ("/v1/page", #"{"anonymousId":"u1","name":"Home","messageId":"m1"}"#, "page_view"),
            ("/v1/screen", #"{"userId":"u1","name":"Home","messageId":"m1"}"#, "screen_view"),
            ("/v1/identify", #"{"userId":"u1","traits":{"plan":"pro"},"messageId":"m1"}"#, "identify"),
            ("/v1/group", #"{"userId":"u1","groupId":"g","messageId":"m1"}"#, "group"),
            ("/v1/alias", #"{"userId":"u1","previousId":"u0","messageId":"m1"}"#, "alias"),
        ])
    func calls(path: String, body: String, event: String) throws {
        let verdict = try pipeline.judge().post(path, body)
        #expect(verdict.status == 200)
        let message = try #require(verdict.events.first)
        #expect(message["event"] as? String == event)
        #expect(message["event_id"] as? String == "m1")
        #expect(message["user_id"] as? String == "u1")
        #expect(message["timestamp"] as? String == "2026-11-23T10:00:00.000Z")
        #expect(verdict.deliveries.first?.key == Array("u1".utf8))
    }

    @Test("context fills columns; the batch's holds where a member has none")
    func context() throws {
        let body = #"""
            {"context":{"page":{"url":"https://a/"},"locale":"de"},"batch":[
             {"type":"page","userId":7,"context":{"page":{"url":"https://b/","referrer":"https://c/"},"device":{"type":"mobile"}}},
             {"type":"track","userId":"u","event":"x","properties":{"price":1.50}}]}
            """#
        let verdict = try pipeline.judge().post("/v1/batch", body)
        #expect(verdict.text == #"{"success":true,"accepted":2}"#)
        let (first, second) = (verdict.events[0], verdict.events[1])
        #expect(first["url"] as? String == "https://b/")
        #expect(first["referrer"] as? String == "https://c/")
        #expect(first["device"] as? String == "mobile")
        #expect(first["user_id"] as? String == "7")
        #expect((first["context"] as? [String: Any])?["locale"] as? String == "de")
        #expect(second["url"] as? String == "https://a/")
        #expect(String(decoding: verdict.deliveries[1].value, as: UTF8.self).contains(#""properties":{"price":1.50}"#))
        #expect((second["event_id"] as? String)?.count == 36, "an id is made when there is none")
    }

    @Test(
        "what the context says of the sender goes the way of the sender's own address and browser",
        arguments: [
            (
                CollectorSettings.AddressPrivacy.keep, true, false,
                #"{"ip":"203.0.113.77","userAgent":"Firefox","locale":"de"}"#
            ),
            (.truncate, true, false, #"{"ip":"203.0.113.0","userAgent":"Firefox","locale":"de"}"#),
            (.drop, false, false, #"{"locale":"de"}"#), (.keep, true, true, #"{"locale":"de"}"#),
        ])
    func contextPrivacy(
        address: CollectorSettings.AddressPrivacy, keepsUserAgent: Bool, asks: Bool, expected: String
    ) throws {
        var settings = CollectorSettings()
        settings.address = address
        settings.keepsUserAgent = keepsUserAgent
        let judge = try pipeline.judge(settings: settings)
        for context in [
            #"{"context":{"ip":"203.0.113.77","userAgent":"Firefox","locale":"de"},"batch":[{}]}"#,
            #"{"context":{"userAgent":"Firefox","locale":"de"},"batch":[{"context":{"ip":"203.0.113.77"}}]}"#,
            #"{"batch":[{"context":{"\u0069p":"203.0.113.77","userAgent":"Firefox","locale":"de"}}]}"#,
        ] {
            let body = context.replacing("[{", with: #"[{"type":"track","userId":"u","event":"e""#)
                .replacing(#""e""context"#, with: #""e","context"#)
            let verdict = judge.post("/v1/batch", body) { $0.asksForPrivacy = asks }
            let found = try #require(verdict.events.first?["context"] as? [String: String])
            let wanted = try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? [String: String]
            #expect(found == wanted, "\(body)")
        }
        let nonsense = judge.post(
            "/v1/track", #"{"userId":"u","event":"e","context":{"ip":"\\u0000; not an address","locale":"de"}}"#)
        #expect(nonsense.status == 200)
        let kept = (nonsense.events.first?["context"] as? [String: String])?["ip"]
        #expect((kept != nil) == (address == .keep))
    }

    @Test(
        "a clock that is off is corrected by sentAt",
        arguments: [
            (#""timestamp":"2026-11-23T09:00:00Z","sentAt":"2026-11-23T09:00:05Z""#, "2026-11-23T09:59:55.000Z"),
            (#""timestamp":"2030-01-01T00:00:00Z","sentAt":"2030-01-01T00:01:00Z""#, "2026-11-23T09:59:00.000Z"),
            (#""timestamp":"2026-11-23T09:00:00Z""#, "2026-11-23T09:00:00.000Z"),
            (#""originalTimestamp":"2026-11-23T09:00:00Z","sentAt":null"#, "2026-11-23T09:00:00.000Z"),
        ])
    func skew(times: String, expected: String) throws {
        let verdict = try pipeline.judge().post("/v1/track", #"{"userId":"u","event":"e",\#(times)}"#)
        #expect(verdict.events.first?["timestamp"] as? String == expected)
    }

    @Test("members of a batch are judged one by one; what is rejected is named and kept")
    func partial() throws {
        let body = #"""
            {"batch":[{"type":"track","userId":"u","event":"ok"},{"type":"track","event":"no user"},{"type":"dance"},
             {"type":"track","userId":"u","event":"e","timestamp":"yesterday"},17]}
            """#
        let verdict = try pipeline.judge().post("/v1/batch", body)
        #expect(verdict.status == 200)
        #expect(
            verdict.text.hasPrefix(
                #"{"success":true,"accepted":1,"rejected_count":4,"rejected":[{"index":1,"field":"user_id","rule":"missing_field""#
            ))
        #expect(verdict.text.contains(#"{"index":2,"field":"type","rule":"unknown_type""#))
        #expect(verdict.text.contains(#"{"index":3,"field":"timestamp","rule":"invalid_timestamp""#))
        #expect(verdict.text.contains(#"{"index":4,"rule":"not_an_object""#))
        let dead = verdict.deliveries.filter { $0.topic == "events.dead-letters" }
        #expect(dead.count == 4)
        #expect(dead.first?.value == Array(#"{"type":"track","event":"no user"}"#.utf8), "byte for byte")
    }

    @Test("nothing valid is 422, with the field and the rule")
    func nothingValid() throws {
        let verdict = try pipeline.judge().post("/v1/track", #"{"event":"no user"}"#)
        #expect(verdict.status == 422)
        #expect(verdict.answer.contentType == "application/problem+json")
        #expect(verdict.text.contains(#""field":"user_id","rule":"missing_field""#))
        var settings = CollectorSettings()
        settings.keepsRejected = false
        #expect(try pipeline.judge(settings: settings).post("/v1/track", #"{"event":"x"}"#).deliveries.isEmpty)
    }

    @Test("a write key is taken from everywhere SDKs put it")
    func keyForms() throws {
        let judge = try pipeline.judge(keys: keys)
        let body = #"{"userId":"u","event":"e"}"#
        func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
        for header in [basic("key-of-site:"), basic("key-of-site"), basic("key-of-site:secret"), "Bearer key-of-site"] {
            #expect(judge.post("/v1/track", body) { $0.authorization = header }.status == 200, "\(header)")
        }
        #expect(judge.post("/v1/track", #"{"writeKey":"key-of-site","userId":"u","event":"e"}"#).status == 200)
        #expect(judge.post("/v1/track", body) { $0.query = "writeKey=key-of-site" }.status == 200)
        let member = #"{"type":"track","userId":"u","event":"e"}"#
        #expect(judge.post("/v1/batch", #"{"writeKey":"key-of-site","batch":[\#(member)]}"#).status == 200)
        for header in [nil, basic("other"), "Bearer nonsense", "Basic !!", "Digest x"] {
            let verdict = judge.post("/v1/track", body) { $0.authorization = header }
            #expect(verdict.status == 401 && verdict.deliveries.isEmpty, "\(header ?? "none")")
        }
    }

    @Test("a key's rate is kept, and told")
    func rate() throws {
        let judge = try pipeline.judge(keys: keys)
        let body = #"{"writeKey":"key-of-slow","userId":"u","event":"e"}"#
        #expect(judge.post("/v1/track", body).status == 200)
        let second = judge.post("/v1/track", body)
        #expect(second.answer.headers.contains { $0.0 == "X-RateLimit-Remaining" && $0.1 == "0" })
        let third = judge.post("/v1/track", body)
        #expect(third.status == 429)
        #expect(third.answer.headers.contains { $0.0 == "Retry-After" && Int($0.1).map { $0 >= 1 } == true })
    }

    @Test("limits of an event, of a batch and of a packed body are answered as such")
    func limits() throws {
        let judge = try pipeline.judge()
        let long = String(repeating: "x", count: 33 << 10)
        #expect(judge.post("/v1/track", #"{"userId":"u","event":"\#(long)"}"#).status == 413)
        let big = #"{"type":"track","userId":"u","event":"\#(long)"}"#
        let small = #"{"type":"track","userId":"u","event":"e"}"#
        let mixed = judge.post("/v1/batch", #"{"batch":[\#(small),\#(big)]}"#)
        #expect(mixed.status == 200 && mixed.text.contains(#""index":1,"rule":"too_large""#))
        let many = Array(repeating: small, count: 2_501).joined(separator: ",")
        #expect(judge.post("/v1/batch", #"{"batch":[\#(many)]}"#).status == 413)
        #expect(judge.post("/v1/track", "{}") { $0.contentEncoding = "br" }.status == 415)
        #expect(judge.post("/v1/track", "not gzip") { $0.contentEncoding = "gzip" }.status == 400)
    }

    /// `printf '{"userId":"u","event":"e"}' | gzip -n` and a zlib stream of the same.
    @Test("gzip and deflate bodies are unpacked; a bomb is not")
    func packed() throws {
        let judge = try pipeline.judge()
        let gzip = try #require(Data(base64Encoded: "H4sIAAAAAAACA6tWKi1OLfJMUbJSKlXSUUotS80rAbJTlWoBfK3yBhoAAAA="))
        #expect(judge.post("/v1/track", Array(gzip)) { $0.contentEncoding = "gzip" }.status == 200)
        #expect(judge.post("/v1/track", Array(gzip.dropLast(12))) { $0.contentEncoding = "gzip" }.status == 400)
        // A megabyte of zeros, deflated without compression being the point: stored blocks of 65,535 bytes.
        var stored: [UInt8] = []
        for _ in 0..<16 { stored += [0, 0xFF, 0xFF, 0, 0] + [UInt8](repeating: 0x20, count: 65_535) }
        #expect(judge.post("/v1/track", stored) { $0.contentEncoding = "deflate" }.status == 413)
    }

    @Test(
        "events for a topic are delivered byte for byte, or named",
        arguments: [
            (#"  {"user_id":"u","event":"e", "timestamp":"2026-11-23T10:00:00Z"}  "#, "application/json", 200, 1),
            (
                #"[{"user_id":"u","event":"e","timestamp":"2026-11-23T10:00:00Z"},{"user_id":1}]"#, "application/json",
                200, 1
            ),
            (
                "{\"user_id\":\"u\",\"event\":\"e\",\"timestamp\":\"2026-11-23T10:00:00Z\"}\n\n{broken\n",
                "application/x-ndjson", 200, 1
            ),
            (#"{"user_id":"u","event":"e"}"#, "application/json", 422, 0),
            ("[{]", "application/json", 400, 0), ("", "application/json", 400, 0), ("17", "application/json", 422, 0),
        ] as [(String, String, UInt, Int)])
    func topics(body: String, type: String, status: UInt, events: Int) throws {
        let verdict = try pipeline.judge().post("/v1/topics/events", body) { $0.contentType = type }
        #expect(verdict.status == status, "\(verdict.text)")
        #expect(verdict.events.count == events)
        #expect(verdict.deliveries.allSatisfy { body.contains(String(decoding: $0.value, as: UTF8.self)) })
        #expect(verdict.deliveries.first { $0.topic == "events" }.map { $0.key == Array("u".utf8) } ?? (events == 0))
    }

    @Test("an unknown topic is 404, a foreign one 403")
    func foreignTopics() throws {
        #expect(try pipeline.judge().post("/v1/topics/../etc", "{}").status == 404)
        let judge = try pipeline.judge(keys: "keys: [{name: none, key: key-of-none, topics: []}]")
        let verdict = judge.post("/v1/topics/events", "{}") { $0.authorization = "Bearer key-of-none" }
        #expect(verdict.status == 403)
    }

    @Test("a trace goes on in the message's headers; privacy leaves addresses and agents out")
    func headers() throws {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let verdict = try pipeline.judge().post("/v1/track", #"{"userId":"u","event":"e"}"#) {
            $0.traceparent = trace
            $0.address = "192.0.2.0"
            $0.userAgent = "agent \"x\""
        }
        let header = try #require(verdict.deliveries.first?.headers.first { $0.name == "traceparent" })
        #expect(String(decoding: header.value, as: UTF8.self).hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-"))
        #expect(verdict.events.first?["ip"] as? String == "192.0.2.0")
        #expect(verdict.events.first?["user_agent"] as? String == "agent \"x\"")
        let quiet = try pipeline.judge().post("/v1/track", #"{"userId":"u","event":"e"}"#) {
            $0.userAgent = "agent"
            $0.asksForPrivacy = true
        }
        #expect(quiet.events.first?["user_agent"] == nil)
    }

    @Test("addresses are cut, and proxies trusted, as set")
    func addresses() {
        #expect(ClientAddress.kept("192.0.2.77", .truncate) == "192.0.2.0")
        #expect(ClientAddress.kept("2001:db8:1:2::9", .truncate) == "2001:db8:1::")
        #expect(ClientAddress.kept("192.0.2.77", .drop) == nil)
        #expect(ClientAddress.kept("nonsense", .keep) == nil)
        #expect(ClientAddress.sender(peer: "p", forwardedFor: ["evil, 1.1.1.1"], proxies: 0) == "p")
        #expect(ClientAddress.sender(peer: "p", forwardedFor: ["evil, 1.1.1.1"], proxies: 1) == "1.1.1.1")
    }

    @Test("a pixel is a call")
    func pixel() throws {
        let judge = try pipeline.judge()
        var request = CollectorRequest(path: "/v1/pixel.gif", receivedAt: receivedAt)
        request.query = "event=mail%20opened&anonymousId=a1&campaign=x"
        let verdict = Pixel.judge(request, referer: "https://shop.example/", by: judge)
        #expect(verdict.answer.contentType == "image/gif")
        #expect(verdict.events.first?["event"] as? String == "mail opened")
        #expect(verdict.events.first?["url"] as? String == "https://shop.example/")
        #expect((verdict.events.first?["properties"] as? [String: Any])?["campaign"] as? String == "x")
    }

    @Test("the pipeline's rules say what goes where")
    func rules() throws {
        let text =
            "fields: {device: [context.device.model], url: []}\ncalls: {track: {fields: {session_id: [=fixed]}}}\n"
        try text.write(toFile: pipeline.path + "/collector.yaml", atomically: true, encoding: .utf8)
        let rules = try #require(try pipeline.folder.collectorRules(topics: ["events"]))
        let body = #"{"userId":"u","event":"e","context":{"device":{"model":"X1"},"page":{"url":"https://a/"}}}"#
        let event = try #require(try pipeline.judge(rules: rules).post("/v1/track", body).events.first)
        #expect(event["device"] as? String == "X1")
        #expect(event["session_id"] as? String == "fixed")
        #expect(event["url"] == nil)
        try "calls: {dance: {}}".write(toFile: pipeline.path + "/collector.yaml", atomically: true, encoding: .utf8)
        #expect(throws: PipelineError.self) { try pipeline.folder.collectorRules(topics: ["events"]) }
    }

    @Test("a thousand damaged calls are each answered, and none ends the process")
    func damaged() throws {
        let judge = try pipeline.judge()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        let good = Array(
            #"{"batch":[{"type":"track","userId":"ü","event":"e","properties":{"a":[1,2.5e3,"\u00e9"]}}]}"#.utf8)
        for _ in 0..<1_000 {
            var body = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body.insert(contentsOf: [0, 0xFF, 0x7B], at: place)
                case 2: body.removeSubrange(place...)
                default: body.insert(contentsOf: [UInt8](repeating: 0x5B, count: 300), at: place)
                }
                if body.isEmpty { body = [0x7B] }
            }
            let verdict = judge.post("/v1/batch", body)
            #expect([200, 400, 422].contains(verdict.status), "seed \(seed): \(body)")
            for event in verdict.deliveries where event.topic == "events" {
                #expect((try? JSONSerialization.jsonObject(with: Data(event.value))) != nil, "seed \(seed)")
            }
        }
    }
}
