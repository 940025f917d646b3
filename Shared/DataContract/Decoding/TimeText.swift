// TimeText: the two spellings of a timestamp, and dates, as numbers. Proleptic Gregorian calendar, years 0001 to 9999.
import CivilTime

/// Reads `2018-01-01T00:00:00 UTC`, ISO 8601 with fraction and offset, and `2018-01-01`.
enum TimeText {
    /// Days from 1970-01-01 to `year-month-day`; nil when there is no such day.
    static func days(year: Int, month: Int, day: Int) -> Int? {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        guard day <= CivilDay.daysInMonth(month, year) else { return nil }
        return CivilDay(year: year, month: month, day: day).number
    }

    /// Days since 1970-01-01 of `yyyy-mm-dd`.
    static func date(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int32? {
        guard count == 10, let days = day(bytes) else { return nil }
        return Int32(days)
    }

    /// Microseconds since 1970-01-01T00:00:00Z. Digits beyond the sixth after the second are cut off, so that no moment
    /// moves into the next day. Without a zone it is UTC. A leap second counts as the second after it. Nil beyond the years
    /// 0001 to 9999 of UTC, which an offset or a leap second could leave.
    static func timestamp(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int64? {
        guard count >= 16, let days = day(bytes), bytes[13] == UInt8(ascii: ":"),
            bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            let hour = two(bytes + 11), let minute = two(bytes + 14), hour < 24, minute < 60
        else { return nil }
        var index = 16
        var second = 0
        var micros = 0
        if count > 16, bytes[16] == UInt8(ascii: ":") {
            guard count >= 19, let value = two(bytes + 17), value <= 60 else { return nil }
            second = value
            index = 19
            if index < count, bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ",") {
                guard let (value, end) = fraction(bytes, from: index + 1, count) else { return nil }
                (micros, index) = (value, end)
            }
        }
        guard let offset = offsetSeconds(bytes, from: index, count) else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= -62_135_596_800, seconds < 253_402_300_800 else { return nil }
        return Int64(seconds) * 1_000_000 + Int64(micros)
    }

    private static func day(_ bytes: UnsafePointer<UInt8>) -> Int? {
        guard let century = two(bytes), let year = two(bytes + 2), bytes[4] == UInt8(ascii: "-"),
            let month = two(bytes + 5), bytes[7] == UInt8(ascii: "-"), let day = two(bytes + 8)
        else { return nil }
        return days(year: century * 100 + year, month: month, day: day)
    }

    private static func fraction(_ bytes: UnsafePointer<UInt8>, from start: Int, _ count: Int) -> (Int, Int)? {
        var index = start
        var micros = 0
        var unit = 100_000
        while index < count, let digit = digit(bytes[index]) {
            micros += digit * unit
            unit /= 10
            index += 1
        }
        return index > start ? (micros, index) : nil
    }

    /// `Z`, ` UTC`, `+02`, `+0200`, `+02:00`, or nothing; a space may stand before each.
    private static func offsetSeconds(_ bytes: UnsafePointer<UInt8>, from start: Int, _ count: Int) -> Int? {
        if start == count { return 0 }
        let index = bytes[start] == UInt8(ascii: " ") ? start + 1 : start
        let zone = bytes + index
        let length = count - index
        guard length > 0 else { return nil }
        if length == 1 { return zone[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        if length == 3, zone[0] == UInt8(ascii: "U"), zone[1] == UInt8(ascii: "T"), zone[2] == UInt8(ascii: "C") {
            return 0
        }
        let sign: Int
        switch zone[0] {
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: return nil
        }
        guard length >= 3, let hours = two(zone + 1), hours <= 23 else { return nil }
        if length == 3 { return sign * hours * 3600 }
        let hasColon = zone[3] == UInt8(ascii: ":")
        guard length == (hasColon ? 6 : 5), let minutes = two(zone + (hasColon ? 4 : 3)), minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int(value) : nil
    }

    @inline(__always)
    private static func two(_ bytes: UnsafePointer<UInt8>) -> Int? {
        guard let tens = digit(bytes[0]), let ones = digit(bytes[1]) else { return nil }
        return tens * 10 + ones
    }
}
