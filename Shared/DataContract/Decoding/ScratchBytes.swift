/// Bytes that a message needs besides its own: unescaped strings, the fields outside of the contract.
/// Kept from message to message, so that nothing is allocated once it is large enough.
@usableFromInline
final class ScratchBytes {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity = 256
    @usableFromInline private(set) var count = 0

    init() { bytes = .allocate(capacity: capacity) }

    deinit { bytes.deallocate() }

    func clear() { count = 0 }

    @usableFromInline
    func append(_ byte: UInt8) {
        if count == capacity { grow(for: 1) }
        bytes[count] = byte
        count += 1
    }

    func append(_ source: UnsafeBufferPointer<UInt8>) {
        guard let start = source.baseAddress else { return }
        if count + source.count > capacity { grow(for: source.count) }
        (bytes + count).update(from: start, count: source.count)
        count += source.count
    }

    func append(scalar: UInt32) {
        switch scalar {
        case ..<0x80: append(UInt8(scalar))
        case ..<0x800:
            append(UInt8(0xC0 | scalar >> 6))
            append(UInt8(0x80 | scalar & 0x3F))
        case ..<0x10000:
            append(UInt8(0xE0 | scalar >> 12))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        default:
            append(UInt8(0xF0 | scalar >> 18))
            append(UInt8(0x80 | scalar >> 12 & 0x3F))
            append(UInt8(0x80 | scalar >> 6 & 0x3F))
            append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// The bytes where they lie: read them before anything is appended.
    @usableFromInline
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)
    }

    private func grow(for added: Int) {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: (count + added) * 2)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
        capacity = (count + added) * 2
    }
}
