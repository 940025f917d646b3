// SinkWarehouse: the one place where the settings choose an engine. Behind it, what engines differ in is `RawCapabilities`.
import Logging
import Postgres
import ServiceRuntime
import Warehouse

/// The warehouse that the settings name.
enum SinkWarehouse {
    /// `WAREHOUSE_ENGINE`, and where each engine is.
    static let groups = [WarehouseEngineName.group, PostgresEndpoint.group, BigQueryEndpoint.group]

    /// Connects to nothing yet.
    /// - Parameters:
    ///   - connectionsMax: How many statements may run at once, where each takes a connection.
    ///   - lockTimeout: How long a statement may wait for locks, where there are any.
    static func open(
        _ settings: Settings, connectionsMax: Int, lockTimeout: Duration? = nil, logger: Logger
    ) throws -> any RawWarehouse {
        switch try WarehouseEngineName(settings) {
        case .postgres:
            PostgresEngine(
                try PostgresSettings(PostgresEndpoint(settings), lockTimeout: lockTimeout),
                connectionsMax: connectionsMax, logger: logger)
        case .bigquery:
            BigQueryEngine(BigQuerySettings(try BigQueryEndpoint(settings)), logger: logger)
        }
    }
}

extension BigQuerySettings {
    /// A call that fails is tried again for half a minute; then the sink says so, and tries again itself.
    init(_ endpoint: BigQueryEndpoint) {
        if let host = endpoint.emulatorHost {
            self = .emulator(at: host, project: endpoint.project)
        } else {
            let login = endpoint.keyFile.map { GoogleLoginSettings.keyFile($0) } ?? .applicationDefault
            self.init(project: endpoint.project, login: login)
            impersonated = endpoint.impersonate
        }
        location = endpoint.location
        retryMax = .seconds(30)
        labels = ["service": "raw-sink"]
    }
}
