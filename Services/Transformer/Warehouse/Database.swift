import Foundation
import Logging
import ModelProject
import Pipeline
import Postgres
import Warehouse

/// The database, as the transformer uses it: statements and transactions out of a pool.
struct Database: Sendable {
    private let pool: PostgresPool
    private let logger: Logger

    /// The same database as a warehouse.
    var warehouse: PostgresEngine { PostgresEngine(over: pool, logger: logger) }

    /// The first statement connects.
    init(_ settings: PostgresSettings, connectionsMax: Int, logger: Logger) {
        var settings = settings
        // Models mean by dates and intervals in texts what they mean in any session of PostgreSQL.
        settings.parameters.merge(["DateStyle": "ISO, MDY", "IntervalStyle": "postgres"]) { own, _ in own }
        pool = PostgresPool(settings, limits: .init(connectionsMax: connectionsMax), logger: logger)
        self.logger = logger
    }

    func close() async { await pool.close() }

    /// Whether the server answers.
    func isAvailable() async -> Bool {
        do throws(PostgresError) {
            try await pool.ping()
            return true
        } catch {
            return false
        }
    }

    /// Statements on any connection, each a transaction of its own.
    var session: Session { Session(place: .pool(pool)) }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    /// - Parameter name: What the server calls the session meanwhile; nil: as always.
    func transaction<R: Sendable>(
        _ isolation: PostgresIsolation = .readCommitted, called name: String? = nil,
        _ body: @Sendable (Session) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction(isolation: isolation, applicationName: name) { connection in
            try await body(Session(place: .connection(connection)))
        }
    }

    /// Runs `body` while nobody else holds the lock of that name; waits for whoever does.
    ///
    /// The lock belongs to a transaction that does nothing else, on a connection of its own: it ends with the process,
    /// however that ends, and nothing has to expire.
    /// - Parameters:
    ///   - owner: What others are told who wait.
    ///   - whenHeld: Told who holds the lock, once.
    func holding<R: Sendable>(
        lock: String, as owner: String, whenHeld: @Sendable (String) -> Void, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        let process = ProcessInfo.processInfo
        let name = "\(owner) by \(process.processIdentifier) on \(process.hostName)"
        return try await transaction(called: name) { session in
            try await session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            var isTold = false
            while true {
                let taken = try await session.rows(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended(\(lock), 0))::text AS taken")
                if taken.first?.first == "true" { break }
                if !isTold { whenHeld(try await holder(of: lock, session)) }
                isTold = true
                try await Task.sleep(for: .milliseconds(500))
            }
            return try await body()
        }
    }

    private func holder(of lock: String, _ session: Session) async throws -> String {
        let rows = try await session.rows(
            """
            SELECT a.application_name AS name, coalesce(host(a.client_addr), 'this host') AS address,
              to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS') AS since
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(\(lock), 0)
            """)
        guard let row = rows.first else { return "somebody who has just finished" }
        return "`\(row["name"] ?? "")` (from \(row["address"] ?? ""), since \(row["since"] ?? "") UTC)"
    }

    /// Runs `body` in a transaction that is rolled back whatever comes of it.
    func discarded<R: Sendable>(_ body: @Sendable (Session) async throws -> R) async throws -> R {
        do {
            return try await transaction { session in throw Discarded(value: try await body(session)) }
        } catch let discarded as Discarded<R> {
            return discarded.value
        }
    }

    /// Brings a schema up to date.
    func migrate(_ migrations: Migrations, logger: Logger) async throws {
        try await migrations.apply(to: pool, logger: logger)
    }

    /// Carries a result out of a transaction that is to be rolled back.
    private struct Discarded<R: Sendable>: Error { let value: R }
}

/// Where statements run: on any connection of the pool, or on the one of a transaction.
struct Session: Sendable {
    fileprivate enum Place: Sendable {
        case pool(PostgresPool)
        case connection(PostgresConnection)
    }

    fileprivate let place: Place

    /// The connection of the transaction that this is a part of; nil outside of one.
    var connection: PostgresConnection? {
        if case .connection(let connection) = place { connection } else { nil }
    }

    func rows(_ query: PostgresQuery) async throws -> [Row] {
        let rows = try await run(query)
        let names = rows.columns.map(\.name)
        return rows.map { row in Row(names: names, values: names.indices.map { row.text(at: $0) }) }
    }

    /// - Returns: How many rows were inserted, updated or deleted.
    @discardableResult
    func execute(_ query: PostgresQuery) async throws -> Int {
        try await run(query).affectedRows
    }

    private func run(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        switch place {
        case .pool(let pool): try await pool.query(query)
        case .connection(let connection): try await connection.query(query)
        }
    }
}

/// A row of a result, its values as text.
struct Row: Sendable {
    let names: [String]
    let values: [String?]

    /// The first value.
    var first: String? { values.first ?? nil }

    subscript(_ name: String) -> String? { names.firstIndex(of: name).flatMap { values[$0] } }
}
