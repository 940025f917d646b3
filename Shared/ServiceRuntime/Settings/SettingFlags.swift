// SettingFlags: takes the flags that are settings out of a command line, so that every command of a service has them
// without declaring them, and leaves the rest to the commands.

enum SettingFlags {
    /// What the command line of this process set, by key. `ServiceMain` binds it around the command.
    @TaskLocal static var current: [String: String] = [:]

    /// Splits a command line. Everything after `--` is left alone.
    /// - Throws: when a flag lacks its value, or puts a secret itself on the command line.
    static func split(
        _ arguments: [String], groups: [SettingGroup]
    ) throws(SettingsError) -> (values: [String: String], rest: [String]) {
        var known: [String: (setting: any SettingDeclaration, key: String)] = [:]
        for setting in groups.flatMap(\.settings) {
            if let flag = setting.flag { known[flag] = (setting, setting.key) }
            if let flag = setting.fileFlag { known[flag] = (setting, setting.key + "_file") }
        }
        var values: [String: String] = [:]
        var rest: [String] = []
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if argument == "--" {
                rest += arguments[(index - 1)...]
                break
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard argument.hasPrefix("--"), let name = parts.first, let (setting, key) = known[name] else {
                rest.append(argument)
                continue
            }
            if parts.count == 2 {
                values[key] = parts[1]
            } else if setting.kind == "yes/no" {
                values[key] = "true"
            } else if index < arguments.count {
                values[key] = arguments[index]
                index += 1
            } else {
                throw SettingsError([
                    .init(setting: setting.environmentName, message: "\(name) needs a value: \(setting.meaning)")
                ])
            }
        }
        return (values, rest)
    }
}
