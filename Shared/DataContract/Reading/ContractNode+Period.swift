extension ContractNode {
    /// A length of time as people write it: `90 days`, `1 hour`, `15 minutes`.
    var period: Duration? {
        guard isPresent else { return nil }
        guard let seconds = Self.seconds((text ?? "").split(separator: " ")) else {
            problem("Expected a length of time such as 90 days, 1 hour or 15 minutes.")
            return nil
        }
        return .seconds(seconds)
    }

    /// A bound of event times: `any`, `now`, `now + 1 day`, `now - 2 hours`, a time or a day.
    /// - Parameter isEnd: Whether a day means its end.
    func bound(isEnd: Bool) -> Contract.PlausibleTimes.Bound? {
        guard isPresent else { return nil }
        let text = self.text ?? ""
        let words = text.split(separator: " ")
        switch words.first {
        case "any" where words.count == 1: return .any
        case "now" where words.count == 1: return .now(plus: 0)
        case "now" where words.count == 4 && ["+", "-"].contains(words[1]):
            if let seconds = Self.seconds(words[2...]) {
                return .now(plus: Int64(seconds) * (words[1] == "-" ? -1_000_000 : 1_000_000))
            }
        default:
            if let moment = Self.moment(text, isEnd: isEnd) { return .moment(moment) }
        }
        problem("Expected any, now, now + 1 day, a day such as 1970-01-01 or a time such as 1970-01-01T00:00:00Z.")
        return nil
    }

    private static func moment(_ text: String, isEnd: Bool) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return nil }
            if let day = TimeText.date(start, count: bytes.count) {
                return Int64(day) * 86_400_000_000 + (isEnd ? 86_399_999_999 : 0)
            }
            return TimeText.timestamp(start, count: bytes.count)
        }
    }

    /// `90 days`; nil for anything else.
    private static func seconds(_ words: some Collection<Substring>) -> Int? {
        let words = Array(words)
        guard words.count == 2, let unit = units.first(where: { $0.names.contains(String(words[1])) }),
            let count = Int(words[0]), (1...1_000_000).contains(count)
        else { return nil }
        return count * unit.seconds
    }

    private static let units: [(names: Set<String>, seconds: Int)] = [
        (["second", "seconds"], 1), (["minute", "minutes"], 60), (["hour", "hours"], 3_600), (["day", "days"], 86_400),
        (["week", "weeks"], 7 * 86_400),
    ]
}
