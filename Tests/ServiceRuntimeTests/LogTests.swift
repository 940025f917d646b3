import Foundation
import Logging
import Synchronization
import Testing

@testable import ServiceRuntime

final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite("A log event is one safe line") struct LogTests {
    static func logger(_ style: ServiceLogHandler.Style, _ lines: Lines) -> Logger {
        Logger(label: "part") { label in
            ServiceLogHandler(service: "raw-sink", label: label, level: .debug, style: style) { lines.add($0) }
        }
    }

    @Test func asJSON() throws {
        let lines = Lines()
        var logger = Self.logger(.json, lines)
        logger[metadataKey: "topic"] = "events"
        logger.info(
            "batch landed",
            metadata: [
                "rows": .stringConvertible(5), "ratio": .stringConvertible(0.5), "nested": ["list": ["a", "b"]],
            ])
        logger.trace("not logged")
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.hasSuffix("}\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["level"] as? String == "info")
        #expect(object["service"] as? String == "raw-sink")
        #expect(object["logger"] as? String == "part")
        #expect(object["message"] as? String == "batch landed")
        #expect((object["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        let fields = try #require(object["fields"] as? [String: Any])
        #expect(fields["topic"] as? String == "events")
        #expect(fields["rows"] as? Int == 5)
        #expect(fields["ratio"] as? Double == 0.5)
        #expect((fields["nested"] as? [String: [String]])?["list"] == ["a", "b"])
    }

    @Test(
        "no character breaks the line or moves the cursor",
        arguments: [
            ServiceLogHandler.Style.json, .text,
        ])
    func escapes(style: ServiceLogHandler.Style) {
        let lines = Lines()
        let logger = Self.logger(style, lines)
        logger.info("a\nb\r\u{1B}[31mc\u{2028}\u{9B}d\u{202E}e", metadata: ["k\n": "v\r\n\u{1B}]0;x\u{07}\"\\"])
        for scalar in lines.all.joined().dropLast().unicodeScalars {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
            #expect(![0x2028, 0x202E].contains(scalar.value))
        }
        #expect(lines.all.joined().contains("a\\nb\\r\\u001b[31mc"))
    }

    @Test func secretsAreMasked() {
        Secrets.remember("canary-0123456")
        let lines = Lines()
        for style in [ServiceLogHandler.Style.json, .text] {
            let logger = Self.logger(style, lines)
            logger.error(
                "login canary-0123456",
                metadata: [
                    "url": "postgres://u:canary-0123456@host", "password": "other", "deep": ["sasl.password": "other"],
                    "list": ["canary-0123456"],
                ])
        }
        #expect(lines.all.count == 2)
        #expect(!lines.all.joined().contains("canary"))
        #expect(!lines.all.joined().contains("other"))
    }

    @Test func asText() throws {
        let lines = Lines()
        Self.logger(.text, lines).warning("slow query", metadata: ["ms": .stringConvertible(12), "sql": "select 1"])
        let line = try #require(lines.all.first)
        #expect(line.dropFirst(24) == " WARNING  part: slow query ms=12 sql=\"select 1\"\n")
    }

    @Test(
        "times are RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (1_795_392_000_999, "2026-11-23T00:00:00.999Z"),
            (7_258_118_399_000, "2199-12-31T23:59:59.000Z"),
        ] as [(Int64, String)])
    func times(milliseconds: Int64, text: String) {
        #expect(LogTime(nanoseconds: milliseconds * 1_000_000).text == text)
    }
}
