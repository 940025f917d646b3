// LogTime: the clock of the log, RFC 3339 in UTC with milliseconds, without a formatter's cost.
import CivilTime
import Foundation

struct LogTime {
    /// Nanoseconds since 1970.
    let nanoseconds: Int64

    static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// `2026-11-23T01:02:03.004Z`
    var text: String {
        let milliseconds = nanoseconds / 1_000_000
        let (day, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
        let date = CivilDay(number: Int(day))
        let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60].map { Self.padded($0, 2) }
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
            + "T\(clock.joined(separator: ":")).\(Self.padded(rest % 1_000, 3))Z"
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int) -> String {
        let digits = String(number)
        return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
    }
}
