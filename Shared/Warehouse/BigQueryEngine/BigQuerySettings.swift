/// Where BigQuery is, who asks, and what it may cost.
public struct BigQuerySettings: Sendable {
    /// The project that jobs run in and are billed to, and whose datasets are meant.
    public var project: String
    /// Where jobs run: `EU`, `europe-west6`. Needed outside of the multi-regions US and EU, as jobs are not found without it.
    public var location: String?
    public var login: GoogleLoginSettings
    /// The service account to act as; nil: as whoever logs in.
    public var impersonated: String?
    /// A query that would read more is refused by BigQuery and costs nothing; nil: no limit.
    public var bytesBilledMax: Int64?
    /// On every job, for whoever reads the bill: lower-case letters, digits, `_` and `-`.
    public var labels: [String: String] = [:]
    /// How long one call is tried again.
    public var retryMax: Duration = .seconds(600)
    /// `https://bigquery.googleapis.com`.
    public var endpoint = "https://bigquery.googleapis.com"

    /// Google's own service.
    public init(project: String, location: String? = nil, login: GoogleLoginSettings = .applicationDefault) {
        self.project = project
        self.location = location
        self.login = login
    }

    /// An emulator, without a login.
    /// - Parameter address: `127.0.0.1:9050`, or with `http://` before it.
    public static func emulator(at address: String, project: String) -> BigQuerySettings {
        var settings = BigQuerySettings(project: project, login: .none)
        settings.endpoint = address.contains("://") ? address : "http://\(address)"
        return settings
    }
}
