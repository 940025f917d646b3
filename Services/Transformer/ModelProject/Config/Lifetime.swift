/// How long something stays, as `environment_ttl` says it: `in 1 week`, `3 days`.
enum Lifetime {
    private static let seconds: [String: Int64] = [
        "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000,
    ]

    /// Seconds; nil for what is no length of time. A month has 30 days, a year 365.
    static func seconds(of text: String) -> Int64? {
        var words = text.lowercased().split(separator: " ")
        if words.first == "in" { words.removeFirst() }
        guard words.count == 2, let count = Int64(words[0]), (1...10_000).contains(count) else { return nil }
        let unit = words[1].hasSuffix("s") ? String(words[1].dropLast()) : String(words[1])
        return seconds[unit].map { $0 * count }
    }
}
