// ModelBatch: rows of a model's query on their way into its table, with what runs around them.
import SQL

/// Which rows of a table are replaced; rows of the query outside of it are not written.
public enum RowScope: Sendable, Equatable {
    /// The whole table.
    case all
    /// Rows that meet a condition over the table's columns, in the engine's SQL.
    case matching(String)
}

/// How the rows of a query come into a table.
public enum RowWrite: Sendable, Equatable {
    /// They take the place of those in a scope.
    case replace(RowScope)
    /// They are added.
    case append
    /// They take the place of all rows that have the same values of some expressions over the table's columns.
    case replacePartitions(by: [String])
    /// Each changes the row that has its key, or is added.
    case merge(RowMerge)
    /// They are compared with the rows that hold now; what has changed is closed and added anew.
    case history(RowHistory)
}

/// How rows find the ones that they change, and what they change in them.
public struct RowMerge: Sendable, Equatable {
    /// Expressions over the table's columns. A row in whose key something is NULL is always added.
    public var key: [String]
    /// `WHEN MATCHED … THEN …`, one or several, over `target` and `source`; nil: all columns are set.
    public var matched: String?
    /// A condition on `target` and `source` that is needed for a match, too.
    public var filter: String?

    /// A merge that sets all columns.
    public init(key: [String], matched: String? = nil, filter: String? = nil) {
        self.key = key
        self.matched = matched
        self.filter = filter
    }
}

/// How a slowly changing dimension of type 2 follows its source. The table has the query's columns and two more, which say
/// from when until when a row held; the second is NULL in the rows that hold now.
public struct RowHistory: Sendable, Equatable {
    /// What tells that a row has changed, and when.
    public enum Change: Sendable, Equatable {
        /// A column that has become later. New rows hold from what it says, or from 1970 on.
        case time(column: String, isStart: Bool)
        /// Expressions of which one has become different (nil: all columns). The time is a column's, or else the batch's.
        /// New rows hold from that time on, but those of the first batch from 1970 where `isStart` is false.
        case values([String]?, at: String?, isStart: Bool)
    }

    /// Expressions over the query's columns.
    public var key: [String]
    /// The table's columns that say from when, and until when.
    public var validFrom: String, validTo: String
    public var change: Change
    /// Whether a row that the query does not give any more ends.
    public var endsMissing: Bool
    /// The time of the batch, in microseconds since 1970-01-01 UTC.
    public var now: Int64

    /// A history of rows told apart by a key.
    public init(
        key: [String], validFrom: String, validTo: String, change: Change, endsMissing: Bool, now: Int64
    ) {
        self.key = key
        self.validFrom = validFrom
        self.validTo = validTo
        self.change = change
        self.endsMissing = endsMissing
        self.now = now
    }
}

/// A stretch of time, both ends in microseconds since 1970-01-01 UTC; the second does not belong to it.
public struct BatchSpan: Sendable, Equatable {
    public let from: Int64
    public let to: Int64

    /// From one moment to another.
    public init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }
}

/// Rows from outside of the warehouse that the query of a batch reads.
public struct GivenRows: Sendable, Equatable {
    /// The columns, without quotes; all of them hold text.
    public let columns: [String]
    /// A value for each column; nil is NULL.
    public let rows: [[String?]]

    /// Rows with as many values as there are columns.
    public init(columns: [String], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }
}

/// New rows for a table. All that it says happens in one transaction.
public struct ModelBatch: Sendable {
    /// The table that gets them; it exists.
    public var table: RelationPath
    /// What happens to the rows that are there.
    public var write: RowWrite
    /// Which rows come: a query with at least the table's columns, but for those omitted, by name, in any order.
    public var query: String
    /// Statements of the model before its query.
    public var before: [String] = []
    /// Statements of the model after its query.
    public var after: [String] = []
    /// Run over the table as it would be; a blocking one that finds something undoes everything.
    public var checks: [ModelCheck] = []
    /// The time that the rows are of, where writing them twice would double them: it is noted in the same transaction, and
    /// a batch over a time that is noted already writes nothing.
    public var once: BatchSpan?
    /// Whether all rows of the table go first, and what is noted of it.
    public var startsAnew = false
    /// Columns of the table that are left out: the query does not give them, and new rows have NULL there.
    public var omitted: [String] = []
    /// The columns of the table by which rows come into it: an index over them then grows at its end, and not all over.
    public var order: [String] = []
    /// Rows that the query reads; the engine says under which name.
    public var given: GivenRows?
    /// Beside whose other batches it may be written; nil: it has the table for itself meanwhile.
    public var writers: SharedWriting?

    /// Rows of `query` for `table`.
    public init(_ table: RelationPath, _ write: RowWrite, query: String) {
        self.table = table
        self.write = write
        self.query = query
    }
}

/// The right to write batches of one table side by side. Lent by ``ModelWarehouse/sharingWrites(to:_:)``; no two batches
/// that use it may concern the same rows.
public struct SharedWriting: Sendable, Equatable {
    /// Who holds the right, as the engine knows it.
    let session: Int32
}

/// What became of a batch.
public enum BatchOutcome: Sendable, Equatable {
    /// The rows are there. `findings` are those of checks that do not block.
    case written(rows: Int, findings: [CheckFinding])
    /// A blocking check found something. Nothing was changed.
    case refused(CheckFinding)
    /// Some of its time is noted: somebody has written rows of it already. Nothing was changed.
    case alreadyWritten
}

/// A query that must give no rows, or a count that must be 0.
public struct ModelCheck: Sendable, Equatable {
    /// What its answer means.
    public enum Style: Sendable, Equatable {
        /// Every row that it gives is a failure.
        case rows
        /// The first column of its one row counts the failures.
        case count
    }

    /// In the engine's dialect.
    public let sql: String
    /// What its answer means.
    public let style: Style
    /// Whether failures undo the batch.
    public let isBlocking: Bool

    /// A check.
    public init(_ sql: String, style: Style = .rows, isBlocking: Bool = true) {
        self.sql = sql
        self.style = style
        self.isBlocking = isBlocking
    }

    /// How many rows of a finding are kept; those longer than ``keptRowCharactersMax`` are left out.
    public static let keptRowsMax = 20
    /// The longest row that is kept, as JSON.
    public static let keptRowCharactersMax = 8_192
}

/// What a check found.
public struct CheckFinding: Sendable, Equatable {
    /// Which one of the checks, from 0.
    public let check: Int
    /// How many failures, at least 1.
    public let failures: Int
    /// The first rows that it found, as JSON objects; none of a check that counts.
    public var rows: [String] = []
}

/// A piece of SQL that a model says, for errors.
public enum ModelPart: Sendable, Equatable {
    case columns
    case query
    /// A statement before the query, or after it, from 0.
    case before(Int), after(Int)
    /// A check, from 0.
    case check(Int)
}

/// Why a model's SQL came to nothing. Nothing was changed.
public struct ModelError: Error, Equatable, CustomStringConvertible {
    /// The piece that failed; nil when it was none that the model says.
    public let part: ModelPart?
    /// Its `position`, if it has one, counts in the text of the part.
    public let cause: WarehouseError
    /// Which one of the batches that were written together, from 0.
    public internal(set) var batch = 0

    init(part: ModelPart?, cause: WarehouseError) {
        self.part = part
        self.cause = cause
    }

    public var description: String { cause.description }
}
