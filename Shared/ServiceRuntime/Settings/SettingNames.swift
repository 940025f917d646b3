// SettingNames: names that nobody reads. A misspelt setting would otherwise do nothing, without a word.
// In the settings file they are mistakes: the file is ours alone. In the environment they are told as warnings, because
// others put names there too: Kubernetes and Docker for their services, the broker's image for the broker (`KAFKA_LOG_DIRS`).
import Foundation
import Spelling
import Yams

/// The names that settings go by: a service's own, and those of the others, with which it may share file and environment.
struct SettingNames {
    /// `http.port`, `session.secret`, `session.secret_file`.
    let keys: Set<String>
    private let environmentNames: Set<String>

    /// First words of names that nobody but Millrace uses: any other name that begins so is a mistake.
    private static let own: Set<String> = ["SINK", "COLLECTOR", "TRANSFORMER", "SCHEDULER", "BI"]

    init(_ groups: [SettingGroup]) {
        let settings = groups.flatMap(\.settings)
        keys = Set(settings.map(\.key) + settings.filter(\.isSecret).map { $0.key + "_file" } + KnownSettings.keys)
        environmentNames = Set(keys.map(Self.environmentName))
    }

    private static func environmentName(_ key: String) -> String { key.uppercased().replacing(".", with: "_") }

    // MARK: The file

    /// What the file says that nobody reads, each with its place. A file that is no YAML has none: its reader says so.
    func problems(inFile path: String) -> [SettingsError.Problem] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let root = try? Yams.compose(yaml: text)
        else { return [] }
        var problems: [SettingsError.Problem] = []
        collect(root, [], file: path, &problems)
        return problems
    }

    private func collect(_ node: Node, _ place: [String], file: String, _ problems: inout [SettingsError.Problem]) {
        guard let mapping = node.mapping else { return }
        for (key, value) in mapping {
            let name = (place + [key.string ?? ""]).joined(separator: ".")
            if keys.contains(name), value.mapping == nil { continue }
            if keys.contains(where: { $0.hasPrefix(name + ".") }), value.mapping != nil || value.null != nil {
                collect(value, place + [key.string ?? ""], file: file, &problems)
                continue
            }
            let mark = key.mark.map { ":\($0.line):\($0.column)" } ?? ""
            let reason =
                keys.contains(name)
                ? "`\(name)` takes one value, or a list, not `key: value` lines."
                : "`\(name)` is no setting.\(hint(for: name))"
            problems.append(.init(setting: "MILLRACE_CONFIG", message: "\(file)\(mark): \(LogText.escaped(reason))"))
        }
    }

    /// The nearest name in the file's own spelling; also for one that is spelt as in the environment.
    private func hint(for name: String) -> String {
        if let key = keys.first(where: { Self.environmentName($0) == Self.environmentName(name) }) {
            return " Did you mean \(Self.nested(key))?"
        }
        return KnownNames.nearest(to: name, in: keys).map { " Did you mean \(Self.nested($0))?" } ?? ""
    }

    /// `http: {port: …}`
    private static func nested(_ key: String) -> String {
        let words = key.split(separator: ".")
        return "`" + words.joined(separator: ": {") + ": …" + String(repeating: "}", count: words.count - 1) + "`"
    }

    // MARK: The environment

    /// Variables that look like a setting and are none, a sentence each.
    func warnings(about environment: [String: String]) -> [String] {
        environment.keys.sorted().compactMap { name in
            guard !environmentNames.contains(name), !Self.isServiceLink(name, environment[name] ?? "") else {
                return nil
            }
            guard let word = name.split(separator: "_").first.map(String.init), name.contains("_"),
                environmentNames.contains(where: { $0.hasPrefix(word + "_") })
            else { return nil }
            let near = environmentNames.filter {
                KnownNames.distance(between: $0, and: name) <= max(1, name.count / 10)
            }
            let hint = KnownNames.hint(for: name, in: near.isEmpty ? [] : environmentNames)
            guard !hint.isEmpty || Self.own.contains(word) else { return nil }
            return "\(name) in the environment is no setting, and nothing reads it.\(hint)"
        }
    }

    /// What Kubernetes, and Docker's old links, put into the environment for each service: `SCHEDULER_PORT`,
    /// `SCHEDULER_SERVICE_HOST`, `RAW_SINK_PORT_8082_TCP_ADDR`.
    static func isServiceLink(_ name: String, _ value: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
        if isLinkedPort(name) { return true }
        return name.hasSuffix("_PORT") && value.contains("://")
    }

    /// `…_PORT_8082_TCP`, `…_PORT_8082_TCP_ADDR`. Not a regular expression: making one takes longer than all else that a
    /// command does about settings.
    private static func isLinkedPort(_ name: String) -> Bool {
        var words = name.split(separator: "_")
        if ["PROTO", "PORT", "ADDR"].contains(words.last) { words.removeLast() }
        guard words.count > 3, ["TCP", "UDP", "SCTP"].contains(words.removeLast()) else { return false }
        let number = words.removeLast()
        return !number.isEmpty && number.allSatisfy { $0.isASCII && $0.isNumber } && words.last == "PORT"
    }
}
