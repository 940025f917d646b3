// Batches of one table side by side.
//
// A batch that has the table for itself holds a lock that conflicts with its like, and with every writer. Batches side by
// side hold the weaker lock of writers, and a right that one session lends them. Always: who writes under the right of one
// session never meets who writes under that of another. A session takes the right, and then waits until no batch is left
// of whoever had it before; a batch takes its lock, and then looks whether the session still has the right. So a batch whose
// session is gone, with its connection, either ends before the next session begins, or writes nothing.
import Postgres
import SQL

extension PostgresEngine {
    /// The right is an advisory lock of a transaction that does nothing else: it ends with the process, however that ends.
    public func sharingWrites<R: Sendable>(
        to table: RelationPath, _ body: @Sendable (SharedWriting) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction(applicationName: label?.session) { connection in
            try await connection.script("SET LOCAL idle_in_transaction_session_timeout = 0")
            try await lock(Self.right(table), connection)
            // In a transaction of its own, as a lock is kept until the end.
            try await pool.withTransaction(applicationName: label?.session) { try await lockRows(of: table, $0) }
            return try await body(SharedWriting(session: await connection.backendPID))
        }
    }

    /// Takes the lock of a writer among others.
    /// - Throws: ``WarehouseError/connectionLost(reason:)`` when their session has lost the right.
    func lockAmong(_ writers: SharedWriting, _ table: RelationPath, _ connection: PostgresConnection) async throws {
        try await lockRows(of: table, for: .sharing, connection)
        let right = try await connection.query(
            """
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = \(writers.session)
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (classid::bigint << 32) | objid::bigint
                = hashtextextended(\(Self.lockName(Self.right(table))), 0)
            """)
        guard right.isEmpty else { return }
        throw WarehouseError.connectionLost(
            reason: "The connection that kept others from writing \(table) is gone. Nothing was written.")
    }

    private static func right(_ table: RelationPath) -> String { "writers \(table)" }
}
