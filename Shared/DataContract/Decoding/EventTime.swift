import CivilTime

/// Times of messages as text, both ways: microseconds since 1970-01-01T00:00:00Z.
public enum EventTime {
    /// The moments that can be written: the years 0001 to 9999 of UTC.
    public static let writable: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// Reads a timestamp as contracts take it: ISO 8601 or `2018-01-01T00:00:00 UTC`; `nil` for anything else.
    public static func microseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard let start = text.baseAddress else { return nil }
        return TimeText.timestamp(start.assumingMemoryBound(to: UInt8.self), count: text.count)
    }

    /// Appends `2026-11-23T10:00:00.000Z`: UTC, cut to the millisecond.
    /// - Parameter microseconds: Within the years 1 to 9999; moments outside are written as the nearest of these.
    public static func append(_ microseconds: Int64, to text: inout [UInt8]) {
        let clamped = min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_999_000)
        let (number, rest) = clamped.flooredDivision(by: 86_400_000_000)
        let day = CivilDay(number: Int(number))
        let inDay = Int(rest / 1000)
        digits(day.year, 4, &text)
        text.append(UInt8(ascii: "-"))
        digits(day.month, 2, &text)
        text.append(UInt8(ascii: "-"))
        digits(day.day, 2, &text)
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

    private static func digits(_ number: Int, _ width: Int, _ text: inout [UInt8]) {
        var unit = 1
        for _ in 1..<width { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
    }
}
