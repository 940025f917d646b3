import CivilTime
import Foundation

/// Times as the control plane writes them: RFC 3339 in UTC with microseconds, as `2026-11-23T08:15:30.000001Z`.
///
/// Written by hand: Foundation's formatters stop at milliseconds, and PostgreSQL's times do not.
public enum ControlTime {
    /// Rounded to the microsecond.
    public static func text(_ date: Date) -> String {
        // From the reference date: a Double holds the microseconds of today's distance to 2001 exactly enough.
        let micros = Int64((date.timeIntervalSinceReferenceDate * 1_000_000).rounded()) + 978_307_200_000_000
        let (second, fraction) = micros.flooredDivision(by: 1_000_000)
        let (number, time) = second.flooredDivision(by: 86_400)
        let day = CivilDay(number: Int(number))
        return "\(pad(day.year, 4))-\(pad(day.month, 2))-\(pad(day.day, 2))T\(pad(time / 3600, 2)):"
            + "\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2)).\(pad(fraction, 6))Z"
    }

    /// Reads any RFC 3339 time: with or without a fraction, with any offset. `nil` when it is none.
    public static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, [84, 116, 32].contains(bytes[10]), bytes[13] == 58,
            bytes[16] == 58, let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), (1...12).contains(month), (1...31).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        var rest = bytes[19...]
        var micros: Int64 = 0
        if rest.first == 46 {
            let digits = rest.dropFirst().prefix { (48...57).contains($0) }
            guard !digits.isEmpty else { return nil }
            let six = Array((digits + Array(repeating: 48, count: 6)).prefix(6))
            micros = number(six[...]) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(Array(rest)) else { return nil }
        let days = CivilDay(year: Int(year), month: Int(month), day: Int(day)).number
        let seconds = Int64(days) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Date(
            timeIntervalSinceReferenceDate: Double(seconds - 978_307_200) + Double(micros) / 1_000_000)
    }

    /// `Z` or `+hh:mm`, in seconds.
    private static func offset(_ bytes: [UInt8]) -> Int64? {
        if bytes == [90] || bytes == [122] { return 0 }
        guard bytes.count == 6, bytes[3] == 58, [43, 45].contains(bytes[0]), let hours = number(bytes[1..<3]),
            let minutes = number(bytes[4..<6]), hours < 24, minutes < 60
        else { return nil }
        return (bytes[0] == 45 ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
        }
        return value
    }

    private static func pad(_ value: some BinaryInteger, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
