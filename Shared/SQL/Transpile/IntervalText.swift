/// A span of time as PostgreSQL's texts say it: `3 days`, `1 year 2 months`, `1 day 02:03:04`, `P1DT2H`.
///
/// Months, days and seconds are kept apart, as both dialects keep them: a month has no fixed number of days.
struct IntervalText: Equatable {
    var months = 0
    var days = 0
    var microseconds = 0
    /// The only unit that the text names, singular and upper case, and how many; nil for several.
    private(set) var single: (count: Int, unit: String)?

    static func == (left: IntervalText, right: IntervalText) -> Bool {
        left.months == right.months && left.days == right.days && left.microseconds == right.microseconds
    }

    init(months: Int = 0, days: Int = 0, microseconds: Int = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// Months, days or microseconds in one of each unit.
    private static let units: [String: (months: Int, days: Int, microseconds: Int)] = [
        "MILLENNIUM": (12_000, 0, 0), "CENTURY": (1_200, 0, 0), "DECADE": (120, 0, 0), "YEAR": (12, 0, 0),
        "QUARTER": (3, 0, 0), "MONTH": (1, 0, 0), "WEEK": (0, 7, 0), "DAY": (0, 1, 0), "HOUR": (0, 0, 3_600_000_000),
        "MINUTE": (0, 0, 60_000_000), "SECOND": (0, 0, 1_000_000), "MILLISECOND": (0, 0, 1_000),
        "MICROSECOND": (0, 0, 1),
    ]

    private static let names: [String: String] = [
        "Y": "YEAR", "YR": "YEAR", "YRS": "YEAR", "MON": "MONTH", "MONS": "MONTH", "W": "WEEK", "D": "DAY", "H": "HOUR",
        "HR": "HOUR", "HRS": "HOUR", "M": "MINUTE", "MIN": "MINUTE", "MINS": "MINUTE", "S": "SECOND", "SEC": "SECOND",
        "SECS": "SECOND", "MS": "MILLISECOND", "MSEC": "MILLISECOND", "US": "MICROSECOND", "USEC": "MICROSECOND",
        "CENTURIES": "CENTURY", "MILLENNIA": "MILLENNIUM", "DEC": "DECADE",
    ]

    /// The unit of a word, singular and upper case.
    private static func unit(_ word: String) -> String? {
        let word = word.uppercased()
        if units[word] != nil { return word }
        if let known = names[word] { return known }
        return word.hasSuffix("S") && units[String(word.dropLast())] != nil ? String(word.dropLast()) : nil
    }

    /// Reads the text of `INTERVAL 'text' from TO to`; nil for what this does not read.
    init?(_ text: String, from: String? = nil, to: String? = nil) {
        var words = text.split(whereSeparator: { $0 == " " || $0 == "@" }).flatMap { Self.parts(of: $0) }
        var isAgo = false
        if words.last?.lowercased() == "ago" {
            isAgo = true
            words.removeLast()
        }
        guard !words.isEmpty else { return nil }
        var index = 0
        while index < words.count {
            let word = words[index]
            if word.contains(":") {
                guard let time = Self.time(word, from: from, to: to) else { return nil }
                microseconds += time
            } else if word.dropFirst().contains("-") {
                guard let span = Self.yearsAndMonths(word) else { return nil }
                months += span
            } else if index + 1 < words.count, let unit = Self.unit(words[index + 1]) {
                guard add(word, unit) else { return nil }
                if words.count == 2, let count = Int(word) { single = (isAgo ? -count : count, unit) }
                index += 1
            } else {
                // A bare number: of the unit that stands behind the text, days before a time, else seconds.
                let isBeforeTime = index + 1 < words.count && words[index + 1].contains(":")
                let unit = isBeforeTime ? "DAY" : to ?? from ?? "SECOND"
                guard index == words.count - 1 || isBeforeTime, add(word, unit) else { return nil }
                if words.count == 1, let count = Int(word) { single = (isAgo ? -count : count, unit) }
            }
            index += 1
        }
        if isAgo {
            months = -months
            days = -days
            microseconds = -microseconds
        }
    }

    /// `3days` is a number and a word.
    private static func parts(of word: Substring) -> [String] {
        guard let letter = word.firstIndex(where: \.isLetter), letter != word.startIndex,
            !word.contains(":")
        else { return [String(word)] }
        return [String(word[..<letter]), String(word[letter...])]
    }

    private mutating func add(_ number: String, _ unit: String) -> Bool {
        guard let size = Self.units[unit] else { return false }
        if let count = Int(number) {
            let (m, first) = count.multipliedReportingOverflow(by: size.months)
            let (d, second) = count.multipliedReportingOverflow(by: size.days)
            let (u, third) = count.multipliedReportingOverflow(by: size.microseconds)
            guard !first, !second, !third else { return false }
            months += m
            days += d
            microseconds += u
            return true
        }
        // A fraction of a month or a week is spread over smaller units in ways that are not worth repeating here.
        guard let count = Double(number), size.months == 0, count.magnitude < 1e9 else { return false }
        let whole = size.days == 0 ? 0 : Int(count.rounded(.towardZero)) * size.days
        let rest =
            size.days == 0
            ? count * Double(size.microseconds) : (count * Double(size.days) - Double(whole)) * 86_400_000_000
        days += whole
        microseconds += Int(rest.rounded())
        return true
    }

    private static func time(_ word: String, from: String?, to: String?) -> Int? {
        let isNegative = word.hasPrefix("-")
        let fields = word.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(fields.count), let first = Int(fields[0]), let last = Double(fields[fields.count - 1]),
            first < 1_000_000,
            let middle = Int(fields[1])
                ?? (fields.count == 2 ? 0 : nil)
        else { return nil }
        let seconds: Double
        if fields.count == 3 {
            seconds = Double(first * 3_600 + middle * 60) + last
        } else {
            // `MINUTE TO SECOND` has minutes first.
            seconds =
                from == "MINUTE" || fields[1].contains(".")
                ? Double(first * 60) + last : Double(first * 3_600) + last * 60
        }
        let microseconds = Int((seconds * 1_000_000).rounded())
        return isNegative ? -microseconds : microseconds
    }

    private static func yearsAndMonths(_ word: String) -> Int? {
        let isNegative = word.hasPrefix("-")
        let fields = word.drop { $0 == "-" || $0 == "+" }.split(separator: "-")
        guard fields.count == 2, let years = Int(fields[0]), let months = Int(fields[1]) else { return nil }
        return (isNegative ? -1 : 1) * (years * 12 + months)
    }

    /// The only unit, when the text names but one or is no more than that: GoogleSQL's `INTERVAL 3 DAY`.
    var unit: (count: Int, unit: String)? {
        if let single {
            switch single.unit {
            case "MILLENNIUM", "CENTURY", "DECADE": return (months / 12, "YEAR")
            default: return single
            }
        }
        switch (months, days, microseconds) {
        case (let months, 0, 0) where months != 0: return months % 12 == 0 ? (months / 12, "YEAR") : (months, "MONTH")
        case (0, let days, 0): return (days, "DAY")
        case (0, 0, let count):
            for (size, unit) in [
                (3_600_000_000, "HOUR"), (60_000_000, "MINUTE"), (1_000_000, "SECOND"), (1_000, "MILLISECOND"),
            ]
            where count % size == 0 {
                return (count / size, unit)
            }
            return (count, "MICROSECOND")
        default: return nil
        }
    }

    /// All fields, as GoogleSQL's `INTERVAL '…' YEAR TO SECOND` reads them.
    var fields: String {
        func signed(_ value: Int, _ text: String) -> String { value < 0 ? "-\(text)" : text }
        let time = microseconds.magnitude
        var seconds = "\(time / 1_000_000 % 60)"
        if time % 1_000_000 != 0 {
            let digits = String(time % 1_000_000)
            seconds += "." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
        }
        let date = signed(months, "\(months.magnitude / 12)-\(months.magnitude % 12)")
        let clock = signed(microseconds, "\(time / 3_600_000_000):\(time / 60_000_000 % 60):\(seconds)")
        return "\(date) \(days) \(clock)"
    }

    /// The text in PostgreSQL's words.
    var words: String {
        if let unit { return Self.words(unit.count, unit.unit) }
        var parts: [String] = []
        if months / 12 != 0 { parts.append(Self.words(months / 12, "YEAR")) }
        if months % 12 != 0 { parts.append(Self.words(months % 12, "MONTH")) }
        if days != 0 { parts.append(Self.words(days, "DAY")) }
        var rest = microseconds
        for (size, unit) in [
            (3_600_000_000, "HOUR"), (60_000_000, "MINUTE"), (1_000_000, "SECOND"), (1, "MICROSECOND"),
        ] {
            if rest / size != 0 { parts.append(Self.words(rest / size, unit)) }
            rest %= size
        }
        return parts.joined(separator: " ")
    }

    /// `1 day`, `3 days`; PostgreSQL has no word for a quarter here.
    static func words(_ count: Int, _ unit: String) -> String {
        if unit == "QUARTER" { return words(count * 3, "MONTH") }
        return "\(count) \(unit.lowercased())" + (count == 1 ? "" : "s")
    }
}
