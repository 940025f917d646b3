// ModelWarehouse: what the transformer asks of a warehouse. The SQL that it hands over is rendered already, in the
// engine's dialect; names and values are the engine's business to quote.

import SQL

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

/// What makes rows quick to find by some columns.
public struct TableIndex: Sendable, Equatable {
    /// In the table's schema, without quotes.
    public let name: String
    public let columns: [String]
    /// Whether no two rows may have the same values.
    public let isUnique: Bool

    /// An index over columns, the first one first.
    public init(_ name: String, on columns: [String], isUnique: Bool = false) {
        self.name = name
        self.columns = columns
        self.isUnique = isUnique
    }
}

/// A table of a model, to be made.
public struct TableDefinition: Sendable {
    public var table: RelationPath
    public var shape: TableShape
    /// The columns of a query that the table gets; nil: all.
    public var columns: [String]?
    /// Columns that follow those of a query.
    public var added: [ColumnDeclaration] = []
    /// Statements of the model before its query: temporary tables that it reads, settings.
    public var before: [String] = []
    /// Statements that are run once the table is there, in the same transaction.
    public var after: [String] = []
    public var indexes: [TableIndex] = []

    /// A table without indexes.
    public init(_ table: RelationPath, _ shape: TableShape) {
        self.table = table
        self.shape = shape
    }
}

/// How large a table is.
public struct RelationSize: Sendable, Equatable {
    /// About how many rows; nil where nobody has counted yet.
    public let rows: Int64?
    /// With what belongs to it.
    public let bytes: Int64
}

/// A view that stands for a model's rows without storing them, to be made.
public struct ModelView: Sendable {
    public var view: RelationPath
    public var query: String
    /// The columns of the query that it shows; nil: all.
    public var columns: [String]?
    /// Statements of the model before its query and after it, in the same transaction.
    public var before: [String] = []
    public var after: [String] = []
    /// Whether its rows are stored: they come with ``ModelWarehouse/refresh(_:checks:)``.
    public var isMaterialized = false

    /// A view that shows what a query gives.
    public init(_ view: RelationPath, query: String) {
        self.view = view
        self.query = query
    }
}

/// The model side: tables and views that are computed.
public protocol ModelWarehouse: Sendable {
    /// Makes a schema where it is missing.
    func ensureSchema(_ schema: String) async throws(WarehouseError)

    /// Makes a table without rows, and its schema, where they are missing.
    /// - Parameter checking: Looks at the columns before anything is kept; what it throws, this throws.
    /// - Returns: False when the table was there already; it is left as it is.
    /// - Throws: ``ModelError``.
    @discardableResult
    func createTable(
        _ definition: TableDefinition, checking: @Sendable ([ColumnDescription]) throws -> Void
    ) async throws -> Bool

    /// Makes a view, and its schema, where they are missing.
    /// - Returns: False when the view was there already; it is left as it is.
    /// - Throws: ``ModelError``.
    func createView(_ view: ModelView) async throws(ModelError) -> Bool

    /// Writes rows in one transaction: readers see the old ones or the new ones, and two batches of a table come
    /// one after the other, each seeing what the one before wrote.
    func write(_ batch: ModelBatch) async throws(ModelError) -> BatchOutcome

    /// Writes batches of one table in one transaction, one after the other: readers see none or all of them. The findings
    /// are those of all; a blocking one undoes all.
    func write(together batches: [ModelBatch]) async throws(ModelError) -> BatchOutcome

    /// Runs statements of a model that stand after its query, in one transaction.
    func run(_ after: [String]) async throws(ModelError)

    /// Runs `body` while nobody else writes batches of `table` side by side; waits for whoever does. Those who write one
    /// batch at a time come between two of its own.
    /// - Parameter body: Gets what its batches carry.
    func sharingWrites<R: Sendable>(
        to table: RelationPath, _ body: @Sendable (SharedWriting) async throws -> R
    ) async throws -> R

    /// The times of ``ModelBatch/once`` that are noted of a table, in order; none touches another.
    func writtenOnce(of table: RelationPath) async throws(WarehouseError) -> [BatchSpan]

    /// Computes the rows of a materialized view anew, in one transaction; readers see the old ones until it ends. They wait
    /// for it where the view has no unique index.
    func refresh(_ view: RelationPath, checks: [ModelCheck]) async throws(ModelError) -> BatchOutcome

    /// Runs checks over what is there, all at the same moment.
    func check(_ checks: [ModelCheck]) async throws(ModelError) -> [CheckFinding]

    /// Adds columns to a table whose rows stay, with the types that `shape` gives them; those that are there stay as they
    /// are.
    /// - Parameter checking: Looks at the table's columns and at those of `shape` before anything is changed.
    /// - Returns: What was added.
    /// - Throws: ``ModelError``; what `checking` throws.
    func addColumns(
        _ names: [String], to table: RelationPath, shape: TableShape,
        checking: @Sendable (_ table: [ColumnDescription], _ shape: [ColumnDescription]) throws -> Void
    ) async throws -> [ColumnDescription]

    /// Makes or replaces views and drops others: all or nothing. Grants on a replaced view stay; views of others that
    /// read one are made again with it. Nothing is ever dropped because it depends on something dropped.
    /// - Throws: `.relationInUse` naming the views that stand in the way; nothing was changed.
    func publish(_ publication: Publication) async throws(WarehouseError)

    /// Finds out whether a publication would work; changes nothing.
    /// - Throws: What ``publish(_:)`` would throw because of what others have made over the views.
    func rehearse(_ publication: Publication) async throws(WarehouseError)

    /// The tables, and views that stand for tables, in schemas whose names begin with `prefix`, and which of them the views
    /// elsewhere show.
    func virtualLayer(over prefix: String) async throws(WarehouseError) -> VirtualLayerState

    /// Drops a table or view where there is one.
    /// - Throws: `.relationInUse` when something depends on it.
    func drop(_ relation: RelationPath) async throws(WarehouseError)

    /// The columns of a relation, in order; nil when there is no such relation.
    func columns(of relation: RelationPath) async throws(WarehouseError) -> [ColumnDescription]?

    /// The columns of several relations; those that there are not are missing.
    func columns(of relations: [RelationPath]) async throws(WarehouseError) -> [RelationPath: [ColumnDescription]]

    /// How large tables are, by what the engine knows without counting; those that there are not are missing.
    func sizes(of tables: [RelationPath]) async throws(WarehouseError) -> [RelationPath: RelationSize]

    /// The tables and views of a schema, without their columns, by name.
    func relations(in schema: String) async throws(WarehouseError) -> [RelationDescription]
}
