/// Bytes that a message needs besides its own: unescaped strings, the fields outside of the contract.
/// Kept from message to message, so that nothing is allocated once it is large enough.
struct ScratchBytes {
    private var storage: [UInt8] = []

    var count: Int { storage.count }

    mutating func clear() { storage.removeAll(keepingCapacity: true) }

    mutating func append(_ byte: UInt8) { storage.append(byte) }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) { storage.append(contentsOf: bytes) }

    mutating func append(scalar: UInt32) {
        switch scalar {
        case ..<0x80: storage.append(UInt8(scalar))
        case ..<0x800:
            storage.append(UInt8(0xC0 | scalar >> 6))
            storage.append(UInt8(0x80 | scalar & 0x3F))
        case ..<0x10000:
            storage.append(UInt8(0xE0 | scalar >> 12))
            storage.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            storage.append(UInt8(0x80 | scalar & 0x3F))
        default:
            storage.append(UInt8(0xF0 | scalar >> 18))
            storage.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            storage.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            storage.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// The bytes where they lie; they must not leave the closure.
    func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
