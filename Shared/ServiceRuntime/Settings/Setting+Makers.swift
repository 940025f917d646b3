// The kinds of settings: one maker a kind, each with its own check and its own words for what it refuses.
import Foundation

extension Setting where Value == String {
    /// Text, any that is not empty.
    public static func text(_ key: String, default value: String? = nil, _ meaning: String) -> Self {
        Setting(key, kind: "text", default: value, meaning: meaning) { (text) throws(UnacceptableValue) in
            guard !text.isEmpty else { throw UnacceptableValue("empty") }
            return text
        }
    }

    /// A secret: never shown, has no flag, may come from the file that `…_FILE` names. Required unless ``optional``.
    /// - Parameter bytesMin: The fewest bytes (of UTF-8) that are taken.
    public static func secret(_ key: String, bytesMin: Int = 1, _ meaning: String) -> Self {
        Setting(
            key, kind: "text", allowed: bytesMin > 1 ? "\(bytesMin) bytes or more" : nil, default: nil,
            meaning: meaning, isSecret: true
        ) { (text) throws(UnacceptableValue) in
            guard text.utf8.count >= bytesMin else { throw UnacceptableValue("\(text.utf8.count) bytes long") }
            return text
        }
    }

    /// Where to find brokers: `host:port`, several separated by commas; a list in the configuration file.
    public static func brokers(_ key: String, default value: String? = nil, _ meaning: String) -> Self {
        Setting(
            key, kind: "brokers", allowed: "host:port, several separated by commas, such as kafka-1:9092,kafka-2:9092",
            default: value, meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            let brokers = text.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            for broker in brokers {
                if let reason = BrokerText.reason(against: broker) { throw UnacceptableValue(reason) }
            }
            return brokers.joined(separator: ",")
        }
    }

    /// An address that starts with one of `schemes` and names a host, or a path on the same host when it starts with
    /// `/`.
    public static func address(
        _ key: String, default value: String? = nil, schemes: [String] = ["http", "https"], _ meaning: String
    ) -> Self {
        let allowed =
            "an address that starts with " + schemes.map { "\($0)://" }.joined(separator: " or ") + ", or a path"
        return Setting(key, kind: "address", allowed: allowed, default: value, meaning: meaning) {
            (text) throws(UnacceptableValue) in
            if text.hasPrefix("/") && !text.hasPrefix("//") { return text }
            guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), schemes.contains(scheme),
                let host = url.host(), !host.isEmpty
            else { throw UnacceptableValue("not such an address") }
            return text
        }
    }
}

extension Setting where Value == Int {
    /// A whole number within `range`, written in decimal; `_` may group its digits.
    public static func integer(
        _ key: String, default value: Int? = nil, in range: ClosedRange<Int>, _ meaning: String
    ) -> Self {
        Setting(
            key, kind: "integer", allowed: "\(range.lowerBound) to \(range.upperBound)", default: value,
            meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            guard let number = Int(text.replacing("_", with: "")) else { throw UnacceptableValue("not an integer") }
            guard range.contains(number) else { throw UnacceptableValue("outside the allowed range") }
            return number
        }
    }

    /// A number of bytes within `range`: plain, or with `KiB`, `MiB` or `GiB`.
    public static func bytes(
        _ key: String, default value: Int? = nil, in range: ClosedRange<Int>, _ meaning: String
    ) -> Self {
        Setting(
            key, kind: "bytes", allowed: "\(ByteText.write(range.lowerBound)) to \(ByteText.write(range.upperBound))",
            default: value, defaultText: value.map(ByteText.write), meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            guard let number = ByteText.read(text) else {
                throw UnacceptableValue("not a number of bytes such as 65536, 64KiB or 4MiB")
            }
            guard range.contains(number) else { throw UnacceptableValue("outside the allowed range") }
            return number
        }
    }
}

extension Setting where Value == Double {
    /// A number within `range`.
    public static func number(
        _ key: String, default value: Double? = nil, in range: ClosedRange<Double>, _ meaning: String
    ) -> Self {
        Setting(
            key, kind: "number", allowed: "\(range.lowerBound) to \(range.upperBound)", default: value,
            meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            guard let number = Double(text), number.isFinite else { throw UnacceptableValue("not a number") }
            guard range.contains(number) else { throw UnacceptableValue("outside the allowed range") }
            return number
        }
    }
}

extension Setting where Value == Bool {
    /// Yes or no: `true`, `yes`, `on`, `1` or `false`, `no`, `off`, `0`. The flag alone means yes.
    public static func flag(_ key: String, default value: Bool = false, _ meaning: String) -> Self {
        Setting(key, kind: "yes/no", allowed: "true or false", default: value, meaning: meaning) {
            (text) throws(UnacceptableValue) in
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw UnacceptableValue("neither true nor false")
            }
        }
    }
}

extension Setting where Value == Duration {
    /// A length of time within `range`: a number with `ms`, `s`, `m`, `h` or `d`.
    public static func duration(
        _ key: String, default value: Duration? = nil, in range: ClosedRange<Duration>, _ meaning: String
    ) -> Self {
        let allowed = "\(DurationText.write(range.lowerBound)) to \(DurationText.write(range.upperBound))"
        return Setting(
            key, kind: "duration", allowed: allowed, default: value, defaultText: value.map(DurationText.write),
            meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            guard let duration = DurationText.read(text) else {
                throw UnacceptableValue("not a duration such as 500ms, 30s, 5m, 12h or 7d")
            }
            guard range.contains(duration) else { throw UnacceptableValue("outside the allowed range") }
            return duration
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases of an enumeration, by its raw value.
    public static func choice(_ key: String, default value: Value? = nil, _ meaning: String) -> Self {
        Setting(
            key, kind: "choice", allowed: Value.allCases.map(\.rawValue).joined(separator: ", "), default: value,
            defaultText: value?.rawValue, meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            guard let value = Value(rawValue: text.lowercased()) ?? Value(rawValue: text) else {
                throw UnacceptableValue("none of these")
            }
            return value
        }
    }
}

extension Setting where Value == [String] {
    /// Several texts, separated by commas; a list in the configuration file.
    public static func list(_ key: String, default value: [String]? = nil, _ meaning: String) -> Self {
        Setting(
            key, kind: "list", default: value, defaultText: value?.joined(separator: ","), meaning: meaning
        ) { text in
            text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
    }
}

extension Setting where Value == [String: String] {
    /// Names with values: `name=value;name=value`; a list of `name=value` in the configuration file.
    public static func pairs(_ key: String, default value: [String: String] = [:], _ meaning: String) -> Self {
        let defaultText = value.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
        return Setting(
            key, kind: "pairs", allowed: "name=value;name=value", default: value, defaultText: defaultText,
            meaning: meaning, listSeparator: ";"
        ) { (text) throws(UnacceptableValue) in
            var pairs: [String: String] = [:]
            for part in text.split(separator: ";") {
                let part = part.trimmingCharacters(in: .whitespaces)
                if part.isEmpty { continue }
                guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
                    throw UnacceptableValue("a list with an entry that has no name and value around `=`")
                }
                pairs[String(part[..<equals])] = String(part[part.index(after: equals)...])
            }
            return pairs
        }
    }
}
