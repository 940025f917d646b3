extension ContractNode {
    /// A length of time as people write it: `90 days`, `1 hour`, `15 minutes`.
    var period: Duration? {
        guard isPresent else { return nil }
        let words = (text ?? "").split(separator: " ")
        let unit = words.count == 2 ? Self.units.first { $0.names.contains(String(words[1])) } : nil
        guard let count = words.first.flatMap({ Int($0) }), (1...1_000_000).contains(count), let unit else {
            problem("Expected a length of time such as 90 days, 1 hour or 15 minutes.")
            return nil
        }
        return .seconds(count * unit.seconds)
    }

    private static let units: [(names: Set<String>, seconds: Int)] = [
        (["second", "seconds"], 1), (["minute", "minutes"], 60), (["hour", "hours"], 3_600), (["day", "days"], 86_400),
        (["week", "weeks"], 7 * 86_400),
    ]
}
