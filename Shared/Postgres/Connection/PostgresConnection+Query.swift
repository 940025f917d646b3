import CLibpq
import Foundation

extension PostgresConnection {
    /// Runs one statement and keeps its whole result in memory.
    /// - Throws: `.server` with SQLSTATE and position, `.timedOut`, `.cancelled`, `.connectionLost`.
    @discardableResult
    public func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        let result = try await cancellable { (number) throws(PostgresError) in try self.run(query, number) }
        return PostgresRows(result: result, columns: result.columns, affectedRows: result.affectedRows)
    }

    /// Runs one statement for its effect.
    /// - Returns: How many rows it inserted, updated, deleted or selected.
    @discardableResult
    public func execute(_ query: PostgresQuery) async throws(PostgresError) -> Int {
        try await self.query(query).affectedRows
    }

    /// Runs a text of one or several statements without values; all of them or none, unless it holds its own `COMMIT`.
    public func script(_ sql: String) async throws(PostgresError) {
        _ = try await cancellable { (number) throws(PostgresError) in try self.runScript(sql, number) }
    }

    /// The columns that a query would give, without running it. Its `$n` need no values.
    /// - Throws: `.server` with the position of a mistake in it.
    public func describe(_ sql: String) async throws(PostgresError) -> PostgresColumns {
        let result = try await cancellable { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                try refuseNUL(sql)
                _ = try self.collect(raw, sent: PQsendPrepare(raw, "", sql, 0, nil), number)
                return try self.collect(raw, sent: PQsendDescribePrepared(raw, ""), number)
            }
        }
        return result.columns
    }

    /// What the server keeps of a password (SCRAM-SHA-256), for `CREATE ROLE … PASSWORD`: the password itself then never
    /// travels in a statement, nor gets into the server's log.
    public func passwordVerifier(of password: String, role: String) throws(PostgresError) -> String {
        try settle()
        return try withHandle { (raw) throws(PostgresError) in
            guard let verifier = PQencryptPasswordConn(raw, password, role, "scram-sha-256") else {
                throw self.lost(raw)
            }
            defer { PQfreemem(verifier) }
            return String(cString: verifier)
        }
    }

    /// A statement that must reach the server even when the task is cancelled: ROLLBACK, unlock.
    func shielded(_ sql: String) throws(PostgresError) -> ResultHandle {
        try settle()
        let number = gate.begin()
        defer { gate.end(number) }
        return try runScript(sql, number)
    }

    /// Runs `body` as one statement of the connection; the task's cancellation becomes the statement's.
    func cancellable<R>(
        _ body: (_ number: UInt64) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        try settle()
        let number = gate.begin()
        defer { gate.end(number) }
        return try await cancelling(number, body)
    }

    /// Runs `body`, a part of the statement of that number.
    func cancelling<R>(
        _ number: UInt64, _ body: (_ number: UInt64) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        guard !Task.isCancelled else { throw PostgresError(.cancelled, "The task was cancelled") }
        let outcome: Result<R, PostgresError> = await withTaskCancellationHandler {
            // Naming self keeps the closure on this actor's own thread; without, it would run on the cooperative pool.
            self.preconditionIsolated()
            do throws(PostgresError) { return .success(try body(number)) } catch { return .failure(error) }
        } onCancel: {
            gate.request(number)
        }
        return try outcome.get()
    }

    private func run(_ query: PostgresQuery, _ number: UInt64) throws(PostgresError) -> ResultHandle {
        try withHandle { (raw) throws(PostgresError) in try collect(raw, sent: send(query, raw), number) }
    }

    private func runScript(_ sql: String, _ number: UInt64) throws(PostgresError) -> ResultHandle {
        try refuseNUL(sql)
        return try withHandle { (raw) throws(PostgresError) in try collect(raw, sent: PQsendQuery(raw, sql), number) }
    }

    /// Sends a statement with its values; 1 when it went out.
    func send(_ query: PostgresQuery, _ raw: OpaquePointer) throws(PostgresError) -> Int32 {
        try refuseNUL(query.sql)
        for (index, parameter) in query.parameters.enumerated() where parameter?.utf8.contains(0) == true {
            throw PostgresError(
                .invalidUse, "The value of $\(index + 1) holds a NUL character, which no text of PostgreSQL can hold")
        }
        let values = query.parameters.map { $0.map { UnsafePointer(strdup($0)) } ?? nil }
        defer { for value in values { free(UnsafeMutableRawPointer(mutating: value)) } }
        return PQsendQueryParams(raw, query.sql, Int32(values.count), nil, values, nil, nil, 0)
    }

    /// Reads the answer of what was sent to its end, so that the session is ready again; the last result, or the error.
    func collect(_ raw: OpaquePointer, sent: Int32, _ number: UInt64) throws(PostgresError) -> ResultHandle {
        guard sent == 1 else { throw lost(raw) }
        var last: ResultHandle?
        var failure: ResultHandle?
        while let next = PQgetResult(raw) {
            let result = ResultHandle(next)
            switch result.status {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR: failure = failure ?? result
            case PGRES_COPY_IN, PGRES_COPY_BOTH: PQputCopyEnd(raw, "COPY needs copyIn")
            case PGRES_COPY_OUT: discardCopyOut(raw)
            default: last = result
            }
        }
        if let failure { throw error(failure, raw, number) }
        guard let last else { throw lost(raw) }
        return last
    }

    /// What the server reported for the statement of that number.
    func error(_ report: ResultHandle, _ raw: OpaquePointer, _ number: UInt64) -> PostgresError {
        let ended = report.errorField(ErrorField.sqlState)?.hasPrefix("57P0") ?? false
        return PostgresError(
            report: report, cancelledByUs: gate.wasRequested(number),
            gone: ended || PQstatus(raw) != CONNECTION_OK, address: address)
    }

    /// libpq's own words on why it could not go on.
    func lost(_ raw: OpaquePointer) -> PostgresError {
        let text = PostgresError.trimmed(PQerrorMessage(raw).map { String(cString: $0) } ?? "")
        return PostgresError(
            PQstatus(raw) == CONNECTION_OK ? .invalidUse : .connectionLost,
            "Lost \(address): \(text.isEmpty ? "no answer" : text)")
    }

    func refuseNUL(_ sql: String) throws(PostgresError) {
        if sql.utf8.contains(0) { throw PostgresError(.invalidUse, "The statement's text holds a NUL character") }
    }
}
