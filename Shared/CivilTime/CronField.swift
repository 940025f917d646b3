// CronField: one field of a cron expression as a set of small numbers.
// Always: not empty; every member lies within the field's range.

/// What a field may hold, and what its values are called.
struct CronFieldKind: Sendable {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []
    /// True for weekdays, where `fri-mon` and the 7 of `5-7` go past the end of the week.
    var wraps = false

    static let minute = CronFieldKind(name: "minute", range: 0...59)
    static let hour = CronFieldKind(name: "hour", range: 0...23)
    static let day = CronFieldKind(name: "day", range: 1...31)
    static let month = CronFieldKind(
        name: "month", range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    static let weekday = CronFieldKind(
        name: "weekday", range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], wraps: true)

    var allowed: String {
        let last = wraps ? range.upperBound + 1 : range.upperBound
        let numbers = "\(range.lowerBound) to \(last)"
        let words = names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"
        return "*, a value from \(numbers)\(words), a range a-b, a list a,b or a step */n"
    }
}

/// A set of minutes, hours, days, months or weekdays.
public struct CronField: Sendable, Equatable {
    private(set) var bits: UInt64 = 0
    /// True when the field rules nothing out, however that is written: `*`, `*/1`, `0-59`.
    public private(set) var isEverything = false

    /// - Throws: ``CronError/field(name:part:expression:allowed:)``.
    init(_ text: Substring, _ kind: CronFieldKind, of expression: String) throws(CronError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let members = Self.members(of: part, kind) else {
                throw .field(name: kind.name, part: String(part), expression: expression, allowed: kind.allowed)
            }
            bits |= members
        }
        isEverything = bits.nonzeroBitCount == kind.range.count
    }

    func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    /// The least member that is `value` or more.
    func first(from value: Int) -> Int? {
        let rest = value > 63 ? 0 : (bits >> UInt64(value)) << UInt64(value)
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The greatest member that is `value` or less.
    func last(to value: Int) -> Int? {
        guard value >= 0 else { return nil }
        let rest = value >= 63 ? bits : bits & ((1 << UInt64(value + 1)) - 1)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }

    /// The members in order.
    public var values: [Int] { (0..<64).filter(contains) }

    private static func members(of part: Substring, _ kind: CronFieldKind) -> UInt64? {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(pieces.count), !pieces[0].isEmpty else { return nil }
        var step = 1
        if pieces.count == 2 {
            guard let number = decimal(pieces[1]), number >= 1, number <= kind.range.upperBound + 1 else { return nil }
            step = number
        }
        let bounds = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
        let low: Int
        var high: Int
        switch bounds.count {
        case 1 where bounds[0] == "*":
            (low, high) = (kind.range.lowerBound, kind.range.upperBound)
        case 1:
            guard let value = value(bounds[0], kind) else { return nil }
            (low, high) = (value, pieces.count == 2 ? kind.range.upperBound : value)
        case 2:
            guard let first = value(bounds[0], kind), let last = value(bounds[1], kind) else { return nil }
            (low, high) = (first, last)
            if kind.wraps, high < low { high += kind.range.count }
        default:
            return nil
        }
        guard low <= high else { return nil }
        var bits: UInt64 = 0
        for value in stride(from: low, through: high, by: step) {
            bits |= 1 << UInt64(kind.wraps ? value % kind.range.count : value)
        }
        return bits
    }

    private static func value(_ text: Substring, _ kind: CronFieldKind) -> Int? {
        if let number = decimal(text) {
            return kind.range.contains(number) || (kind.wraps && number == kind.range.upperBound + 1) ? number : nil
        }
        return kind.names.firstIndex(of: text.lowercased()).map { $0 + kind.range.lowerBound }
    }

    /// One or two digits; no sign, no spaces.
    private static func decimal(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
