// Streamed results: rows as they come, no more in memory than a batch.
import CLibpq
import Synchronization

/// Ties a stream to the statement it reads. When nobody reads it any more, the statement is cancelled.
final class StreamToken: Sendable {
    let number: UInt64
    private let gate: CancelGate
    private let abandoned = Mutex(false)

    init(number: UInt64, gate: CancelGate) {
        self.number = number
        self.gate = gate
    }

    var isAbandoned: Bool { abandoned.withLock { $0 } }

    /// The server stops working on it at once; the connection reads what is left before its next statement.
    func abandon() {
        abandoned.withLock { $0 = true }
        gate.request(number)
    }
}

/// Held by who reads a stream; the stream is abandoned with it.
final class StreamReader: Sendable {
    let connection: PostgresConnection
    let token: StreamToken

    init(connection: PostgresConnection, token: StreamToken) {
        self.connection = connection
        self.token = token
    }

    deinit { token.abandon() }
}

/// The rows of a statement, read as they are asked for: the reader's pace is the server's.
///
/// Can be gone through once. Leaving the loop early, or dropping the stream, cancels the statement on the server; until
/// then the connection is `.busy` for anything else.
public struct PostgresRowStream: AsyncSequence, Sendable {
    /// The columns of every row.
    public let columns: PostgresColumns
    let reader: StreamReader
    let first: [PostgresRow]

    /// Reads a batch at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let reader: StreamReader
        private var batch: [PostgresRow]
        private var index = 0

        init(reader: StreamReader, first: [PostgresRow]) {
            self.reader = reader
            batch = first
        }

        public mutating func next() async throws(PostgresError) -> PostgresRow? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> PostgresRow? {
            if index == batch.count {
                batch = try await reader.connection.nextRows(of: reader.token)
                index = 0
                if batch.isEmpty { return nil }
            }
            defer { index += 1 }
            return batch[index]
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader, first: first) }
}

extension PostgresConnection {
    private static let batchRowsMax = 512
    private static let batchBytesMax = 2 << 20

    /// Runs a statement and gives its rows as they come.
    /// - Throws: what is known before the first row: syntax, missing tables, permissions. Later failures come from the
    ///   iteration, after the rows before them.
    public func stream(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRowStream {
        try settle()
        let token = StreamToken(number: gate.begin(), gate: gate)
        openStream = token
        let (columns, rows) = try await ending(token) { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in
                guard try self.send(query, raw) == 1 else { throw self.lost(raw) }
                PQsetSingleRowMode(raw)
                return try self.readFirst(raw, number)
            }
        }
        if rows.isEmpty { finish(token) }
        return PostgresRowStream(columns: columns, reader: StreamReader(connection: self, token: token), first: rows)
    }

    /// The next rows of the stream, empty at its end.
    func nextRows(of token: StreamToken) async throws(PostgresError) -> [PostgresRow] {
        guard openStream === token else { return [] }
        let rows = try await ending(token) { (number) throws(PostgresError) in
            try self.withHandle { (raw) throws(PostgresError) in try self.readRows(raw, number, after: nil) }
        }
        if rows.isEmpty { finish(token) }
        return rows
    }

    /// Runs a part of a stream; when it fails, the stream is over.
    func ending<R>(
        _ token: StreamToken, _ body: (_ number: UInt64) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        do throws(PostgresError) {
            return try await cancelling(token.number, body)
        } catch {
            discard(token)
            throw error
        }
    }

    private func readFirst(
        _ raw: OpaquePointer, _ number: UInt64
    ) throws(PostgresError) -> (PostgresColumns, [PostgresRow]) {
        guard let next = PQgetResult(raw) else { throw lost(raw) }
        let result = ResultHandle(next)
        let columns = result.columns
        switch result.status {
        case PGRES_SINGLE_TUPLE:
            largestRow = max(largestRow, result.byteCount)
            return (columns, [PostgresRow(result: result, row: 0, columns: columns)])
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return (columns, [])
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            throw PostgresError(.invalidUse, "COPY cannot be streamed as rows; use copyIn or copyOut")
        default:
            throw error(result, raw, number)
        }
    }

    /// At least one row, and those that came with it; empty at the end.
    private func readRows(
        _ raw: OpaquePointer, _ number: UInt64, after: PostgresColumns?
    ) throws(PostgresError) -> [PostgresRow] {
        var rows: [PostgresRow] = []
        var columns: PostgresColumns?
        var bytes = 0
        while rows.count < Self.batchRowsMax, bytes < Self.batchBytesMax {
            if !rows.isEmpty, PQisBusy(raw) == 1 {
                guard PQconsumeInput(raw) == 1, PQisBusy(raw) == 0 else { break }
            }
            guard let next = PQgetResult(raw) else { break }
            let result = ResultHandle(next)
            switch result.status {
            case PGRES_SINGLE_TUPLE:
                let shared = columns ?? result.columns
                columns = shared
                let size = result.byteCount
                bytes += size
                largestRow = max(largestRow, size)
                rows.append(PostgresRow(result: result, row: 0, columns: shared))
            case PGRES_TUPLES_OK: continue
            default:
                // Rows before a failure are given first; libpq keeps the session's state, not the report.
                throw error(result, raw, number)
            }
        }
        return rows
    }

    /// The stream was read to its end.
    func finish(_ token: StreamToken) {
        guard openStream === token else { return }
        openStream = nil
        drain()
        gate.end(token.number)
    }

    /// Gives a stream up: cancels its statement and reads what is left of it.
    func discard(_ token: StreamToken) {
        guard openStream === token else { return }
        gate.request(token.number)
        finish(token)
    }

    /// Makes the session ready for the next statement.
    /// - Throws: `.busy` when a stream is open and somebody may still read it.
    func settle() throws(PostgresError) {
        guard let token = openStream else { return }
        guard token.isAbandoned else {
            throw PostgresError(.busy, "The connection to \(address) is in the middle of a stream; read it to its end")
        }
        discard(token)
    }

    private func drain() {
        guard isOpen else { return }
        do throws(PostgresError) {
            try withHandle { (raw) throws(PostgresError) in
                while let next = PQgetResult(raw) {
                    let status = ResultHandle(next).status
                    if status == PGRES_COPY_OUT { discardCopyOut(raw) }
                    if status == PGRES_COPY_IN { PQputCopyEnd(raw, "given up") }
                }
            }
        } catch {
            logger.debug("nothing left to read", metadata: ["error": "\(error)"])
        }
    }

    func discardCopyOut(_ raw: OpaquePointer) {
        var buffer: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(raw, &buffer, 0) > 0 { PQfreemem(buffer) }
    }
}
