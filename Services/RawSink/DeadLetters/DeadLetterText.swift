import Foundation
import Warehouse

/// Dead letters for people. What came from outside is printed so that it cannot play with the terminal.
enum DeadLetterText {
    /// `2026-11-23T01:02:03Z events/3/1042 wrong_type price Expected a number at byte 12.`
    static func line(_ letter: DeadLetter) -> String {
        [
            time(letter.failedAt), letter.position.description, letter.reason, printable(letter.field ?? "-"),
            printable(letter.message),
        ].joined(separator: "\t")
    }

    /// Everything that is known of it, a line each, and the value.
    static func page(_ letter: DeadLetter) -> String {
        var lines = [
            "position  \(letter.position)", "table     \(letter.table)", "reason    \(letter.reason)",
            "field     \(printable(letter.field ?? "-"))", "message   \(printable(letter.message))",
            "sent      \(letter.timestamp.map(time) ?? "-")", "failed    \(time(letter.failedAt))",
            "attempts  \(letter.attempts)", "key       \(letter.key.map(text) ?? "-")",
        ]
        for attempt in letter.history {
            lines.append(
                "before    \(time(attempt.failedAt)) \(attempt.reason) \(printable(attempt.field ?? "-")) "
                    + printable(attempt.message))
        }
        for header in letter.headers {
            lines.append("header    \(printable(header.name)): \(header.value.map(text) ?? "null")")
        }
        lines.append("value     \(letter.value.map { "\($0.count) bytes" } ?? "null")")
        if let value = letter.value { lines.append(text(value)) }
        return lines.joined(separator: "\n")
    }

    /// Reads `events/3/1042`.
    static func filter(_ position: String) -> DeadLetterFilter? {
        let parts = position.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2]) else {
            return nil
        }
        return DeadLetterFilter(topic: String(parts[0]), partition: partition, offset: offset)
    }

    /// Text where it is UTF-8, else hexadecimal digits.
    private static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return printable(text) }
        return "0x" + bytes.map { String(format: "%02x", $0) }.joined()
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { isPlain($0) ? Character($0) : "\u{FFFD}" })
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
    }
}
