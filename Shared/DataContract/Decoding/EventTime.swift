/// Times of messages as text, both ways: microseconds since 1970-01-01T00:00:00Z.
public enum EventTime {
    /// Reads a timestamp as contracts take it: ISO 8601 or `2018-01-01T00:00:00 UTC`; `nil` for anything else.
    public static func microseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let start = text.baseAddress else { return nil }
        return TimeText.timestamp(start.assumingMemoryBound(to: UInt8.self), count: text.count)
    }

    /// Appends `2026-11-23T10:00:00.000Z`: UTC, cut to the millisecond.
    /// - Parameter microseconds: Within the years 1 to 9999; moments outside are written as the nearest of these.
    public static func append(_ microseconds: Int64, to text: inout [UInt8]) {
        let clamped = min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_999_000)
        let milliseconds = (clamped - (clamped % 1000 + 1000) % 1000) / 1000
        let inDay = Int((milliseconds % 86_400_000 + 86_400_000) % 86_400_000)
        let (year, month, day) = civil(Int((milliseconds - Int64(inDay)) / 86_400_000))
        digits(year, 4, &text)
        text.append(UInt8(ascii: "-"))
        digits(month, 2, &text)
        text.append(UInt8(ascii: "-"))
        digits(day, 2, &text)
        text.append(UInt8(ascii: "T"))
        digits(inDay / 3_600_000, 2, &text)
        text.append(UInt8(ascii: ":"))
        digits(inDay / 60_000 % 60, 2, &text)
        text.append(UInt8(ascii: ":"))
        digits(inDay / 1000 % 60, 2, &text)
        text.append(UInt8(ascii: "."))
        digits(inDay % 1000, 3, &text)
        text.append(UInt8(ascii: "Z"))
    }

    /// The arithmetic is Howard Hinnant's `civil_from_days` (https://howardhinnant.github.io/date_algorithms.html).
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    private static func digits(_ number: Int, _ width: Int, _ text: inout [UInt8]) {
        var unit = 1
        for _ in 1..<width { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
    }
}
