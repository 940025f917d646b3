// CopyBuffer: rows in the binary form of COPY, built field by field.
// Always: holds whole rows, once each row has been given as many fields as it began with; numbers in network order.
import Foundation

/// Rows for a binary COPY. Appending writes into one growing block of memory: nothing is allocated for a field or a row.
///
///     buffer.beginRow(fields: 3)
///     buffer.append(Int64(7)); buffer.append(text: "seven"); buffer.appendNull()
///
/// The fields must come in the order of the COPY's columns, each in that column's type: binary COPY converts nothing.
public struct CopyBuffer: Sendable {
    /// Owns the memory; how much of it is used is said here, without a look into the object.
    @usableFromInline var storage: Storage
    @inlinable var start: UnsafeMutableRawPointer { storage.bytes }
    @usableFromInline var capacity: Int
    /// Bytes held.
    public var byteCount: Int { usedBytes }
    @usableFromInline var usedBytes = 0
    /// Rows begun so far.
    public var rowCount: Int { rows }
    @usableFromInline var rows = 0
    /// Where the last row began, to take it back.
    @usableFromInline var lastRowStart = 0

    /// An empty buffer with room for so many bytes; it grows when it must.
    public init(reservingBytes: Int = 64 << 10) {
        capacity = max(64, reservingBytes)
        storage = Storage(capacity: capacity)
    }

    /// Whether there is no row in it.
    public var isEmpty: Bool { rowCount == 0 }

    /// Takes all rows out; the memory is kept for the next ones.
    public mutating func removeAll() {
        if !isKnownUniquelyReferenced(&storage) {
            storage = Storage(capacity: capacity)
        }
        usedBytes = 0
        rows = 0
        lastRowStart = 0
    }

    /// Appends all rows of another buffer.
    public mutating func append(contentsOf other: CopyBuffer) {
        let count = other.byteCount
        let target = room(for: count)
        target.copyMemory(from: other.start, byteCount: count)
        usedBytes += count
        rows += other.rowCount
        lastRowStart = byteCount
    }

    /// The rows' bytes, without header and trailer of the COPY. Must not leave the closure.
    public func withRows<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: byteCount))
    }

    // MARK: Rows

    /// Begins a row that will have so many fields.
    @inlinable @inline(__always)
    public mutating func beginRow(fields: Int) {
        lastRowStart = byteCount
        put(Int16(fields))
        rows += 1
    }

    /// Takes the row begun last back, whole or half done: for input that turns out to be bad in its middle.
    public mutating func discardRow() {
        guard rowCount > 0, lastRowStart < byteCount else { return }
        // A shared block must not be cut: whoever shares it still reads what is behind.
        _ = room(for: 0)
        usedBytes = lastRowStart
        rows -= 1
    }

    // MARK: Fields

    /// NULL.
    @inlinable @inline(__always)
    public mutating func appendNull() { put(Int32(-1)) }

    /// `boolean`
    @inlinable @inline(__always)
    public mutating func append(_ value: Bool) {
        let target = room(for: 5)
        Self.store(Int32(1), target)
        target.storeBytes(of: value ? 1 : 0, toByteOffset: 4, as: UInt8.self)
        usedBytes += 5
    }

    /// `smallint`
    @inlinable @inline(__always)
    public mutating func append(_ value: Int16) { field(value) }

    /// `integer`
    @inlinable @inline(__always)
    public mutating func append(_ value: Int32) { field(value) }

    /// `bigint`
    @inlinable @inline(__always)
    public mutating func append(_ value: Int64) { field(value) }

    /// `real`
    @inlinable @inline(__always)
    public mutating func append(_ value: Float) { field(Int32(bitPattern: value.bitPattern)) }

    /// `double precision`
    @inlinable @inline(__always)
    public mutating func append(_ value: Double) { field(Int64(bitPattern: value.bitPattern)) }

    /// `timestamp` or `timestamptz`: microseconds since 1970-01-01 UTC.
    @inlinable @inline(__always)
    public mutating func append(timestampMicroseconds value: Int64) {
        field(value == .max || value == .min ? value : value - 946_684_800_000_000)
    }

    /// `date`: days since 1970-01-01.
    @inlinable @inline(__always)
    public mutating func append(dateDays value: Int32) { field(value - 10_957) }

    /// `time`: microseconds since midnight.
    @inlinable @inline(__always)
    public mutating func append(timeMicroseconds value: Int64) { field(value) }

    /// `text`, `varchar` or `json`. The server refuses text that holds a NUL.
    @inlinable @inline(__always)
    public mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// `bytea`; or `text`, `varchar`, `json` as UTF-8.
    @inlinable @inline(__always)
    public mutating func append(bytes: UnsafeRawBufferPointer) {
        let target = room(for: 4 + bytes.count)
        Self.store(Int32(truncatingIfNeeded: bytes.count), target)
        if let start = bytes.baseAddress { (target + 4).copyMemory(from: start, byteCount: bytes.count) }
        usedBytes += 4 + bytes.count
    }

    /// `bytea`
    public mutating func append(bytes: [UInt8]) { bytes.withUnsafeBytes { append(bytes: $0) } }

    /// `jsonb`, from its text in UTF-8.
    @inlinable @inline(__always)
    public mutating func append(jsonb bytes: UnsafeRawBufferPointer) {
        let target = room(for: 5 + bytes.count)
        Self.store(Int32(truncatingIfNeeded: bytes.count + 1), target)
        target.storeBytes(of: 1, toByteOffset: 4, as: UInt8.self)
        if let start = bytes.baseAddress { (target + 5).copyMemory(from: start, byteCount: bytes.count) }
        usedBytes += 5 + bytes.count
    }

    /// `jsonb`, from its text.
    public mutating func append(jsonb text: String) {
        var text = text
        text.withUTF8 { append(jsonb: UnsafeRawBufferPointer($0)) }
    }

    /// `uuid`
    public mutating func append(_ value: UUID) {
        withUnsafeBytes(of: value.uuid) { append(bytes: $0) }
    }

    /// `text[]`, of one dimension.
    public mutating func append(textArray values: [String?]) {
        let lengthAt = byteCount
        put(Int32(0))
        put(Int32(values.isEmpty ? 0 : 1))
        put(Int32(values.contains { $0 == nil } ? 1 : 0))
        put(Int32(bitPattern: PostgresType.text.rawValue))
        if !values.isEmpty {
            put(Int32(truncatingIfNeeded: values.count))
            put(Int32(1))
            for value in values {
                if let value { append(text: value) } else { appendNull() }
            }
        }
        Self.store(Int32(truncatingIfNeeded: byteCount - lengthAt - 4), start + lengthAt)
    }

    // MARK: Memory

    /// Room for so many bytes at the end; the caller writes them and then moves `byteCount`.
    @inlinable @inline(__always)
    mutating func room(for count: Int) -> UnsafeMutableRawPointer {
        if byteCount + count > capacity || !isKnownUniquelyReferenced(&storage) { moveOut(for: count) }
        return start + byteCount
    }

    /// To memory of its own, and large enough.
    @usableFromInline
    mutating func moveOut(for count: Int) {
        if byteCount + count > capacity { capacity = (byteCount + count) * 2 }
        let moved = Storage(capacity: capacity)
        moved.bytes.copyMemory(from: start, byteCount: byteCount)
        storage = moved
    }

    /// Says that so many bytes were written at what `room` gave.
    @inlinable @inline(__always)
    mutating func advance(by count: Int) { usedBytes += count }

    @inlinable @inline(__always)
    mutating func put<Number: FixedWidthInteger>(_ value: Number) {
        Self.store(value, room(for: MemoryLayout<Number>.size))
        usedBytes += MemoryLayout<Number>.size
    }

    @inlinable @inline(__always)
    mutating func field<Number: FixedWidthInteger>(_ value: Number) {
        let size = MemoryLayout<Number>.size
        let target = room(for: 4 + size)
        Self.store(Int32(truncatingIfNeeded: size), target)
        Self.store(value, target + 4)
        usedBytes += 4 + size
    }

    @inlinable @inline(__always)
    static func store<Number: FixedWidthInteger>(_ value: Number, _ target: UnsafeMutableRawPointer) {
        target.storeBytes(of: value.bigEndian, as: Number.self)
    }

    /// The block. `@unchecked Sendable`: it is only written by a `CopyBuffer` that is its one owner, checked before each
    /// write (`room`); shared blocks are only read.
    @usableFromInline
    final class Storage: @unchecked Sendable {
        @usableFromInline let bytes: UnsafeMutableRawPointer

        init(capacity: Int) { bytes = .allocate(byteCount: capacity, alignment: 16) }

        deinit { bytes.deallocate() }
    }
}
