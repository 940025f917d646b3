// ValueText: the engines' texts of values that both write differently.
import Foundation

enum ValueText {
    /// `2026-11-23 10:20:30.5`, with a space or a T: microseconds since 1970-01-01 00:00.
    static func dateTime(_ text: String) -> Int64? {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: true) { $0 == " " || $0 == "T" }
        guard parts.count == 2, let days = days(parts[0]), let time = time(String(parts[1])) else { return nil }
        return days * 86_400_000_000 + time
    }

    /// `10:20:30.5`: microseconds; any number of hours, and a sign.
    static func time(_ text: String) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ":")
        guard parts.count == 3, let hours = Int64(parts[0]), let minutes = Int64(parts[1]) else { return nil }
        guard let seconds = microseconds(parts[2]) else { return nil }
        let sum = (hours * 60 + minutes) * 60_000_000 + seconds
        return isNegative ? -sum : sum
    }

    /// `-12.345678` seconds.
    private static func microseconds(_ text: Substring) -> Int64? {
        guard let value = Decimal(string: String(text)) else { return nil }
        return NSDecimalNumber(decimal: value * 1_000_000).int64Value
    }

    private static func days(_ text: Substring) -> Int64? {
        let parts = text.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return nil }
        // Years that begin in March, so that the leap day comes last.
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let month = (parts[1] + 9) % 12
        let dayOfYear = (153 * month + 2) / 5 + parts[2] - 1
        return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    /// PostgreSQL's ISO form: `P1Y2M-3DT4H5M6.5S`.
    static func isoInterval(_ text: String) -> Value? {
        var months = 0, days = 0
        var micros: Int64 = 0
        var isTime = false
        var number = Substring()
        var rest = text.dropFirst()
        while let letter = rest.popFirst() {
            if letter.isNumber || letter == "-" || letter == "." {
                number.append(letter)
                continue
            }
            if letter == "T" {
                isTime = true
                continue
            }
            let whole = Int(number) ?? 0
            switch (letter, isTime) {
            case ("Y", _): months += 12 * whole
            case ("M", false): months += whole
            case ("D", _): days += whole
            case ("H", _): micros += Int64(whole) * 3_600_000_000
            case ("M", true): micros += Int64(whole) * 60_000_000
            case ("S", _):
                guard let seconds = microseconds(number) else { return nil }
                micros += seconds
            default: return nil
            }
            number = ""
        }
        return .interval(months: months, days: days, microseconds: micros)
    }

    /// BigQuery's form: `1-2 3 4:5:6.5`, each part with a sign of its own.
    static func bigQueryInterval(_ text: String) -> Value? {
        let parts = text.split(separator: " ")
        guard parts.count == 3, let days = Int(parts[1]), let time = time(String(parts[2])) else { return nil }
        let sign = parts[0].hasPrefix("-") ? -1 : 1
        let months = parts[0].drop { $0 == "-" }.split(separator: "-").compactMap { Int($0) }
        guard months.count == 2 else { return nil }
        return .interval(months: sign * (12 * months[0] + months[1]), days: days, microseconds: time)
    }
}
