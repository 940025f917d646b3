// Setting: one declaration of one thing that a person may set. Everything else about it follows from here: the
// environment variable, the flag, the key in the configuration file, the check at start, `--help` and the docs.
// Always: `key` is lower case words joined by `.` and `_`; `http.port` is `HTTP_PORT`, `--http-port` and `http: {port:
// …}`.
import Foundation

/// What a document or a help text needs of a setting, whatever its value's type.
public protocol SettingDeclaration: Sendable {
    /// The place in the configuration file, such as `http.port`.
    var key: String { get }
    /// What kind of value, in one or two words: `integer`, `text`, `duration`.
    var kind: String { get }
    /// The values that are taken, for people: `1 to 65535`; `nil` when every value of the kind is.
    var allowed: String? { get }
    /// What it does, in a sentence or two.
    var meaning: String { get }
    /// True for what must never be shown. Such a setting has no flag, and may come from a file (`…_FILE`).
    var isSecret: Bool { get }
    /// The default as it would be written; `nil` when there is none.
    var defaultText: String? { get }
    /// True when the start must stop without a value.
    var isRequired: Bool { get }
    /// The separator that joins the items of a YAML list, for settings that hold several values.
    var listSeparator: String { get }
    /// Reads a value, or says why it cannot.
    func check(_ text: String) throws(UnacceptableValue) -> any Sendable
    /// The default's value; `nil` when the setting is required.
    var fallback: (any Sendable)? { get }
}

/// Why a setting's text was not taken, in words that follow "is": `not an integer`.
public struct UnacceptableValue: Error, Equatable {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// A setting whose value is a `Value`. Make one with ``text(_:default:_:)``, ``integer(_:default:in:_:)`` and the like.
public struct Setting<Value: Sendable>: SettingDeclaration {
    public let key: String
    public let kind: String
    public let allowed: String?
    public let meaning: String
    public let isSecret: Bool
    public let defaultText: String?
    public let listSeparator: String
    let defaultValue: Value?
    let parse: @Sendable (String) throws(UnacceptableValue) -> Value

    /// Declares a setting of a kind that has no maker of its own.
    /// - Parameters:
    ///   - default: The value without any; `nil` makes the setting required.
    ///   - defaultText: The default as it would be written; the value's description when left out.
    ///   - parse: Reads the text as it stands in the environment, on the command line or in the file.
    public init(
        _ key: String, kind: String, allowed: String? = nil, default defaultValue: Value?, defaultText: String? = nil,
        meaning: String, isSecret: Bool = false, listSeparator: String = ",",
        parse: @escaping @Sendable (String) throws(UnacceptableValue) -> Value
    ) {
        self.key = key
        self.kind = kind
        self.allowed = allowed
        self.defaultValue = defaultValue
        self.defaultText = defaultText ?? defaultValue.map { "\($0)" }
        self.meaning = meaning
        self.isSecret = isSecret
        self.listSeparator = listSeparator
        self.parse = parse
    }

    public var isRequired: Bool { defaultValue == nil }
    public var fallback: (any Sendable)? { defaultValue.map { $0 as any Sendable } }
    public func check(_ text: String) throws(UnacceptableValue) -> any Sendable { try parse(text) }

    /// The same setting with nothing as its default: absent is `nil`.
    public var optional: Setting<Value?> {
        let parse = self.parse
        return Setting<Value?>(
            key, kind: kind, allowed: allowed, default: .some(nil), defaultText: "", meaning: meaning,
            isSecret: isSecret, listSeparator: listSeparator
        ) { (text) throws(UnacceptableValue) in try parse(text) }
    }
}

extension SettingDeclaration {
    /// The environment variable: `HTTP_PORT`.
    public var environmentName: String { key.uppercased().replacing(".", with: "_") }
    /// The flag of every command that reads it: `--http-port`; a secret has none, because flags are in process lists.
    public var flag: String? { isSecret ? nil : "--" + dashed }
    /// The flag that names a file with the secret: `--session-secret-file`.
    public var fileFlag: String? { isSecret ? "--" + dashed + "-file" : nil }
    /// The environment variable that names a file with the secret: `SESSION_SECRET_FILE`.
    public var fileEnvironmentName: String? { isSecret ? environmentName + "_FILE" : nil }
    /// True when absence is an answer of its own.
    public var isOptional: Bool { !isRequired && defaultText == "" }

    private var dashed: String { key.replacing(".", with: "-").replacing("_", with: "-") }
}

/// Settings that belong together, under the title they have in `--help` and in the docs.
public struct SettingGroup: Sendable {
    public let title: String
    public let settings: [any SettingDeclaration]

    public init(_ title: String, _ settings: [any SettingDeclaration]) {
        self.title = title
        self.settings = settings
    }
}

/// A service as its operator sees it: its name, and every setting that it reads.
public struct ServiceDescription: Sendable {
    /// The deployed spelling: `raw-sink`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What was declared, then what every service has (logging, shutdown, the configuration file).
    public let groups: [SettingGroup]

    public init(name: String, summary: String, groups: [SettingGroup]) {
        self.name = name
        self.summary = summary
        self.groups = groups + [.everyService]
    }
}
