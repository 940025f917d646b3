// Values that several services read the same way: the port they answer on, the pipeline folder, the reader role.

/// Where a service answers HTTP.
public struct HTTPEndpoint: Sendable, Equatable {
    static let hostSetting = Setting<String>.text(
        "http.host", default: "127.0.0.1", "Address to answer on; 0.0.0.0 for every one, as in a container.")

    static func portSetting(_ standard: Int) -> Setting<Int> {
        .integer("http.port", default: standard, in: 0...65535, "Port to answer on; 0 takes a free one.")
    }

    /// `HTTP_HOST`, `HTTP_PORT` and the limits.
    /// - Parameter port: The service's own default.
    public static func group(port: Int) -> SettingGroup {
        SettingGroup("HTTP", [hostSetting, portSetting(port)] + HTTPLimits.settings)
    }

    public var host: String
    public var port: Int
    public var limits: HTTPLimits

    public init(host: String = "127.0.0.1", port: Int, limits: HTTPLimits = HTTPLimits()) {
        self.host = host
        self.port = port
        self.limits = limits
    }

    /// The default port is the one that the loaded ``group(port:)`` declared.
    public init(_ settings: Settings) throws(SettingsError) {
        host = try settings.value(of: Self.hostSetting)
        port = try settings.value(of: Self.portSetting(0))
        limits = try HTTPLimits(settings)
    }
}

/// Which folder describes the pipeline.
public struct PipelineLocation: Sendable, Equatable {
    static let pathSetting = Setting<String>.text(
        "millrace.pipeline", default: "Pipelines/web-analytics",
        "The folder with the pipeline's contracts, models, audits, tests and dashboards.")

    /// `MILLRACE_PIPELINE`.
    public static let group = SettingGroup("Pipeline", [pathSetting])

    public var path: String

    public init(path: String) { self.path = path }

    public init(_ settings: Settings) throws(SettingsError) { path = try settings.value(of: Self.pathSetting) }
}

/// The role that may read the warehouse and nothing else.
public struct WarehouseReader: Sendable, Equatable {
    static let userSetting = Setting<String>.text(
        "warehouse.reader_user", default: "millrace_reader",
        "The role with SELECT on raw and promoted tables alone; bi-api's queries run as it.")
    static let passwordSetting = Setting<String>.secret("warehouse.reader_password", "That role's password.").optional

    /// `WAREHOUSE_READER_USER`, `WAREHOUSE_READER_PASSWORD[_FILE]`.
    public static let group = SettingGroup("Warehouse reader", [userSetting, passwordSetting])

    public var user: String
    public var password: String?

    public init(user: String, password: String? = nil) {
        self.user = user
        self.password = password
    }

    public init(_ settings: Settings) throws(SettingsError) {
        user = try settings.value(of: Self.userSetting)
        password = try settings.value(of: Self.passwordSetting)
    }
}
