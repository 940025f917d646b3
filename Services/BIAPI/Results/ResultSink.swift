import SQL
import Warehouse

/// Takes a result as it comes, so that nothing has to hold all of it.
protocol ResultSink: Sendable {
    /// Called once, before the rows.
    mutating func begin(_ columns: [ColumnDescription]) async throws
    /// Takes a row, each value in the database's text form.
    /// - Returns: False when enough has been read.
    mutating func row(_ values: [String?]) async throws -> Bool
}

/// Asks the warehouse.
protocol QueryEngine: Sendable {
    /// The dialect of the SQL that it takes.
    var dialect: SQLDialect { get }

    /// Runs one statement that can only read, and gives its rows to `sink`.
    /// - Throws: ``QueryFailure`` for what the database refused or did not finish in time; what `sink` throws.
    func read<Sink: ResultSink>(_ sql: String, timeMax: Duration, into sink: Sink) async throws -> Sink

    /// What may be read.
    /// - Throws: ``QueryFailure``.
    func catalogue() async throws -> [RelationDescription]
}

/// Why a query gave no result. Everything in it may be shown to whoever asked.
struct QueryFailure: Error, Equatable, CustomStringConvertible {
    enum Code: String, Sendable {
        /// The statement is wrong or may not do what it says.
        case refused
        case timedOut = "timed_out"
        case cancelled
        /// Every connection is busy.
        case busy
        /// A row has more bytes than may be read.
        case tooLarge = "too_large"
        /// The database is away.
        case unavailable
    }

    let code: Code
    let message: String
    /// In characters from 1, of the SQL that was sent.
    var position: Int?
    /// The most bytes of a row, where that was the limit.
    var bytesMax: Int?

    var description: String { message }
}
