/// A query for the read side.
public struct ReadQuery: Sendable {
    /// One statement in the engine's dialect. PostgreSQL's parameters are `$1`, `$2` …, BigQuery's `@p1`, `@p2` …
    public var sql: String
    /// In the engine's text form; `nil` is NULL. PostgreSQL finds out their types; BigQuery's are STRING.
    public var parameters: [String?]
    /// The query is ended in the warehouse when it takes longer.
    public var timeMax: Duration
    /// The most bytes that a row of the result may have as text; nil: no limit. PostgreSQL looks before it sends: a larger row
    /// is refused in the warehouse and never gets here. BigQuery's rows come in pages of at most about 10 MB, and are looked at
    /// here.
    public var rowBytesMax: Int?

    public init(
        _ sql: String, parameters: [String?] = [], timeMax: Duration = .seconds(30), rowBytesMax: Int? = nil
    ) {
        self.sql = sql
        self.parameters = parameters
        self.timeMax = timeMax
        self.rowBytesMax = rowBytesMax
    }
}

/// What kind of values a column holds, as far as a chart or a table needs to know.
public enum ColumnKind: String, Sendable, Codable {
    case number, boolean, text, date, timestamp, json, other
}

/// A column of a result or a relation.
public struct ColumnDescription: Sendable, Equatable {
    public let name: String
    public let kind: ColumnKind
    /// As the engine spells it: `timestamp with time zone`.
    public let type: String
    public let comment: String?

    public init(name: String, kind: ColumnKind, type: String, comment: String? = nil) {
        self.name = name
        self.kind = kind
        self.type = type
        self.comment = comment
    }
}

/// A relation that can be read.
public struct RelationDescription: Sendable, Equatable {
    public let schema: String
    public let name: String
    public let isView: Bool
    public let comment: String?
    public let columns: [ColumnDescription]

    public init(schema: String, name: String, isView: Bool, comment: String?, columns: [ColumnDescription]) {
        self.schema = schema
        self.name = name
        self.isView = isView
        self.comment = comment
        self.columns = columns
    }
}

/// What a query would take.
public struct QueryEstimate: Sendable, Equatable {
    /// Rows of the result, as the planner guesses; nil where the engine does not.
    public let rows: Double?
    /// In the engine's own unit (BigQuery: bytes that are read); only to be compared with other queries of the same engine.
    public let cost: Double

    public init(rows: Double?, cost: Double) {
        self.rows = rows
        self.cost = cost
    }
}

/// The rows of a query as they come; valid inside the call that was given it.
public struct ReadResult: Sendable {
    public let columns: [ColumnDescription]
    /// The rows, cell by cell in the engine's text form; `nil` is NULL.
    public let rows: ReadRows
}

/// Where an engine's rows come from.
protocol RowSource: Sendable {
    func makeCursor() -> any RowCursor
}

/// The place in an engine's rows.
protocol RowCursor {
    /// The next row; nil behind the last one.
    /// - Throws: `WarehouseError`.
    mutating func next() async throws -> [String?]?
}

/// Rows of a query.
public struct ReadRows: AsyncSequence, Sendable {
    let source: any RowSource

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: source.makeCursor()) }

    /// Reads a row at a time; throws `WarehouseError`.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var cursor: any RowCursor

        public mutating func next() async throws -> [String?]? { try await cursor.next() }
    }
}
