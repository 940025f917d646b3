// How durations and amounts of bytes are written in settings, both ways.
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
