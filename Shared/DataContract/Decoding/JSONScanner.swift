// JSONScanner: reads JSON where it lies, strictly by RFC 8259, without an allocation.
// Always: `position` never passes `count`; what was passed over is valid UTF-8 and valid JSON, and PostgreSQL's jsonb
// takes it (no NUL character, no unpaired surrogate, no number out of range).

/// A cursor over the bytes of one message.
struct JSONScanner {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    var position = 0

    init(_ buffer: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is read from the stand-in.
        bytes = buffer.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) } ?? Self.nothing
        count = buffer.count
    }

    private static var nothing: UnsafePointer<UInt8> { StaticString("\0").utf8Start }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// The byte at the cursor, which stays.
    @inline(__always)
    func peek() throws(Fault) -> UInt8 {
        guard position < count else { throw fault(.unexpectedEnd) }
        return bytes[position]
    }

    /// Passes `byte`, which must come next.
    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(Fault) {
        guard try peek() == byte else { throw fault(.unexpectedByte) }
        position += 1
    }

    func fault(_ detail: Fault.Detail) -> Fault { Fault(reason: .invalidJSON, detail: detail, offset: position) }

    func fault(_ reason: Rejection.Reason, at offset: Int) -> Fault { Fault(reason: reason, offset: offset) }

    /// Passes `true`, `false` or `null`.
    mutating func expectWord(_ word: StaticString) throws(Fault) {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard position < count else { throw fault(.unexpectedEnd) }
            guard bytes[position] == word.utf8Start[index] else { throw fault(.unexpectedByte) }
            position += 1
        }
    }

    /// Passes one value of any kind, checking all of it.
    /// - Parameter depth: Of objects and arrays that are open around it.
    mutating func skipValue(depth: Int) throws(Fault) {
        switch try peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try skipObject(depth: depth + 1)
        case UInt8(ascii: "["): try skipArray(depth: depth + 1)
        case UInt8(ascii: "t"): try expectWord("true")
        case UInt8(ascii: "f"): try expectWord("false")
        case UInt8(ascii: "n"): try expectWord("null")
        default: _ = try number()
        }
    }

    private mutating func skipObject(depth: Int) throws(Fault) {
        guard depth <= RecordDecoder.depthMax else { throw fault(.tooDeep, at: position) }
        position += 1
        skipWhitespace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
            _ = try string()
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            skipWhitespace()
            try skipValue(depth: depth)
            skipWhitespace()
            if try peek() == UInt8(ascii: ",") {
                position += 1
                skipWhitespace()
            } else {
                try expect(UInt8(ascii: "}"))
                return
            }
        }
    }

    private mutating func skipArray(depth: Int) throws(Fault) {
        guard depth <= RecordDecoder.depthMax else { throw fault(.tooDeep, at: position) }
        position += 1
        skipWhitespace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            try skipValue(depth: depth)
            skipWhitespace()
            if try peek() == UInt8(ascii: ",") {
                position += 1
                skipWhitespace()
            } else {
                try expect(UInt8(ascii: "]"))
                return
            }
        }
    }
}
