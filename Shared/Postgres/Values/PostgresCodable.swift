// The two protocols of values: what can be bound to a statement, and what a cell of a result can be read as.

/// A value that can be bound to `$1`, `$2` ….
public protocol PostgresEncodable: Sendable {
    /// The value in the text form that PostgreSQL reads for its type.
    var postgresText: String { get }
}

/// A type that a cell of a result can be read as.
public protocol PostgresDecodable {
    /// The value of the cell, or nil when a cell of this type or content is not such a value.
    static func decode(_ cell: PostgresCell) -> Self?

    /// What NULL is read as; nil (the default) where NULL is no such value.
    static var postgresNull: Self? { get }
}

extension PostgresDecodable {
    /// NULL is not a value of this type.
    public static var postgresNull: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// The value, wrapped.
    public static func decode(_ cell: PostgresCell) -> Wrapped?? {
        guard let value = Wrapped.decode(cell) else { return .none }
        return .some(.some(value))
    }

    /// NULL is `nil`.
    public static var postgresNull: Wrapped?? { .some(.none) }
}

/// One cell that is not NULL, in text form. Its bytes live only as long as the call that was given it.
public struct PostgresCell {
    /// The type of the column.
    public let type: PostgresType
    /// The value in PostgreSQL's text form, UTF-8.
    public let bytes: UnsafeBufferPointer<UInt8>

    /// The value in PostgreSQL's text form.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
