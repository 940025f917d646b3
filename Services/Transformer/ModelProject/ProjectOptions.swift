import Foundation
import Pipeline

/// What those who read a project may say about it.
public struct ProjectOptions: Sendable {
    /// What `env_var()` in `config.yaml` sees.
    public var environment: [String: String]
    /// The gateway to use; nil: the project's default.
    public var gateway: String?
    /// Reads every model in this dialect, whatever the project says; nil: as it says. With `postgres` the project runs on
    /// the engine of the settings, whatever its gateway is.
    public var dialect: String?
    /// The database that models run in, the first part of names of three; nil where it does not matter.
    public var database: String?
    /// Leaves out what is written in Python, and models that need it, instead of refusing the folder.
    public var skipsUnsupported: Bool
    /// What `1 week ago` counts from.
    public var now: Moment

    /// Options; what is left out is as the project says.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment, gateway: String? = nil,
        dialect: String? = nil, database: String? = nil, skipsUnsupported: Bool = false,
        now: Moment = Moment(Date())
    ) {
        self.environment = environment
        self.gateway = gateway
        self.dialect = dialect
        self.database = database
        self.skipsUnsupported = skipsUnsupported
        self.now = now
    }
}
