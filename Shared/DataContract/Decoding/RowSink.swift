/// Where decoded rows go, a column at a time in the order of `Contract.columns`: a binary COPY buffer, or a test.
///
/// The decoder judges a message whole before the first call, so a row that was begun is always finished. The bytes
/// handed over lie in the message or in the decoder's scratch memory: copy them before returning.
public protocol RowSink {
    /// A row of `columns` columns follows.
    mutating func beginRow(columns: Int)
    mutating func appendNull()
    /// UTF-8 without NUL.
    mutating func append(text: UnsafeRawBufferPointer)
    /// For `bigint`.
    mutating func append(bigint: Int64)
    /// For `integer`.
    mutating func append(integer: Int32)
    mutating func append(double: Double)
    mutating func append(boolean: Bool)
    /// Microseconds since 1970-01-01T00:00:00Z.
    mutating func append(timestamp microseconds: Int64)
    /// Days since 1970-01-01.
    mutating func append(date days: Int32)
    /// For `numeric`, exactly as written: a number by JSON's grammar, such as `-12.50e3`, within PostgreSQL's range.
    mutating func append(number: UnsafeRawBufferPointer)
    /// For `jsonb`: valid JSON that PostgreSQL takes (no NUL character, no unpaired surrogate, numbers within range).
    mutating func append(json: UnsafeRawBufferPointer)
}
