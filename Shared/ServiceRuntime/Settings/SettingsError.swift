/// What is wrong with a service's settings: all of it at once, a line each, so that one start shows every mistake.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// One mistake.
    public struct Problem: Sendable, Equatable {
        /// The setting as its operator knows it, such as `HTTP_PORT`.
        public let setting: String
        /// What happened and what to do, as a sentence that starts with the setting's name.
        public private(set) var message: String

        init(setting: String, message: String) {
            self.setting = setting
            self.message = message
        }

        /// The value was put there by the platform, under a name that is ours.
        mutating func explainServiceLink() {
            message +=
                " It is what Kubernetes (or Docker) tells each container of a service of that name: set "
                + "enableServiceLinks: false for the pod, or \(setting) itself."
        }
    }

    public let problems: [Problem]

    public var description: String { problems.map(\.message).joined(separator: "\n") }

    init(_ problems: [Problem]) { self.problems = problems }

    /// A mistake in `setting` that ServiceRuntime could not see: two settings that exclude each other, for example.
    /// - Parameter message: What is wrong and what to do; it follows the setting's name.
    public init(_ setting: any SettingDeclaration, _ message: String) {
        problems = [Problem(setting: setting.environmentName, message: "\(setting.environmentName) \(message)")]
    }
}

extension SettingsError.Problem {
    /// A value that was found and refused. Shows the value, unless it is a secret.
    static func refused(
        _ setting: any SettingDeclaration, text: String, source: SettingSource, reason: String
    ) -> Self {
        var message = setting.environmentName
        if !setting.isSecret { message += " = \"\(LogText.escaped(String(text.prefix(200))))\"" }
        message += " (from \(source)) is \(reason)."
        if let allowed = setting.allowed { message += " Allowed: \(allowed)." }
        return Self(setting: setting.environmentName, message: message)
    }

    /// A required setting without a value.
    static func missing(_ setting: any SettingDeclaration) -> Self {
        var ways = ["the environment variable \(setting.environmentName)"]
        if let file = setting.fileEnvironmentName { ways.append("\(file) (the path of a file with it)") }
        if let flag = setting.flag ?? setting.fileFlag { ways.append("the flag \(flag)") }
        ways.append("`\(setting.key)` in the file that MILLRACE_CONFIG names")
        let allowed = setting.allowed.map { " Allowed: \($0)." } ?? ""
        return Self(
            setting: setting.environmentName,
            message:
                "\(setting.environmentName) is required: \(setting.meaning) Set \(ways.joined(separator: ", or "))."
                + allowed)
    }

    /// A file that was named and could not be read.
    static func unreadable(_ setting: String, path: String, reason: String) -> Self {
        Self(setting: setting, message: "\(setting) names \(path), which cannot be read: \(reason)")
    }
}
