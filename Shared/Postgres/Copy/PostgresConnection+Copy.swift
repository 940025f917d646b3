import CLibpq

extension PostgresConnection {
    private static let chunkBytes = 256 << 10
    /// "PGCOPY\n", a byte above 127, CR LF, NUL; flags 0; no extension.
    private static let header: [UInt8] = [
        0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    private static let trailer: [UInt8] = [0xFF, 0xFF]

    /// Copies the buffer's rows into a table, all or none.
    /// - Parameters:
    ///   - table: Quoted name of the table: `PostgresQuoting.identifier("raw", "events")`.
    ///   - columns: Names of the columns, in the order of the buffer's fields.
    /// - Returns: Rows written.
    /// - Throws: `.server` when a row is refused; `context` says which line of the COPY.
    @discardableResult
    public func copyIn(to table: String, columns: [String], _ buffer: CopyBuffer) async throws(PostgresError) -> Int {
        let names = columns.map { PostgresQuoting.identifier($0) }.joined(separator: ", ")
        return try await copyIn("COPY \(table) (\(names)) FROM STDIN (FORMAT binary)") { (send) throws(PostgresError) in
            try Self.header.withUnsafeBufferPointer { (bytes) throws(PostgresError) in try send(.init(bytes)) }
            try buffer.withRows { (bytes) throws(PostgresError) in
                var index = 0
                while index < bytes.count {
                    let end = min(index + Self.chunkBytes, bytes.count)
                    try send(UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
                    index = end
                }
            }
            try Self.trailer.withUnsafeBufferPointer { (bytes) throws(PostgresError) in try send(.init(bytes)) }
        }
    }

    /// Runs a `COPY … FROM STDIN` with data in the form that the statement names.
    /// - Parameter data: Is given a function to send bytes with; it runs on the connection's thread.
    /// - Returns: Rows written.
    @discardableResult
    public func copyIn(
        _ statement: String,
        _ data: @Sendable (_ send: (UnsafeRawBufferPointer) throws(PostgresError) -> Void) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Int {
        try await cancellable { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                try self.beginCopy(statement, PGRES_COPY_IN, raw, number)
                do throws(PostgresError) {
                    try data { (bytes) throws(PostgresError) in
                        guard !Task.isCancelled else { throw PostgresError(.cancelled, "The task was cancelled") }
                        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
                        let sent = PQputCopyData(
                            raw, start.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
                        guard sent == 1 else { throw self.lost(raw) }
                    }
                } catch {
                    let ended = PQputCopyEnd(raw, "given up")
                    _ = Result { () throws(PostgresError) in try self.collect(raw, sent: ended, number) }
                    throw error
                }
                return try self.collect(raw, sent: PQputCopyEnd(raw, nil), number).affectedRows
            }
        }
    }

    /// Runs a `COPY … TO STDOUT` and gives its output as it comes, in the form that the statement names.
    public func copyOut(_ statement: String) async throws(PostgresError) -> PostgresCopyStream {
        try settle()
        let token = StreamToken(number: gate.begin(), gate: gate)
        openStream = token
        try await ending(token) { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                try self.beginCopy(statement, PGRES_COPY_OUT, raw, number)
            }
        }
        return PostgresCopyStream(reader: StreamReader(connection: self, token: token))
    }

    /// The next bytes of a COPY OUT, whole rows, at most a good 64 KiB; empty at its end.
    func nextBytes(of token: StreamToken) async throws(PostgresError) -> [UInt8] {
        guard openStream === token else { return [] }
        let bytes = try await ending(token) { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                var bytes: [UInt8] = []
                while bytes.count < 64 << 10 {
                    var row: UnsafeMutablePointer<CChar>?
                    let count = PQgetCopyData(raw, &row, 0)
                    if count == -1 {
                        _ = try self.collect(raw, sent: 1, number)
                        self.finish(token)
                        return bytes
                    }
                    guard count > 0, let row else { throw self.lost(raw) }
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(count)))
                    PQfreemem(row)
                }
                return bytes
            }
        }
        if bytes.isEmpty { finish(token) }
        return bytes
    }

    private func beginCopy(
        _ statement: String, _ wanted: ExecStatusType, _ raw: OpaquePointer, _ number: UInt64
    ) throws(PostgresError) {
        try refuseNUL(statement)
        guard PQsendQuery(raw, statement) == 1, let next = PQgetResult(raw) else { throw lost(raw) }
        let result = ResultHandle(next)
        if result.status == wanted { return }
        let failure =
            result.status == PGRES_FATAL_ERROR
            ? error(result, raw, number)
            : PostgresError(
                .invalidUse, "The statement is no COPY \(wanted == PGRES_COPY_IN ? "FROM STDIN" : "TO STDOUT")")
        _ = Result { () throws(PostgresError) in try self.collect(raw, sent: 1, number) }
        throw failure
    }
}

/// The output of a COPY: pieces of whole rows. Can be gone through once; leaving early cancels the statement.
public struct PostgresCopyStream: AsyncSequence, Sendable {
    let reader: StreamReader

    /// Reads a piece at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let reader: StreamReader

        public mutating func next() async throws(PostgresError) -> [UInt8]? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> [UInt8]? {
            let bytes = try await reader.connection.nextBytes(of: reader.token)
            return bytes.isEmpty ? nil : bytes
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader) }
}
