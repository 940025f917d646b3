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

/// Which engine the warehouse is.
public enum WarehouseEngineName: String, CaseIterable, Sendable {
    case postgres, bigquery

    static let setting = Setting<WarehouseEngineName>.choice(
        "warehouse.engine", default: .postgres,
        "Where rows land: PostgreSQL, as the POSTGRES_ settings say, or BigQuery, as the BIGQUERY_ settings do.")

    /// `WAREHOUSE_ENGINE`.
    public static let group = SettingGroup("Warehouse", [setting])

    public init(_ settings: Settings) throws(SettingsError) { self = try settings.value(of: Self.setting) }
}

/// Where BigQuery is, and as whom to log in.
public struct BigQueryEndpoint: Sendable, Equatable {
    static let projectSetting = Setting<String>.text(
        "bigquery.project", "The project that has the datasets, and pays for the jobs. Required where BigQuery is used."
    ).optional
    static let locationSetting = Setting<String>.text(
        "bigquery.location",
        "Where datasets are made and jobs run, such as EU or europe-west6; without it BigQuery takes US."
    ).optional
    static let keyFileSetting = Setting<String>.text(
        "bigquery.key_file",
        "Key file of the service account to log in as; without it what Google's own programs would take: GOOGLE_APPLICATION_CREDENTIALS, gcloud's login, the metadata server."
    ).optional
    static let impersonateSetting = Setting<String>.text(
        "bigquery.impersonate", "Service account to act as, once logged in."
    ).optional
    static let emulatorSetting = Setting<String>.text(
        "bigquery.emulator_host", "Address of an emulator, host:port, which takes Google's place, without a login."
    ).optional

    /// `BIGQUERY_PROJECT`, `BIGQUERY_LOCATION`, `BIGQUERY_KEY_FILE`, `BIGQUERY_IMPERSONATE`, `BIGQUERY_EMULATOR_HOST`.
    public static let group = SettingGroup(
        "BigQuery", [projectSetting, locationSetting, keyFileSetting, impersonateSetting, emulatorSetting])

    public let project: String
    public let location: String?
    public let keyFile: String?
    public let impersonate: String?
    public let emulatorHost: String?

    /// - Throws: without a project, and for a login to an emulator.
    public init(_ settings: Settings) throws(SettingsError) {
        guard let project = try settings.value(of: Self.projectSetting) else {
            throw SettingsError(
                Self.projectSetting, "is required where BigQuery is used: name the project of the datasets.")
        }
        self.project = project
        location = try settings.value(of: Self.locationSetting)
        keyFile = try settings.value(of: Self.keyFileSetting)
        impersonate = try settings.value(of: Self.impersonateSetting)
        emulatorHost = try settings.value(of: Self.emulatorSetting)
        guard emulatorHost == nil || keyFile == nil && impersonate == nil else {
            throw SettingsError(
                Self.emulatorSetting,
                "goes with neither BIGQUERY_KEY_FILE nor BIGQUERY_IMPERSONATE: an emulator has no login. Take one of them out."
            )
        }
    }
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
