// PostgresConnection: one session with the server, on a thread of its own.
// Always: one statement at a time; a statement's end leaves the session ready for the next one, or closed.
import BlockingIO
import CLibpq
import Foundation
import Logging
import Synchronization

/// One session with a PostgreSQL server. Use it from one task at a time; a `PostgresPool` hands them out.
///
///     let connection = try await PostgresConnection.connect(settings, logger: logger)
///     for row in try await connection.query("SELECT id, name FROM users WHERE org = \(org)") {
///         let id: Int = try row.get("id"), name: String? = try row.get("name")
///     }
///
/// libpq's calls block, so each connection has a thread. Cancelling the task that awaits a call ends the statement on
/// the server too; the call then throws `.cancelled`.
public actor PostgresConnection {
    /// Owner of the `PGconn`: no copy, so no second close.
    struct Handle: ~Copyable {
        let raw: OpaquePointer
        deinit { PQfinish(raw) }
    }

    private let executor = BlockingExecutor(label: "postgres")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var handle: Handle?
    private let notices: NoticeReceiver
    nonisolated let gate: CancelGate
    nonisolated let logger: Logger
    /// Server and database, for logs and errors: `localhost:5432/millrace`.
    public nonisolated let address: String
    /// The stream or COPY OUT that is being read, if any.
    var openStream: StreamToken?
    /// The process that serves this session, as in `pg_stat_activity`.
    public private(set) var backendPID: Int32 = 0
    /// The most memory that libpq took for a row of a stream. Its buffer grows to that and never shrinks.
    var largestRow = 0

    private init(address: String, cutOffAfter: Duration?, logger: Logger) {
        self.address = address
        self.logger = logger
        gate = CancelGate(cutOffAfter: cutOffAfter)
        notices = NoticeReceiver(logger: logger)
    }

    /// Connects and logs in; takes up to `connectTimeout`.
    /// - Throws: `.connectionFailed`, retriable unless the server refused us (password, database, role).
    public static func connect(
        _ settings: PostgresSettings, logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = PostgresConnection(
            address: settings.address, cutOffAfter: settings.cancelMax, logger: logger)
        try await connection.open(settings)
        return connection
    }

    private func open(_ settings: PostgresSettings) throws(PostgresError) {
        let parameters = settings.connectionParameters
        var keywords = parameters.map { UnsafePointer(strdup($0.keyword)) } + [nil]
        var values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutableRawPointer(mutating: text)) } }
        guard let raw = PQconnectdbParams(&keywords, &values, 0) else {
            throw PostgresError(.connectionFailed, "No memory for a connection to \(address)")
        }
        let opened = Handle(raw: raw)
        guard PQstatus(raw) == CONNECTION_OK else {
            throw PostgresError(connecting: raw, address: address, user: settings.user)
        }
        gate.attach(to: raw)
        notices.attach(to: raw)
        backendPID = PQbackendPID(raw)
        handle = consume opened
    }

    /// Ends the session. Safe to call twice; a connection that nobody closed is closed when its last reference goes.
    public func close() {
        openStream = nil
        gate.detach()
        handle = nil
    }

    deinit { gate.detach() }

    /// Whether the session is usable, as far as this side knows. Does not ask the server.
    public var isOpen: Bool {
        guard let raw = handle?.raw, !notices.sessionHasEnded else { return false }
        return PQstatus(raw) == CONNECTION_OK
    }

    /// Whether a transaction is open, working or failed.
    public var isInTransaction: Bool {
        guard let raw = handle?.raw else { return false }
        return PQtransactionStatus(raw) != PQTRANS_IDLE && PQstatus(raw) == CONNECTION_OK
    }

    /// Whether the session is open after a look at what the server sent since: a server that closed an idle session has
    /// said so by then. No round trip.
    public func isAlive() -> Bool {
        guard isOpen, let raw = handle?.raw else { return false }
        var socket = pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)
        // The server's last words come some time before the end of the stream: they count as well as that.
        while poll(&socket, 1, 0) > 0 {
            guard PQconsumeInput(raw) == 1, PQisBusy(raw) == 0, isOpen else { return false }
        }
        return true
    }

    /// Asks the server for a sign of life.
    public func ping() async throws(PostgresError) { try await query("SELECT 1") }

    /// Gives the C connection to `body`, which must not keep it.
    func withHandle<R>(_ body: (OpaquePointer) throws(PostgresError) -> R) throws(PostgresError) -> R {
        guard let raw = handle?.raw else { throw PostgresError(.closed, "The connection to \(address) is closed") }
        return try body(raw)
    }
}

/// Passes the server's notices on. libpq keeps an unowned pointer to it; the connection owns it until its own end, and
/// calls libpq only while it lives.
private final class NoticeReceiver: Sendable {
    private let logger: Logger
    private let farewell = Atomic(false)

    /// Whether the server said that it ends this session. To an idle session that comes as a notice, and the connection
    /// counts as good until its socket closes a moment later.
    var sessionHasEnded: Bool { farewell.load(ordering: .relaxed) }

    init(logger: Logger) { self.logger = logger }

    func attach(to connection: OpaquePointer) {
        let receive: PQnoticeReceiver = { context, result in
            guard let context, let result else { return }
            Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue().log(result)
        }
        PQsetNoticeReceiver(connection, receive, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Warnings are warnings; `NOTICE` and below ("relation exists, skipping") are for debugging.
    private func log(_ result: OpaquePointer) {
        let field = { (code: Int32) in PQresultErrorField(result, code).map { String(cString: $0) } ?? "" }
        let severity = field(ErrorField.severity)
        if severity == "FATAL" || severity == "PANIC" { farewell.store(true, ordering: .relaxed) }
        logger.log(
            level: severity == "WARNING" ? .warning : .debug, "notice from PostgreSQL",
            metadata: ["text": "\(field(ErrorField.message))", "sqlstate": "\(field(ErrorField.sqlState))"])
    }
}
