import ServiceRuntime
import Web

/// What bi-api alone is told: limits, the cache, and where things are.
///
/// `BI_QUERY_TIMEOUT`, `BI_QUERY_ROWS_MAX`, `BI_CHART_TIMEOUT`, `BI_CHART_ROWS_MAX`, `BI_CSV_TIMEOUT`, `BI_CSV_SEND_TIMEOUT`,
/// `BI_ROW_BYTES_MAX`, `BI_CONNECTIONS_MAX`, `BI_SQL_CONNECTIONS_MAX`, `BI_SQL_PER_USER_MAX`, `BI_CACHE_BYTES_MAX`,
/// `BI_SQL_ROLE`, `SCHEDULER_URL`, `TRANSFORMER_URL`, `WEB_VENDOR_DIR`.
public struct BIAPISettings: Sendable {
    static let queryTimeout = Setting<Duration>.duration(
        "bi.query.timeout", default: .seconds(30), in: .milliseconds(100)...(.seconds(3600)),
        "The longest that a query of the SQL page may take in the database.")
    static let queryRowsMax = Setting<Int>.integer(
        "bi.query.rows_max", default: 100_000, in: 1...1_000_000, "The most rows that the SQL page shows.")
    static let chartTimeout = Setting<Duration>.duration(
        "bi.chart.timeout", default: .seconds(30), in: .milliseconds(100)...(.seconds(3600)),
        "The longest that a chart's query may take in the database.")
    static let chartRowsMax = Setting<Int>.integer(
        "bi.chart.rows_max", default: 10_000, in: 1...100_000, "The most rows of a chart's answer.")
    static let csvTimeout = Setting<Duration>.duration(
        "bi.csv.timeout", default: .seconds(600), in: .seconds(1)...(.seconds(86_400)),
        "The longest that a CSV download may take; its rows are not limited.")
    static let csvSendTimeout = Setting<Duration>.duration(
        "bi.csv.send_timeout", default: .seconds(30), in: .milliseconds(100)...(.seconds(3600)),
        "The longest that a client may take for the next piece of a CSV download; then it is cut off.")
    static let rowBytesMax = Setting<Int>.bytes(
        "bi.row_bytes_max", default: 4 << 20, in: (16 << 10)...(256 << 20),
        "The most bytes of one row of any answer; the database looks before it sends.")
    static let connectionsMax = Setting<Int>.integer(
        "bi.connections_max", default: 8, in: 1...200, "The most connections to the warehouse at once, for charts.")
    static let sqlConnectionsMax = Setting<Int>.integer(
        "bi.sql.connections_max", default: 8, in: 1...200,
        "The most connections to the warehouse at once, for the SQL page and its downloads.")
    static let sqlPerUserMax = Setting<Int>.integer(
        "bi.sql.per_user_max", default: 4, in: 1...100,
        "The most queries and CSV downloads of one user at once. Keep it below BI_SQL_CONNECTIONS_MAX.")
    static let cacheBytesMax = Setting<Int>.bytes(
        "bi.cache.bytes_max", default: 64 << 20, in: 0...(16 << 30), "The most memory for answers of charts.")
    static let sqlRole = Setting<Role>.choice(
        "bi.sql_role", default: .editor, "The least role that may write queries of its own.")
    static let schedulerURL = Setting<LoginAddress>.visitorAddress(
        "scheduler.url", "The scheduler's page, for the link on every page."
    ).optional
    static let transformerURL = Setting<LoginAddress>.visitorAddress(
        "transformer.url", "The transformer's page, for the link on every page."
    ).optional
    static let vendorFolder = Setting<String>.text(
        "web.vendor_dir", default: ".millrace/vendor", "The folder with the browser libraries, served at /vendor/.")

    /// All of them.
    public static let group = SettingGroup(
        "bi-api",
        [
            queryTimeout, queryRowsMax, chartTimeout, chartRowsMax, csvTimeout, csvSendTimeout, rowBytesMax,
            connectionsMax, sqlConnectionsMax, sqlPerUserMax, cacheBytesMax, sqlRole, schedulerURL, transformerURL,
            vendorFolder,
        ])

    public var queryTimeout: Duration = .seconds(30)
    public var queryRowsMax = 100_000
    public var chartTimeout: Duration = .seconds(30)
    public var chartRowsMax = 10_000
    public var csvTimeout: Duration = .seconds(600)
    public var csvSendTimeout: Duration = .seconds(30)
    public var rowBytesMax = 4 << 20
    public var connectionsMax = 8
    public var sqlConnectionsMax = 8
    public var sqlPerUserMax = 4
    public var cacheBytesMax = 64 << 20
    public var sqlRole: Role = .editor
    public var schedulerURL: LoginAddress?
    public var transformerURL: LoginAddress?
    public var vendorFolder = ".millrace/vendor"

    /// The defaults.
    public init() {}

    public init(_ settings: Settings) throws(SettingsError) {
        queryTimeout = try settings.value(of: Self.queryTimeout)
        queryRowsMax = try settings.value(of: Self.queryRowsMax)
        chartTimeout = try settings.value(of: Self.chartTimeout)
        chartRowsMax = try settings.value(of: Self.chartRowsMax)
        csvTimeout = try settings.value(of: Self.csvTimeout)
        csvSendTimeout = try settings.value(of: Self.csvSendTimeout)
        rowBytesMax = try settings.value(of: Self.rowBytesMax)
        connectionsMax = try settings.value(of: Self.connectionsMax)
        sqlConnectionsMax = try settings.value(of: Self.sqlConnectionsMax)
        sqlPerUserMax = try settings.value(of: Self.sqlPerUserMax)
        cacheBytesMax = try settings.value(of: Self.cacheBytesMax)
        sqlRole = try settings.value(of: Self.sqlRole)
        schedulerURL = try settings.value(of: Self.schedulerURL)
        transformerURL = try settings.value(of: Self.transformerURL)
        vendorFolder = try settings.value(of: Self.vendorFolder)
    }
}
