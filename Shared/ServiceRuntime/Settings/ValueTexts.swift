// How durations, amounts of bytes and brokers are written in settings.
import Foundation

/// Durations as people write them: a whole or decimal number and a unit.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// `nil` when the text is not a number followed by a unit.
    static func read(_ text: String) -> Duration? {
        let text = text.trimmingCharacters(in: .whitespaces).lowercased()
        guard let unitStart = text.firstIndex(where: \.isLetter),
            let number = Double(text[..<unitStart].trimmingCharacters(in: .whitespaces)), number.isFinite, number >= 0,
            let unit = units.first(where: { $0.suffix == text[unitStart...] })
        else { return nil }
        let milliseconds = number * unit.milliseconds
        return milliseconds < 1e15 ? .milliseconds(Int64(milliseconds.rounded())) : nil
    }

    /// The largest unit that writes it without a fraction.
    static func write(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let unit = units.reversed().first { milliseconds != 0 && milliseconds % Int64($0.milliseconds) == 0 }
        guard let unit else { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        return "\(milliseconds / Int64(unit.milliseconds))\(unit.suffix)"
    }
}

/// Amounts of bytes as people write them: plain, or in powers of 1024.
enum ByteText {
    private static let units: [(suffix: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    static func read(_ text: String) -> Int? {
        let text = text.trimmingCharacters(in: .whitespaces)
        for unit in units where text.lowercased().hasSuffix(unit.suffix.lowercased()) {
            let number = Int(text.dropLast(unit.suffix.count).trimmingCharacters(in: .whitespaces))
            guard let (bytes, overflow) = number?.multipliedReportingOverflow(by: unit.bytes), !overflow else {
                return nil
            }
            return bytes
        }
        return Int(text.replacing("_", with: ""))
    }

    static func write(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.first(where: { bytes % $0.bytes == 0 }) else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}

/// A broker as people write it. librdkafka takes nearly anything, and then looks for a host of that name for half a minute.
enum BrokerText {
    /// What librdkafka itself takes in front of a broker, where it is the protocol that is set.
    private static let protocols: Set<String> = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]

    /// Why it is none, in words that follow "is"; `nil` when it is one.
    static func reason(against text: String) -> String? {
        var rest = text[...]
        if let scheme = rest.range(of: "://") {
            let name = rest[..<scheme.lowerBound].lowercased()
            guard protocols.contains(name) else {
                return "no list of brokers: \(name):// is not how Kafka is spoken to"
            }
            rest = rest[scheme.upperBound...]
        }
        if rest.isEmpty { return "no list of brokers: one of them is empty" }
        var port: Substring?
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            port = rest[rest.index(after: end)...]
            rest = rest[rest.index(after: rest.startIndex)..<end]
            guard rest.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" }) else {
                return "no list of brokers"
            }
        } else {
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            port = rest[colon...]
            rest = rest[..<colon]
            let isName = rest.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || [45, 46, 95].contains($0)
            }
            guard isName else {
                return "no list of brokers: \"\(LogText.escaped(String(text.prefix(100))))\" names no host"
            }
        }
        if rest.isEmpty { return "no list of brokers: one of them has no host" }
        guard let port, !port.isEmpty else { return nil }
        guard let number = Int(port.dropFirst()), (1...65_535).contains(number) else {
            return "no list of brokers: \"\(LogText.escaped(String(port.dropFirst().prefix(20))))\" is no port"
        }
        return nil
    }
}
