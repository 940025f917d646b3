// Settings: the values of a service's settings, read and checked once, at the start.
// Always: flags win over the environment, the environment over the configuration file, the file over the default;
// every value in here has passed its declaration's check.
import Foundation
import Synchronization

/// Where a value came from.
public enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case flag(String), environment(String), file(String), standard

    public var description: String {
        switch self {
        case .flag(let name): "the flag \(name)"
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): "the file \(path)"
        case .standard: "the default"
        }
    }
}

/// The values of a service's settings. Read one with ``value(of:)``.
public struct Settings: Sendable {
    /// The service they were read for.
    public let service: String
    private let values: [String: (value: any Sendable, source: SettingSource)]
    /// What was found beside the settings and is probably a mistake, a sentence each; `Observability.bootstrap` logs it.
    public let warnings: [String]

    /// Reads and checks every setting of `groups`.
    /// - Parameters:
    ///   - groups: The groups that this command needs; all of the service's when left out. What every service has
    ///     (logging …) is always read.
    ///   - overrides: Values that win over everything, by key; `nil` values count as absent. The flags that
    ///     ``ServiceMain`` took from the command line are used when left out.
    /// - Throws: every mistake at once. A service ends with code 78 on it.
    public static func load(
        _ service: ServiceDescription, groups: [SettingGroup]? = nil, overrides: [String: String?]? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(SettingsError) -> Settings {
        let flags = overrides.map { $0.compactMapValues { $0 } } ?? SettingFlags.current
        let names = SettingNames(service.groups + (groups ?? []) + [.everyService])
        let sources = try await SettingSources(flags: flags, environment: environment)
        var values: [String: (value: any Sendable, source: SettingSource)] = [:]
        var problems = sources.filePath.map(names.problems(inFile:)) ?? []
        for setting in ((groups ?? service.groups) + [.everyService]).flatMap(\.settings) {
            do throws(SettingsError) {
                values[setting.key] = try read(setting, from: sources)
            } catch {
                problems += error.problems.filter { !problems.contains($0) }
            }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        return Settings(service: service.name, values: values, warnings: names.warnings(about: environment))
    }

    /// The value of a setting that was among the groups of the load; its declaration there rules, default included.
    public func value<Value>(of setting: Setting<Value>) throws(SettingsError) -> Value {
        guard let value = values[setting.key]?.value as? Value else {
            throw SettingsError(setting, "is read by \(service) but is in none of the groups that it loaded.")
        }
        return value
    }

    /// Where the value came from; `.standard` for a setting that was not loaded.
    public func source(of setting: any SettingDeclaration) -> SettingSource {
        values[setting.key]?.source ?? .standard
    }

    private static func read(
        _ setting: any SettingDeclaration, from sources: SettingSources
    ) throws(SettingsError) -> (any Sendable, SettingSource) {
        if let (text, source) = try sources.text(of: setting) {
            if setting.isSecret { Secrets.remember(text) }
            return (try check(text, setting, source), source)
        }
        guard let fallback = setting.fallback else { throw SettingsError([.missing(setting)]) }
        return (fallback, .standard)
    }

    private static func check(
        _ text: String, _ setting: any SettingDeclaration, _ source: SettingSource
    ) throws(SettingsError) -> any Sendable {
        do throws(UnacceptableValue) {
            return try setting.check(text)
        } catch {
            var problem = SettingsError.Problem.refused(setting, text: text, source: source, reason: error.reason)
            if case .environment(let name) = source, SettingNames.isServiceLink(name, text) {
                problem.explainServiceLink()
            }
            throw SettingsError([problem])
        }
    }
}
