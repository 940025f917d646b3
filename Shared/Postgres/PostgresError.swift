// PostgresError: what this module throws. Callers branch on `code`, `sqlState` and `isRetriable`, never on text.
// Always: no password and no bound value is ever part of it. (The server's own `detail` may quote a key of a row.)

/// Why a call to PostgreSQL failed: what happened, to what, and what the server said.
public struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// No connection could be made: wrong address, wrong password, server down, certificate not trusted.
        case connectionFailed
        /// The connection broke. Whether a `COMMIT` under way took effect is not known.
        case connectionLost
        /// The connection or the pool was closed before.
        case closed
        /// The connection is in the middle of a streamed result that somebody still reads.
        case busy
        /// The task was cancelled, or an administrator cancelled the statement. The server works on it no longer.
        case cancelled
        /// The statement ran out of its time limit.
        case timedOut
        /// The server refused the statement; `sqlState` says why.
        case server
        /// A value of the result cannot be read as the type that was asked for.
        case decoding
        /// The caller's own mistake: a NUL in a text, an unknown column, a query that returned no row.
        case invalidUse
        /// Every connection of the pool was taken for too long.
        case poolExhausted
        /// A migration that was applied before has changed since, or is missing.
        case migrationMismatch
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened: the server's message, or ours.
    public var message: String
    /// The server's code for it; nil where the failure is on this side.
    public var sqlState: SQLState?
    /// The server's DETAIL.
    public var detail: String?
    /// The server's HINT; ours where no connection was made.
    public var hint: String?
    /// Where in the SQL text the mistake is: a count of characters, the first being 1.
    public var position: Int?
    /// The server's CONTEXT, such as the line of a COPY.
    public var context: String?
    /// The schema that the failure is about, where the server names it.
    public var schema: String?
    /// The table that the failure is about, where the server names it.
    public var table: String?
    /// The column that the failure is about, where the server names it.
    public var column: String?
    /// The broken constraint, where the server names it.
    public var constraint: String?

    /// Makes an error of this side's own.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// True when the same call, unchanged, may work later. Retry loops ask this and nothing else.
    /// Wrong passwords and unknown databases are not retriable; a server that is starting or away is.
    public var isRetriable: Bool {
        switch code {
        case .connectionLost, .poolExhausted: true
        case .connectionFailed: sqlState.map(\.isRetriable) ?? true
        case .server: sqlState?.isRetriable ?? false
        case .closed, .busy, .cancelled, .timedOut, .decoding, .invalidUse, .migrationMismatch: false
        }
    }

    /// True when the database could not be asked, whatever was asked of it: it is away, is starting, refuses us, is too
    /// slow, or has no connection free.
    public var isAway: Bool {
        switch code {
        case .poolExhausted, .timedOut, .closed: true
        default: isRetriable || isConnectionGone
        }
    }

    /// True when the connection cannot be used any more.
    public var isConnectionGone: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .closed: true
        default: false
        }
    }

    public var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let position { text += ", at character \(position)" }
        if let detail { text += ". \(detail)" }
        if let hint { text += ". \(hint)" }
        if let context { text += " [\(context)]" }
        return text
    }
}
