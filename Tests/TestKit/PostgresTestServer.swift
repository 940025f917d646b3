// The PostgreSQL that tests talk to: a real one, named by POSTGRES_HOST … (scripts/test-services starts it).
import Foundation
import Logging
import Postgres

/// The PostgreSQL server of this test run.
public enum PostgresTestServer {
    /// Whether there is one: `@Suite(.enabled(if: PostgresTestServer.isAvailable))`.
    public static var isAvailable: Bool { variable("POSTGRES_HOST") != nil }

    /// Settings of a session in the test run's own database, or in another one of its server. The wait for a connection is
    /// long: on a machine that does more than this, a server that is slow to answer is no failure.
    public static func settings(database: String? = nil, applicationName: String = "test") -> PostgresSettings {
        var settings = PostgresSettings(
            host: variable("POSTGRES_HOST") ?? "localhost", port: variable("POSTGRES_PORT").flatMap { Int($0) } ?? 5432,
            user: variable("POSTGRES_USER") ?? "millrace", password: variable("POSTGRES_PASSWORD"),
            database: database ?? variable("POSTGRES_DB") ?? "millrace_test", applicationName: applicationName)
        settings.connectTimeout = .seconds(300)
        return settings
    }

    /// A name that no other test uses, fit for schemas, databases and roles without quotes.
    public static func uniqueName(_ prefix: String = "test") -> String {
        "\(prefix)_\(UUID().uuidString.lowercased().replacing("-", with: "").prefix(12))"
    }

    /// A logger for tests: errors only, so that output stays readable.
    public static func logger(_ level: Logger.Level = .error) -> Logger {
        var logger = Logger(label: "postgres-test")
        logger.logLevel = level
        return logger
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Runs `body` with a pool whose names without a schema mean a new schema, which is dropped afterwards.
public func withSchema<R>(
    connectionsMax: Int = 4, _ body: (_ pool: PostgresPool, _ schema: String) async throws -> R
) async throws -> R {
    let schema = PostgresTestServer.uniqueName()
    var settings = PostgresTestServer.settings(applicationName: schema)
    settings.searchPath = [schema]
    return try await withPool(settings, connectionsMax: connectionsMax) { pool in
        try await pool.query("CREATE SCHEMA \(identifier: schema)")
        return try await cleaningUp {
            try await body(pool, schema)
        } with: {
            try await pool.query("DROP SCHEMA \(identifier: schema) CASCADE")
        }
    }
}

/// Runs `body` with a new database, which is dropped afterwards: for code that works in schemas of fixed names.
public func withDatabase<R>(_ body: (_ settings: PostgresSettings) async throws -> R) async throws -> R {
    let name = PostgresTestServer.uniqueName()
    return try await withPool(PostgresTestServer.settings(), connectionsMax: 1) { pool in
        try await pool.query("CREATE DATABASE \(identifier: name)")
        return try await cleaningUp {
            try await body(PostgresTestServer.settings(database: name, applicationName: name))
        } with: {
            try await pool.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        }
    }
}

/// Runs `body` with a pool that is closed afterwards.
public func withPool<R>(
    _ settings: PostgresSettings = PostgresTestServer.settings(), connectionsMax: Int = 4,
    _ body: (_ pool: PostgresPool) async throws -> R
) async throws -> R {
    let pool = PostgresPool(
        settings, limits: PostgresPoolLimits(connectionsMax: connectionsMax), logger: PostgresTestServer.logger())
    return try await cleaningUp {
        try await body(pool)
    } with: {
        await pool.close()
    }
}

/// Runs `body`, then `cleanUp` whatever came of it; the first failure counts.
private func cleaningUp<R>(_ body: () async throws -> R, with cleanUp: () async throws -> Void) async throws -> R {
    let value: R
    do {
        value = try await body()
    } catch {
        do { try await cleanUp() } catch let second { print("clean-up after a failed test failed too: \(second)") }
        throw error
    }
    try await cleanUp()
    return value
}
