/// How much of other transactions a transaction sees.
public enum PostgresIsolation: String, Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted = "READ COMMITTED"
    /// All statements see what was committed before the first.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; may fail with 40001, to be run again.
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    /// - Parameters:
    ///   - isolation: How much of other transactions it sees.
    ///   - readOnly: The server refuses every change.
    ///   - statementTimeout: Limit for each of its statements, instead of the connection's.
    ///   - applicationName: What `pg_stat_activity` shows meanwhile, instead of the connection's; its first 63 bytes. The
    ///     server ends the statements of a transaction with a name within seconds when this process is gone.
    /// A stream that `body` leaves early counts as a failed statement: the server ends it with an error.
    /// - Throws: what `body` throws, and `PostgresError` of BEGIN and COMMIT. After `.connectionLost` of the COMMIT it is
    ///   not known whether the transaction took effect: look before doing it again.
    public func withTransaction<R>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false, statementTimeout: Duration? = nil,
        applicationName: String? = nil, actor: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await begin(isolation, readOnly: readOnly, statementTimeout, applicationName)
        do {
            let value = try await body(self)
            try await commit()
            return value
        } catch {
            await rollBack()
            throw error
        }
    }

    /// Runs `body` in a transaction that is rolled back whatever comes of it: to look, or to try. A stream that `body`
    /// leaves early is no failure here.
    public func withRolledBackTransaction<R>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = true, statementTimeout: Duration? = nil,
        actor: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await begin(isolation, readOnly: readOnly, statementTimeout, nil)
        do {
            let value = try await body(self)
            await rollBack()
            return value
        } catch {
            await rollBack()
            throw error
        }
    }

    private func begin(
        _ isolation: PostgresIsolation, readOnly: Bool, _ timeout: Duration?, _ applicationName: String?
    ) async throws(PostgresError) {
        var sql = "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")"
        if let timeout { sql += "; SET LOCAL statement_timeout = \(timeout.milliseconds)" }
        if let applicationName {
            sql += "; SET LOCAL application_name = \(PostgresQuoting.literal(Self.shown(applicationName)))"
            sql += "; \(Self.endWithClient)"
        }
        try await script(sql)
    }

    /// A server looks whether its client is there only when it has something to send: without this, what a killed process
    /// had asked for runs on to its end, and keeps its locks. PostgreSQL has the setting since 14, and not on Windows.
    private static let endWithClient = """
        SELECT set_config('client_connection_check_interval', '2s', true)
        WHERE current_setting('client_connection_check_interval', true) IS NOT NULL
          AND version() !~* 'visual c|mingw|windows'
        """

    /// As much of a name as the server keeps; it warns of what is longer.
    static func shown(_ name: String) -> String {
        var shown = Substring(name.utf8.count > 63 ? String(name.prefix(63)) : name)
        while shown.utf8.count > 63 { shown.removeLast() }
        return String(shown)
    }

    /// The server answers ROLLBACK, without an error, to the COMMIT of a transaction in which a statement failed.
    private func commit() async throws(PostgresError) {
        try settle()
        let result = try await cancellable { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                try self.collect(raw, sent: self.send("COMMIT", raw), number)
            }
        }
        if result.commandTag != "COMMIT" {
            throw PostgresError(.server, "The transaction was rolled back: a statement in it had failed")
        }
    }

    /// Goes through in a cancelled task too. A session that cannot roll back is closed: then the server does it.
    private func rollBack() {
        if let openStream { discard(openStream) }
        guard isInTransaction else { return }
        do throws(PostgresError) {
            _ = try shielded("ROLLBACK")
        } catch {
            logger.debug("rollback failed, connection closed", metadata: ["error": "\(error)"])
            close()
        }
    }

    private static let rowKeptMax = 1 << 20

    /// Brings the session back to how it started: no transaction, stream, lock, setting or prepared statement is left.
    /// Goes through in a cancelled task too; a session for which it fails is closed, and so is one whose buffer a large
    /// row has grown.
    public func reset() {
        rollBack()
        guard isOpen else { return }
        guard largestRow < Self.rowKeptMax else { return close() }
        do throws(PostgresError) {
            _ = try shielded("DISCARD ALL")
        } catch {
            logger.debug("reset failed, connection closed", metadata: ["error": "\(error)"])
            close()
        }
    }

    /// What the pool does when a connection comes back: ends what was left open.
    /// - Returns: Whether it can be used again.
    func tidy() -> Bool {
        rollBack()
        return isOpen
    }
}
