// SettingSources: the chain of providers that a setting's text is looked for in, and the secrets' files.
import Configuration
import Foundation

/// Flags, environment and file, in the order in which they win.
struct SettingSources {
    private let flags: InMemoryProvider
    private let environment: EnvironmentVariablesProvider
    private let file: (provider: FileProvider<YAMLSnapshot>, path: String)?

    /// - Throws: when `MILLRACE_CONFIG` names a file that cannot be read as a YAML mapping.
    init(flags: [String: String], environment: [String: String]) async throws(SettingsError) {
        self.flags = InMemoryProvider(
            values: Dictionary(
                flags.map { (Self.path($0.key), ConfigValue(.string($0.value), isSecret: false)) },
                uniquingKeysWith: { _, last in last }))
        self.environment = EnvironmentVariablesProvider(environmentVariables: environment)
        let name = SettingGroup.configurationFile
        guard let path = flags[name.key] ?? environment[name.environmentName], !path.isEmpty else {
            file = nil
            return
        }
        do {
            file = (try await FileProvider<YAMLSnapshot>(filePath: .init(path)), path)
        } catch {
            throw SettingsError([.unreadable(name.environmentName, path: path, reason: "\(error)")])
        }
    }

    /// The file that `MILLRACE_CONFIG` names.
    var filePath: String? { file?.path }

    /// The text of a setting and where it was found; `nil` when nowhere. An empty environment variable counts as not
    /// set, as in `docker compose`, where an unset variable is passed on as an empty one.
    func text(of setting: any SettingDeclaration) throws(SettingsError) -> (String, SettingSource)? {
        if let found = try lookUp(setting.key, separator: setting.listSeparator, setting.environmentName, setting.flag)
        {
            return found
        }
        guard let fileName = setting.fileEnvironmentName,
            let (path, _) = try lookUp(
                setting.key + "_file", separator: setting.listSeparator, fileName, setting.fileFlag)
        else { return nil }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return (text.trimmingCharacters(in: .newlines), .file(path))
        } catch {
            throw SettingsError([.unreadable(fileName, path: path, reason: "\(error.localizedDescription)")])
        }
    }

    private func lookUp(
        _ key: String, separator: String, _ environmentName: String, _ flag: String?
    ) throws(SettingsError) -> (String, SettingSource)? {
        if let text = text(in: flags, key, separator) { return (text, .flag(flag ?? key)) }
        if let text = text(in: environment, key, separator), !text.isEmpty {
            return (text, .environment(environmentName))
        }
        if let file, let text = text(in: file.provider, key, separator) { return (text, .file(file.path)) }
        return nil
    }

    /// Scalars as they are written; lists joined by the setting's separator.
    private func text(in provider: any ConfigProvider, _ key: String, _ separator: String) -> String? {
        for type in [ConfigType.string, .stringArray] {
            // A provider refuses the wrong one of the two shapes; the other is then the right one.
            guard let value = try? provider.value(forKey: Self.path(key), type: type).value else { continue }
            switch value.content {
            case .string(let text): return text
            case .stringArray(let items): return items.joined(separator: separator)
            default: continue
            }
        }
        return nil
    }

    private static func path(_ key: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(key.split(separator: ".").map(String.init))
    }
}
