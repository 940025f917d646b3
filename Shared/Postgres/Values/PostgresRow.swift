// PostgresRow: one row of a result. Its cells stay in libpq's memory until they are read; the row keeps them alive.
import CLibpq

/// A column of a result.
public struct PostgresColumn: Sendable, Hashable {
    /// The name as the query gave it; names may repeat.
    public let name: String
    /// The type.
    public let type: PostgresType
    /// The type's modifier, such as the digits of a `numeric(10,2)`; -1 where there is none.
    public let modifier: Int32
}

/// The columns of a result, in order.
public struct PostgresColumns: Sendable, RandomAccessCollection {
    private let columns: [PostgresColumn]
    private let indices_: [String: Int]

    init(_ columns: [PostgresColumn]) {
        self.columns = columns
        indices_ = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// 0, as everywhere.
    public var startIndex: Int { 0 }
    /// How many columns there are.
    public var endIndex: Int { columns.count }

    /// The column at a position.
    public subscript(position: Int) -> PostgresColumn { columns[position] }

    /// The position of the first column of that name.
    public func index(of name: String) -> Int? { indices_[name] }
}

/// One row of a result.
public struct PostgresRow: Sendable {
    let result: ResultHandle
    let row: Int32
    /// The columns of the result.
    public let columns: PostgresColumns

    /// Reads a cell by its column's name: `let id: Int = try row.get("id")`. Optional types take NULL.
    /// - Throws: `PostgresError.Code.decoding` naming column and type, `.invalidUse` when there is no such column.
    public func get<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = columns.index(of: column) else {
            throw PostgresError(
                .invalidUse,
                "The result has no column \"\(column)\"; it has \(columns.map(\.name).joined(separator: ", "))")
        }
        return try get(index)
    }

    /// Reads a cell by its column's position, from 0.
    /// - Throws: `PostgresError.Code.decoding` naming column and type, `.invalidUse` when there is no such column.
    public func get<Value: PostgresDecodable>(
        _ index: Int, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard columns.indices.contains(index) else {
            throw PostgresError(.invalidUse, "The result has \(columns.count) columns, none with index \(index)")
        }
        let column = columns[index]
        guard let bytes = bytes(at: index) else {
            if let null = Value.postgresNull { return null }
            throw PostgresError(.decoding, "Column \"\(column.name)\" (\(column.type)) is NULL, not \(Value.self)")
        }
        if let value = Value.decode(PostgresCell(type: column.type, bytes: bytes)) { return value }
        throw PostgresError(
            .decoding, "Column \"\(column.name)\" (\(column.type)) holds a value that is not \(Value.self)")
    }

    /// The cell in PostgreSQL's text form; nil for NULL and for a column that is not there.
    public func text(at index: Int) -> String? {
        columns.indices.contains(index) ? bytes(at: index).map { String(decoding: $0, as: UTF8.self) } : nil
    }

    /// The cell without copying it; nil for NULL. The bytes (PostgreSQL's text form) must not leave the closure.
    public func withCell<R>(at index: Int, _ body: (PostgresCell?) throws -> R) rethrows -> R {
        guard columns.indices.contains(index) else { return try body(nil) }
        return try body(bytes(at: index).map { PostgresCell(type: columns[index].type, bytes: $0) })
    }

    private func bytes(at index: Int) -> UnsafeBufferPointer<UInt8>? { result.bytes(row: row, column: Int32(index)) }
}

/// Rows that a statement gave back, all in memory, and the number of rows that it changed.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultHandle
    /// The columns; empty for a statement that gives no rows.
    public let columns: PostgresColumns
    /// Rows inserted, updated, deleted or selected; 0 where that says nothing.
    public let affectedRows: Int

    /// 0, as everywhere.
    public var startIndex: Int { 0 }
    /// How many rows there are.
    public var endIndex: Int { Int(result.rowCount) }

    /// The row at a position.
    public subscript(position: Int) -> PostgresRow {
        PostgresRow(result: result, row: Int32(position), columns: columns)
    }

    /// The one row that a statement must give.
    /// - Throws: `PostgresError.Code.invalidUse` when there is none, or more than one.
    public func one() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw PostgresError(.invalidUse, "Expected one row, got \(count)") }
        return self[0]
    }
}
