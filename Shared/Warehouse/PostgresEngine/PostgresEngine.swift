import Logging
import Postgres
import SQL

/// PostgreSQL as the warehouse.
public struct PostgresEngine: WarehouseEngine {
    let pool: PostgresPool
    let logger: Logger
    /// Of what is done of models.
    var label: StatementLabel?

    public var dialect: SQLDialect { .postgres }

    public var rawCapabilities: RawCapabilities {
        RawCapabilities(
            makesReaders: true, batchWait: .milliseconds(500), landsSmallBatches: true, outboxEvery: .seconds(5),
            endsEvery: .seconds(15))
    }

    /// - Parameter connectionsMax: How many statements may run at once.
    public init(_ settings: PostgresSettings, connectionsMax: Int = 4, logger: Logger) {
        self.init(settings, limits: PostgresPoolLimits(connectionsMax: connectionsMax), logger: logger)
    }

    /// Over connections that others use too; they are not ``close()``'s to end.
    public init(over pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// With limits of its own.
    public init(_ settings: PostgresSettings, limits: PostgresPoolLimits, logger: Logger) {
        pool = PostgresPool(settings, limits: limits, logger: logger)
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

    /// Whether an error comes from what the statement says and asks for: it comes again with every try, however well the
    /// server is. What is left is the server's own trouble: its files (58), damage (XX001), its connections (08, 57).
    private static func isOfTheStatement(_ state: SQLState) -> Bool {
        let classes: Set<String> = [
            "0A", "20", "21", "22", "23", "25", "26", "2B", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "54",
            "55", "P0",
        ]
        // No value for a parameter; a limit of the server's settings, on temporary files for one; a value past what the
        // server can hold, which it has no better code for.
        return classes.contains(state.errorClass) || ["08P01", "53400", "XX000"].contains(state.rawValue)
    }

    private init(server error: PostgresError) {
        switch error.sqlState {
        case .some(.insufficientPrivilege), .some(.readOnlySQLTransaction):
            self = .permissionDenied(reason: error.message)
        case .some(.lockNotAvailable):
            self = .busy(reason: "others keep a table locked: \(error.message)")
        case .some(let state) where error.isRetriable:
            self = .busy(reason: "\(error.message) (\(state))")
        case .some(let state) where Self.isOfTheStatement(state):
            var told = error
            told.position = nil  // it goes beside
            self = .invalidStatement(reason: told.description, position: error.position)
        default:
            self = .failed(reason: error.description)
        }
    }
}
