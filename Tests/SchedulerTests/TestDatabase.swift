import Foundation
import Logging
import Postgres
import TestKit

/// A database of one test's own, on the server that POSTGRES_HOST and the like name.
struct TestDatabase: Sendable {
    let settings: PostgresSettings
    let pool: PostgresPool

    static var isAvailable: Bool { environment("POSTGRES_HOST") != nil && KafkaTestServer.isAvailable }

    static let logger = {
        var logger = Logger(label: "scheduler-test")
        logger.logLevel = environment("TEST_LOG_LEVEL").flatMap { Logger.Level(rawValue: $0) } ?? .error
        return logger
    }()

    /// Runs `body` with a new database, which is dropped afterwards.
    static func with<R: Sendable>(_ body: @Sendable (TestDatabase) async throws -> R) async throws -> R {
        var settings = PostgresTestServer.settings()
        let server = try await PostgresConnection.connect(settings, logger: logger)
        let name = "scheduler_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        let create: PostgresQuery = "CREATE DATABASE \(identifier: name)"
        let drop: PostgresQuery = "DROP DATABASE \(identifier: name) WITH (FORCE)"
        try await server.execute(create)
        settings.database = name
        let database = TestDatabase(settings: settings, pool: PostgresPool(settings, logger: logger))
        do {
            let result = try await body(database)
            await database.pool.close()
            try await server.execute(drop)
            await server.close()
            return result
        } catch {
            await database.pool.close()
            try? await server.execute(drop)
            throw error
        }
    }

    /// What a scheduler process needs to find it.
    var environment: [String: String] {
        [
            "POSTGRES_HOST": settings.host, "POSTGRES_PORT": String(settings.port), "POSTGRES_USER": settings.user,
            "POSTGRES_PASSWORD": settings.password ?? "", "POSTGRES_DB": settings.database,
        ]
    }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
