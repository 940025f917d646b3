// SessionSettings: the secret that signs sessions, and where visitors log in.
import Foundation
import ServiceRuntime

/// Where a page sends a visitor without a session.
public enum LoginAddress: Sendable, Equatable, CustomStringConvertible {
    /// A path on the same service: `/login`.
    case path(String)
    /// The host that the visitor used, another port: `:8088/login`.
    case port(Int, path: String)
    /// An address of its own.
    case url(String)

    public var description: String {
        switch self {
        case .path(let path): path
        case .port(let port, let path): ":\(port)\(path)"
        case .url(let url): url
        }
    }

    /// Reads `/login`, `:8088/login`, `:8080` or `https://…`.
    public init(_ text: String) throws(UnacceptableValue) {
        if text.hasPrefix("/") && !text.hasPrefix("//") && !text.contains("\\") {
            self = .path(text)
        } else if text.hasPrefix(":") {
            let port = text.dropFirst().prefix { $0 != "/" }, path = text.dropFirst(1 + port.count)
            guard port.allSatisfy(\.isASCII), let number = Int(port), (1...65535).contains(number) else {
                throw UnacceptableValue("not such an address")
            }
            self = .port(number, path: path.isEmpty ? "/" : String(path))
        } else if let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host()?.isEmpty == false {
            self = .url(text)
        } else {
            throw UnacceptableValue("not such an address")
        }
    }
}

extension Setting where Value == LoginAddress {
    /// A page of a service, as visitors reach it.
    public static func visitorAddress(
        _ key: String, default value: LoginAddress? = nil, _ meaning: String
    ) -> Self {
        Setting(
            key, kind: "address", allowed: "a path, :port/path on the visitor's host, or http(s)://…", default: value,
            meaning: meaning
        ) { (text) throws(UnacceptableValue) in try LoginAddress(text) }
    }
}

/// What the pages of a service need to know of sessions.
public struct SessionSettings: Sendable {
    static let secretSetting = Setting<String>.secret(
        "session.secret", bytesMin: SessionSecret.bytesMin,
        "Signs sessions. The same for bi-api, scheduler and transformer; at least 32 random bytes.")
    /// No session lives longer: what was said of its end may be forgotten then.
    static let lifetimeMax: Duration = .seconds(30 * 86_400)
    static let lifetimeSetting = Setting<Duration>.duration(
        "session.lifetime", default: .seconds(12 * 3600), in: .seconds(60)...lifetimeMax,
        "How long a log-in lasts.")
    static let loginSetting = Setting<LoginAddress>.visitorAddress(
        "login.url", default: .port(8088, path: "/login"), "Where pages send a visitor without a session.")

    /// `SESSION_SECRET[_FILE]`, `SESSION_LIFETIME`, `LOGIN_URL`.
    public static let group = SettingGroup("Sessions", [secretSetting, lifetimeSetting, loginSetting])

    let secret: String
    public let lifetime: Duration
    public let login: LoginAddress

    /// - Throws: also for a secret that others know.
    public init(_ settings: Settings) throws(SettingsError) {
        secret = try settings.value(of: Self.secretSetting)
        lifetime = try settings.value(of: Self.lifetimeSetting)
        login = try settings.value(of: Self.loginSetting)
        if let weakness = SessionSecret.weakness(of: secret) {
            throw SettingsError(Self.secretSetting, "\(weakness). Make one with `openssl rand -base64 48`.")
        }
    }

    /// - Throws: for a secret that is short or that others know.
    public init(secret: String, lifetime: Duration, login: LoginAddress) throws(SettingsError) {
        if let weakness = SessionSecret.weakness(of: secret) {
            throw SettingsError(Self.secretSetting, "\(weakness). Make one with `openssl rand -base64 48`.")
        }
        self.secret = secret
        self.lifetime = lifetime
        self.login = login
    }
}

/// Which secrets are no secrets.
enum SessionSecret {
    static let bytesMin = 32
    private static let distinctMin = 10
    /// Parts of the defaults and examples that shipped with other tools and ended in scanners' lists.
    private static let known = [
        "changeme", "change_me", "change-me", "thisismys", "yourown", "your_own", "your-own", "supersecret",
        "super_secret", "super-secret", "temporary_", "placeholder", "example", "insecure", "test-secret", "testsecret",
        "guest-secret", "secretkey", "secret_key", "secret-key", "password", "0123456789", "abcdefghij", "qwerty",
    ]

    /// Why `secret` is not taken; `nil` when it is.
    static func weakness(of secret: String) -> String? {
        guard secret.utf8.count >= bytesMin else { return "is \(secret.utf8.count) bytes long; \(bytesMin) are needed" }
        guard Set(secret.utf8).count >= distinctMin else { return "repeats too few characters to be random" }
        let plain = secret.lowercased()
        return known.contains { plain.contains($0) } ? "is built from words that are in every list of secrets" : nil
    }
}
