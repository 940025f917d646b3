import Foundation
import Logging
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Web

/// The schema `bi` of the state database.
struct StateStore: Service, CustomStringConvertible {
    let pool: PostgresPool
    let logger: Logger

    /// How a saved user came about.
    enum Saved: Sendable, Equatable {
        case created, updated, exists
    }

    /// Connects, and brings the schema up to date.
    /// - Parameter waits: Whether to wait for a database that is away: a service that starts beside it does.
    static func open(
        _ endpoint: PostgresEndpoint, connectionsMax: Int, waits: Bool = false, logger: Logger
    ) async throws -> StateStore {
        var settings = PostgresSettings(
            host: endpoint.host, port: endpoint.port, user: endpoint.user, password: endpoint.password,
            database: endpoint.database, tls: PostgresTLSMode(endpoint.sslMode), applicationName: "bi-api")
        settings.searchPath = [StateMigrations.schema]
        settings.statementTimeout = .seconds(10)
        let pool = PostgresPool(settings, limits: .init(connectionsMax: connectionsMax), logger: logger)
        let store = StateStore(pool: pool, logger: logger)
        var pause: Duration = .milliseconds(250)
        while true {
            do {
                try await StateMigrations.migrate(store.pool, logger: logger)
                return store
            } catch let error as PostgresError where waits && error.isRetriable {
                logger.warning("waiting for the state database", metadata: ["error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
            } catch {
                await store.pool.close()
                throw error
            }
        }
    }

    var description: String { "StateStore" }

    func run() async throws {
        let sweeping = Task {
            while !Task.isCancelled {
                await sweep()
                try await Task.sleep(for: .seconds(3600))
            }
        }
        try await gracefulShutdown()
        sweeping.cancel()
        await pool.close()
    }

    /// Runs `body` and closes the connections, whatever comes of it.
    func closing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }

    func health() async -> HealthStatus {
        do throws(PostgresError) {
            try await pool.ping()
            return .ok
        } catch {
            return .failing("no answer from the state database")
        }
    }

    /// Forgets what nobody asks for any more. What a crash left as running did not end.
    private func sweep() async {
        do throws(PostgresError) {
            try await pool.execute("DELETE FROM ended_sessions WHERE until < now()")
            // Longer than any session lives.
            try await pool.execute("DELETE FROM session_changes WHERE is_told AND before < now() - interval '31 days'")
            try await pool.execute("DELETE FROM queries WHERE started_at < now() - interval '90 days'")
            try await pool.execute(
                """
                UPDATE queries SET state = 'failed', error = 'The service stopped meanwhile.'
                WHERE state = 'running' AND started_at < now() - interval '1 day'
                """)
        } catch {
            logger.warning("old entries not removed", metadata: ["error": "\(error)"])
        }
    }
}
