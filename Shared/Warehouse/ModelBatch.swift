// ModelBatch: rows of a model's query on their way into its table, with what runs around them.

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
}

/// New rows for a table. All that it says happens in one transaction.
public struct ModelBatch: Sendable {
    /// The table that gets them; it exists.
    public var table: RelationPath
    /// What happens to the rows that are there.
    public var write: RowWrite
    /// Which rows come: a query with at least the table's columns, by name, in any order.
    public var query: String
    /// Statements of the model before its query.
    public var before: [String] = []
    /// Statements of the model after its query.
    public var after: [String] = []
    /// Run over the table as it would be; a blocking one that finds something undoes everything.
    public var checks: [ModelCheck] = []

    /// Rows of `query` for `table`.
    public init(_ table: RelationPath, _ write: RowWrite, query: String) {
        self.table = table
        self.write = write
        self.query = query
    }
}

/// What became of a batch.
public enum BatchOutcome: Sendable, Equatable {
    /// The rows are there. `findings` are those of checks that do not block.
    case written(rows: Int, findings: [CheckFinding])
    /// A blocking check found something. Nothing was changed.
    case refused(CheckFinding)
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

    public var description: String { cause.description }
}
