// What every service has, and the endpoints that several share: each a group of declarations and the value they give.
import Logging

extension SettingGroup {
    static let configurationFile = Setting<String>.text(
        "millrace.config", "Path of the YAML file with settings."
    ).optional

    /// Read by every service: where the file is, how to log, how long to stop.
    public static let everyService = SettingGroup(
        "Every service", [configurationFile, LogSettings.level, LogSettings.format, LifecycleSettings.grace])
}

/// How to log.
public struct LogSettings: Sendable {
    /// The shape of a line.
    public enum Format: String, CaseIterable, Sendable {
        case json, text, auto
    }

    /// `LOG_LEVEL`.
    public static let level = Setting<Logger.Level>.choice(
        "log.level", default: .info, "The least level that is logged.")
    /// `LOG_FORMAT`.
    public static let format = Setting<Format>.choice(
        "log.format", default: .auto,
        "One JSON object a line, readable text, or by whether standard error is a terminal.")
}

enum LifecycleSettings {
    static let grace = Setting<Duration>.duration(
        "shutdown.grace", default: .seconds(25), in: .seconds(1)...(.seconds(3600)),
        "How long the parts may take to stop after SIGTERM before they are cancelled; the exit code is then 1.")
}

/// Where Kafka is.
public struct KafkaEndpoint: Sendable, Equatable {
    static let bootstrapServersSetting = Setting<String>.brokers(
        "kafka.bootstrap_servers", default: "localhost:9092", "Brokers to start from.")
    static let propertiesSetting = Setting<[String: String]>.pairs(
        "kafka.properties", "Further properties of librdkafka (SASL, TLS …); they win over Millrace's own.")

    /// `KAFKA_BOOTSTRAP_SERVERS`, `KAFKA_PROPERTIES`.
    public static let group = SettingGroup("Kafka", [bootstrapServersSetting, propertiesSetting])

    public var bootstrapServers: String
    public var properties: [String: String]

    public init(bootstrapServers: String, properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
    }

    public init(_ settings: Settings) throws(SettingsError) {
        bootstrapServers = try settings.value(of: Self.bootstrapServersSetting)
        properties = try settings.value(of: Self.propertiesSetting)
        for (name, value) in properties where Secrets.isSecretName(name) { Secrets.remember(value) }
    }
}

/// Where PostgreSQL is, and as whom to log in.
public struct PostgresEndpoint: Sendable, Equatable {
    /// libpq's modes of TLS, weakest first.
    public enum SSLMode: String, CaseIterable, Sendable {
        case disable, allow, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    static let hostSetting = Setting<String>.text("postgres.host", default: "localhost", "Host of PostgreSQL.")
    static let portSetting = Setting<Int>.integer("postgres.port", default: 5432, in: 1...65535, "Its port.")
    static let userSetting = Setting<String>.text("postgres.user", default: "millrace", "The role that owns the data.")
    static let passwordSetting = Setting<String>.secret("postgres.password", "That role's password.").optional
    static let databaseSetting = Setting<String>.text("postgres.db", default: "millrace", "The database.")
    static let sslModeSetting = Setting<SSLMode>.choice(
        "postgres.sslmode", default: .prefer, "How much TLS to insist on, as in libpq.")

    /// `POSTGRES_HOST`, `POSTGRES_PORT`, `POSTGRES_USER`, `POSTGRES_PASSWORD[_FILE]`, `POSTGRES_DB`,
    /// `POSTGRES_SSLMODE`.
    public static let group = SettingGroup(
        "PostgreSQL", [hostSetting, portSetting, userSetting, passwordSetting, databaseSetting, sslModeSetting])

    public var host: String
    public var port: Int
    public var user: String
    public var password: String?
    public var database: String
    public var sslMode: SSLMode

    public init(
        host: String = "localhost", port: Int = 5432, user: String, password: String? = nil, database: String,
        sslMode: SSLMode = .prefer
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.sslMode = sslMode
    }

    public init(_ settings: Settings) throws(SettingsError) {
        host = try settings.value(of: Self.hostSetting)
        port = try settings.value(of: Self.portSetting)
        user = try settings.value(of: Self.userSetting)
        password = try settings.value(of: Self.passwordSetting)
        database = try settings.value(of: Self.databaseSetting)
        sslMode = try settings.value(of: Self.sslModeSetting)
    }
}
