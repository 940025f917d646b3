// ModelWarehouse: what the transformer asks of a warehouse. The SQL that it hands over is rendered already, in the
// engine's dialect; names and values are the engine's business to quote.

/// A relation by its two names, without quotes.
public struct RelationPath: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The schema (BigQuery: the dataset).
    public let schema: String
    /// The name in it.
    public let name: String

    /// A relation of a schema.
    public init(_ schema: String, _ name: String) {
        self.schema = schema
        self.name = name
    }

    /// `schema.name`.
    public var description: String { "\(schema).\(name)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }
}

/// Where a table's columns come from.
public enum TableShape: Sendable, Equatable {
    /// They are those of a query, which is not run.
    case query(String)
    /// They are declared: names, and types in the engine's words.
    case columns([ColumnDeclaration])
}

/// A declared column.
public struct ColumnDeclaration: Sendable, Equatable {
    /// The name, without quotes.
    public let name: String
    /// The type in the engine's words: `numeric(10,2)`.
    public let type: String

    /// A column of that type.
    public init(_ name: String, _ type: String) {
        self.name = name
        self.type = type
    }
}

/// Which rows of a table are replaced; rows of the query outside of it are not written.
public enum RowScope: Sendable, Equatable {
    /// The whole table.
    case all
    /// Rows whose time column is in `[from, to)`, both in microseconds since 1970-01-01 UTC. The column may be a
    /// timestamp, a timestamp without zone (read as UTC), a date (a day is its midnight in UTC), or a text such as
    /// `2026-11-23` or `2026-11-23 05:00:00`.
    case interval(column: String, from: Int64, to: Int64)
    /// Rows that meet a condition over the table's columns, in the engine's SQL.
    case matching(String)
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

    /// For messages.
    public let name: String
    /// In the engine's dialect.
    public let sql: String
    /// What its answer means.
    public let style: Style
    /// Whether failures undo the replacement.
    public let isBlocking: Bool

    /// A check.
    public init(name: String, sql: String, style: Style = .rows, isBlocking: Bool = true) {
        self.name = name
        self.sql = sql
        self.style = style
        self.isBlocking = isBlocking
    }
}

/// What a check found.
public struct CheckFinding: Sendable, Equatable {
    /// The check's name.
    public let check: String
    /// How many failures, at least 1.
    public let failures: Int
    /// Whether it undid the replacement.
    public let isBlocking: Bool
}

/// New rows for a table, or for a part of it.
public struct RowReplacement: Sendable {
    /// The table that gets them; it exists.
    public var table: RelationPath
    /// Which rows go.
    public var scope: RowScope
    /// Which rows come: a query with the table's columns, by name, in any order.
    public var query: String
    /// Statements of the model before and after, in the same transaction.
    public var before: [String] = []
    /// Statements of the model before and after, in the same transaction.
    public var after: [String] = []
    /// Run over the table as it would be; a blocking one that finds something undoes everything.
    public var checks: [ModelCheck] = []
    /// The longest that one statement may take; nil leaves the engine's limit.
    public var statementTimeMax: Duration?

    /// Rows of `query` instead of those in `scope`.
    public init(_ table: RelationPath, _ scope: RowScope, query: String) {
        self.table = table
        self.scope = scope
        self.query = query
    }
}

/// What a replacement did.
public struct ReplacementResult: Sendable, Equatable {
    /// Rows written.
    public let rows: Int
    /// What checks that are not blocking found.
    public let findings: [CheckFinding]
}

/// A view of the virtual layer.
public struct ViewDefinition: Sendable {
    /// The view's name.
    public var view: RelationPath
    /// What it shows, in the engine's dialect.
    public var query: String
    /// For people.
    public var comment: String?
    /// For people, by column.
    public var columnComments: [String: String] = [:]

    /// A view that shows what a query gives.
    public init(_ view: RelationPath, query: String, comment: String? = nil) {
        self.view = view
        self.query = query
        self.comment = comment
    }
}

/// The model side: tables and views that are computed.
public protocol ModelWarehouse: Sendable {
    /// Makes a schema where it is missing.
    func ensureSchema(_ schema: String) async throws(WarehouseError)

    /// Makes a table without rows, and its schema, where they are missing.
    /// - Parameter timeColumn: What intervals are replaced by; the engine makes that cheap in its own way.
    /// - Returns: False when the table was there already; it is left as it is.
    @discardableResult
    func createTable(
        _ table: RelationPath, _ shape: TableShape, timeColumn: String?
    ) async throws(WarehouseError) -> Bool

    /// Replaces rows in one transaction: readers see the old ones or the new ones, and two replacements of a table come
    /// one after the other, each seeing what the one before wrote.
    /// - Throws: `.checkFailed`: nothing was changed. `.columnsDiffer` when the query lacks a column of the table.
    func replaceRows(_ replacement: RowReplacement) async throws(WarehouseError) -> ReplacementResult

    /// Runs checks over what is there.
    func check(_ checks: [ModelCheck]) async throws(WarehouseError) -> [CheckFinding]

    /// Makes or replaces views and drops others: all or nothing. Grants on a replaced view stay; views of others that
    /// read one are made again with it. Nothing is ever dropped because it depends on something dropped.
    /// - Parameter reader: A role that may read them; nil grants nothing.
    /// - Throws: `.relationInUse` naming the views that stand in the way; nothing was changed.
    func publish(
        _ views: [ViewDefinition], dropping: [RelationPath], reader: String?
    ) async throws(WarehouseError)

    /// Drops a table or view where there is one.
    /// - Throws: `.relationInUse` when something depends on it.
    func drop(_ relation: RelationPath) async throws(WarehouseError)

    /// The columns of a relation, in order; nil when there is no such relation.
    func columns(of relation: RelationPath) async throws(WarehouseError) -> [ColumnDescription]?

    /// The tables and views of a schema, without their columns, by name.
    func relations(in schema: String) async throws(WarehouseError) -> [RelationDescription]
}
