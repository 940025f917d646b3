import Postgres

extension Database {
    /// Runs `body` in a transaction that sees one state of the database and can change nothing.
    func reading<R: Sendable>(_ body: @Sendable (Session) async throws -> R) async throws -> R {
        try await transaction(.repeatableRead) { session in
            try await session.execute("SET TRANSACTION READ ONLY")
            return try await body(session)
        }
    }
}
