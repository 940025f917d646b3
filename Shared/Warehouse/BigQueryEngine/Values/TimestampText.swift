// TimestampText: moments as GoogleSQL and PostgreSQL both write them.
import CivilTime

enum TimestampText {
    private static let microsecondsADay: Int64 = 86_400_000_000

    /// `2026-11-29 10:20:30.5+00`, of microseconds since 1970.
    static func text(_ microseconds: Int64) -> String {
        let (day, time) = microseconds.flooredDivision(by: microsecondsADay)
        let date = CivilDay(number: Int(day))
        let seconds = time / 1_000_000
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded(Int($0), 2) }.joined(separator: ":")
        return trimmed("\(self.day(date)) \(clock).\(padded(Int(time % 1_000_000), 6))") + "+00"
    }

    /// `2026-11-29`
    static func day(_ day: CivilDay) -> String {
        "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
    }

    /// Without zeros at the end of its fraction.
    static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = Substring(text)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
