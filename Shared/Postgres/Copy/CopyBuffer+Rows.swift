// Looking into the rows of a CopyBuffer again. What is in a buffer was written by its own methods: each row is its number of
// fields, each field its length and its bytes, and a NULL has the length -1.

extension CopyBuffer {
    /// Calls `body` with one field of each row, in the form of COPY; `nil` is NULL. The bytes must not leave the closure.
    /// - Parameter index: The field's place in its row; a row without such a field is passed over.
    public func forEachField(at index: Int, _ body: (_ row: Int, _ bytes: UnsafeRawBufferPointer?) -> Void) {
        withRows { all in
            var position = 0
            for row in 0..<rowCount {
                let fields = Self.fieldCount(all, &position)
                for field in 0..<fields {
                    let bytes = Self.field(all, &position)
                    if field == index { body(row, bytes) }
                }
            }
        }
    }

    /// The rows but those with these numbers, which ascend.
    public func removing(rows removed: [Int]) -> CopyBuffer {
        var rest = CopyBuffer(reservingBytes: byteCount)
        var next = removed.makeIterator()
        var skipped = next.next()
        withRows { all in
            var position = 0
            // Rows between two that go are taken over at once.
            var start = 0
            for row in 0..<rowCount {
                let rowStart = position
                for _ in 0..<Self.fieldCount(all, &position) { _ = Self.field(all, &position) }
                guard row == skipped else { continue }
                rest.take(all[start..<rowStart])
                start = position
                skipped = next.next()
            }
            rest.take(all[start..<position])
        }
        rest.rows = rowCount - removed.count
        return rest
    }

    private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let target = room(for: bytes.count)
        if let source = UnsafeRawBufferPointer(rebasing: bytes).baseAddress {
            target.copyMemory(from: source, byteCount: bytes.count)
        }
        advance(by: bytes.count)
        lastRowStart = byteCount
    }

    @inline(__always)
    private static func fieldCount(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int {
        defer { position += 2 }
        return Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int16.self)))
    }

    /// - Parameter position: Where the field begins; moved to where the next one does.
    @inline(__always)
    private static func field(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UnsafeRawBufferPointer? {
        let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)))
        position += 4
        guard length >= 0 else { return nil }
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    }
}
