import Postgres

/// A query for the read side.
public struct ReadQuery: Sendable {
    /// One statement in the engine's dialect; `$1`, `$2` … stand for the parameters.
    public var sql: String
    /// In the engine's text form; `nil` is NULL.
    public var parameters: [String?]
    /// The query is ended in the warehouse when it takes longer.
    public var timeMax: Duration
    /// The most bytes that a row of the result may have as text. The engine looks before it sends: a larger row is
    /// refused in the warehouse and never gets here. Nil: no limit.
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
    /// Rows of the result, as the planner guesses.
    public let rows: Double
    /// In the engine's own unit; only to be compared with other queries of the same engine.
    public let cost: Double

    public init(rows: Double, cost: Double) {
        self.rows = rows
        self.cost = cost
    }
}

/// The rows of a query as they come; valid inside the call that was given it.
public struct ReadResult: Sendable {
    public let columns: [ColumnDescription]
    let stream: PostgresRowStream
    let guarded: GuardedStatement

    /// The rows, cell by cell in the engine's text form; `nil` is NULL.
    public var rows: ReadRows { ReadRows(stream: stream, columnCount: columns.count, guarded: guarded) }
}

/// Rows of a query.
public struct ReadRows: AsyncSequence, Sendable {
    let stream: PostgresRowStream
    let columnCount: Int
    let guarded: GuardedStatement

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: stream.makeAsyncIterator(), columnCount: columnCount, guarded: guarded)
    }

    /// Reads a row at a time; throws `WarehouseError`.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: PostgresRowStream.AsyncIterator
        let columnCount: Int
        let guarded: GuardedStatement

        public mutating func next() async throws -> [String?]? {
            do {
                guard let row = try await base.next() else { return nil }
                return (0..<columnCount).map { row.text(at: $0) }
            } catch {
                throw guarded.failure(error)
            }
        }
    }
}
