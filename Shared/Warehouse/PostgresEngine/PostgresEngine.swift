import Logging
import Postgres
import SQL

/// PostgreSQL as the warehouse.
public struct PostgresEngine: WarehouseEngine {
    let pool: PostgresPool
    let logger: Logger

    public var dialect: SQLDialect { .postgres }

    /// - Parameter connectionsMax: How many statements may run at once.
    public init(_ settings: PostgresSettings, connectionsMax: Int = 4, logger: Logger) {
        pool = PostgresPool(settings, limits: PostgresPoolLimits(connectionsMax: connectionsMax), logger: logger)
        self.logger = logger
    }

    /// Takes a connection of the pool and asks `SELECT 1`.
    public func isHealthy() async -> Bool {
        do {
            try await pool.query("SELECT 1")
            return true
        } catch {
            return false
        }
    }

    /// Idle connections end now, others when they come back.
    public func close() async { await pool.close() }

    /// Runs `body` and gives its failures as `WarehouseError`.
    func translating<R>(_ body: () async throws -> R) async throws(WarehouseError) -> R {
        do {
            return try await body()
        } catch let error as WarehouseError {
            throw error
        } catch let error as PostgresError {
            throw WarehouseError(error)
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .failed(reason: "\(error)")
        }
    }
}

extension WarehouseError {
    init(_ error: PostgresError) {
        switch error.code {
        case .connectionFailed where !error.isRetriable: self = .loginRefused(reason: error.description)
        case .connectionFailed: self = .unreachable(reason: error.description)
        case .connectionLost:
            self = .connectionLost(reason: error.description)
        case .poolExhausted: self = .busy(reason: error.description)
        case .cancelled: self = .cancelled
        case .timedOut where error.sqlState == .lockNotAvailable: self.init(server: error)
        case .timedOut: self = .timedOut(reason: error.message)
        case .server: self.init(server: error)
        case .closed, .busy, .decoding, .invalidUse, .migrationMismatch: self = .failed(reason: error.description)
        }
    }

    private init(server error: PostgresError) {
        switch error.sqlState {
        case .some(.insufficientPrivilege), .some(.readOnlySQLTransaction):
            self = .permissionDenied(reason: error.message)
        case .some(.lockNotAvailable):
            self = .busy(reason: "others keep a table locked: \(error.message)")
        case .some(let state) where error.isRetriable:
            self = .busy(reason: "\(error.message) (\(state))")
        case .some(let state) where state.errorClass == "42" || state.errorClass == "22" || state.errorClass == "0A":
            self = .invalidStatement(reason: error.description, position: error.position)
        default:
            self = .failed(reason: error.description)
        }
    }
}
