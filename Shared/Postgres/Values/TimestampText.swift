// TimestampText: reads dates and timestamps as the server writes them with DateStyle ISO.

/// `2026-11-23 02:09:40.123456+05:30`, `2026-11-23`, `0044-03-15 BC`, `infinity`.
enum TimestampText {
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> PostgresTimestamp? {
        var scanner = Scanner(bytes: bytes)
        if scanner.skip("infinity") { return .infinity }
        if scanner.skip("-infinity") { return .minusInfinity }
        guard var year = scanner.number(), scanner.skip("-"), let month = scanner.number(), scanner.skip("-"),
            let day = scanner.number()
        else { return nil }
        var microseconds: Int64 = 0
        if !scanner.atEnd, scanner.peek != UInt8(ascii: " ") || scanner.second != UInt8(ascii: "B") {
            guard scanner.skip(" ") || scanner.skip("T"), let time = timeOfDay(&scanner) else { return nil }
            microseconds = time
        }
        if scanner.skip(" BC") { year = 1 - year }
        guard scanner.atEnd else { return nil }
        let days = Int64(PostgresDate(year: year, month: month, day: day).daysSinceEpoch)
        let (base, overflow) = days.multipliedReportingOverflow(by: 86_400_000_000)
        return overflow ? nil : PostgresTimestamp(microseconds: base + microseconds)
    }

    /// Microseconds from midnight UTC; the offset is subtracted, so they may be negative or past the day's end.
    private static func timeOfDay(_ scanner: inout Scanner) -> Int64? {
        guard let hour = scanner.number(), scanner.skip(":"), let minute = scanner.number(), scanner.skip(":"),
            let second = scanner.number()
        else { return nil }
        var microseconds = Int64(hour * 3600 + minute * 60 + second) * 1_000_000
        if scanner.skip(".") {
            let start = scanner.index
            guard var fraction = scanner.number() else { return nil }
            for _ in 0..<max(0, 6 - (scanner.index - start)) { fraction *= 10 }
            microseconds += Int64(fraction)
        }
        if scanner.skip("Z") { return microseconds }
        let west = scanner.skip("-")
        if west || scanner.skip("+") {
            guard let hours = scanner.number() else { return nil }
            var offset = hours * 3600
            if scanner.skip(":") { offset += (scanner.number() ?? 0) * 60 }
            if scanner.skip(":") { offset += scanner.number() ?? 0 }
            microseconds += Int64(west ? offset : -offset) * 1_000_000
        }
        return microseconds
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        var atEnd: Bool { index == bytes.count }
        var peek: UInt8? { index < bytes.count ? bytes[index] : nil }
        var second: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

        mutating func skip(_ text: StaticString) -> Bool {
            let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard bytes.count - index >= wanted.count,
                bytes[index..<(index + wanted.count)].elementsEqual(wanted)
            else { return false }
            index += wanted.count
            return true
        }

        mutating func number() -> Int? {
            var value = 0
            let start = index
            while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), index - start < 9 {
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                index += 1
            }
            return index > start ? value : nil
        }
    }
}
