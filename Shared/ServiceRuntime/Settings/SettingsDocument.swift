// SettingsDocument: the declarations as text, for `--help` and for docs/configuration.md.

/// Writes declared settings for people.
public enum SettingsDocument {
    /// The discussion of a command's `--help`: every setting of `groups` with its flag, default and meaning.
    public static func help(for groups: [SettingGroup]) -> String {
        var lines = [
            "SETTINGS: each from its flag, else its environment variable, else the YAML file that MILLRACE_CONFIG",
            "names, else its default. Lower-case words joined by `.` are the place in that file.",
        ]
        for group in groups {
            lines += ["", "\(group.title):"]
            for setting in group.settings {
                let names = [setting.environmentName, setting.flag ?? setting.fileFlag, setting.fileEnvironmentName]
                lines.append("  " + names.compactMap { $0 }.joined(separator: ", "))
                lines.append("      \(setting.meaning) (\(facts(of: setting)))")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The same for a service, with what every service has.
    public static func help(for service: ServiceDescription) -> String { help(for: service.groups) }

    /// The page `docs/configuration.md`: each group once, with the services that read it, then what differs by service.
    public static func markdown(for services: [(service: String, groups: [SettingGroup])]) -> String {
        var lines = [
            "<!-- Written from the declarations in the code; a test compares. Do not edit. -->",
            "# Configuration", "",
            "A setting comes from its flag, else from its environment variable, else from the YAML file that",
            "`MILLRACE_CONFIG` names (the key's words are nested: `http.port` is `http: {port: 8080}`), else from its",
            "default. A secret has no flag; `NAME_FILE` names a file that holds it. An empty variable counts as not",
            "set. A wrong value stops the start with exit code 78 and a line that names the setting, the value, where",
            "it came from and what is allowed. So does a key of the file that is no setting of any service, with its",
            "line and the nearest that is one. A variable that looks like a setting and is none (`SINK_BATCH_ROW_MAX`)",
            "is a warning in the log: others write into the environment too.",
        ]
        var titles: [String] = []
        for title in services.flatMap({ $0.groups.map(\.title) }) where !titles.contains(title) { titles.append(title) }
        for title in titles {
            let readers = services.filter { $0.groups.contains { $0.title == title } }
            lines += [
                "", "## \(title)", "", "Read by: " + readers.map { "`\($0.service)`" }.joined(separator: ", ") + ".",
            ]
            lines += ["", "| setting | kind | default | meaning |", "|---|---|---|---|"]
            lines += rows(readers.map { ($0.service, $0.groups.filter { $0.title == title }.flatMap(\.settings)) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The file `KnownSettings.swift`.
    public static func knownSettings(of services: [(service: String, groups: [SettingGroup])]) -> String {
        let settings = services.flatMap { $0.groups.flatMap(\.settings) }
        let keys = Set(settings.map(\.key) + settings.filter(\.isSecret).map { $0.key + "_file" }).sorted()
        return """
            // Written from the declarations in the code; a test compares. Do not edit: run `make docs`.

            /// The keys of every service's settings, so that each knows a misspelt one from another's.
            enum KnownSettings {
                static let keys: [String] = [
            \(keys.map { "        \"\($0)\"," }.joined(separator: "\n"))
                ]
            }

            """
    }

    /// The same from descriptions.
    public static func markdown(for services: [ServiceDescription]) -> String {
        markdown(for: services.map { ($0.name, $0.groups) })
    }

    /// One row a key; services whose default differs are named beside theirs.
    private static func rows(_ readers: [(service: String, settings: [any SettingDeclaration])]) -> [String] {
        var order: [String] = []
        var byKey: [String: [(service: String, setting: any SettingDeclaration)]] = [:]
        for (service, settings) in readers {
            for setting in settings {
                if byKey[setting.key] == nil { order.append(setting.key) }
                byKey[setting.key, default: []].append((service, setting))
            }
        }
        return order.compactMap { key in
            guard let uses = byKey[key], let first = uses.first?.setting else { return nil }
            let defaults = Set(uses.map { defaultCell($0.setting) })
            let cell =
                defaults.count == 1
                ? defaultCell(first)
                : uses.map { "\(defaultCell($0.setting)) (\($0.service))" }.joined(separator: ", ")
            let names = [first.environmentName, first.fileEnvironmentName].compactMap { $0.map { "`\($0)`" } }
            let kind = first.allowed.map { "\(first.kind): \($0)" } ?? first.kind
            return "| \(names.joined(separator: " or ")) | \(escaped(kind)) | \(cell) | \(escaped(first.meaning)) |"
        }
    }

    private static func defaultCell(_ setting: any SettingDeclaration) -> String {
        if setting.isRequired { return "required" }
        guard let text = setting.defaultText, !text.isEmpty else { return "–" }
        return "`\(escaped(text))`"
    }

    private static func facts(of setting: any SettingDeclaration) -> String {
        var facts = [setting.kind]
        if let allowed = setting.allowed { facts.append(allowed) }
        if setting.isSecret { facts.append("secret") }
        if setting.isRequired {
            facts.append("required")
        } else if let text = setting.defaultText, !text.isEmpty {
            facts.append("default \(text)")
        }
        return facts.joined(separator: "; ")
    }

    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
