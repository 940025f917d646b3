// JSONPieces: where the parts of a list or an object lie when one of them is broken, so that the others need not suffer
// for it. Only quotes and brackets are read; what a part is worth is for somebody else to judge, part by part.

extension JSONOutline {
    /// The elements of the array that `range` holds, sound or not, in their order. Between two commas with nothing in
    /// between there is an empty one.
    /// - Throws: `Rejection` (`invalid_json`) when it cannot be told where an element ends: a string or a bracket is not
    ///   closed, or a bracket closes another than was opened last.
    public static func pieces(
        of bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil
    ) throws(Rejection) -> [Range<Int>] {
        var splitter = PieceSplitter(bytes, range ?? 0..<bytes.count)
        var elements: [Range<Int>] = []
        do throws(PieceSplitter.Lost) {
            try splitter.open(UInt8(ascii: "["))
            if try !splitter.close(UInt8(ascii: "]")) {
                repeat { elements.append(try splitter.piece()) } while try splitter.goesOn(UInt8(ascii: "]"))
            }
            try splitter.finish()
        } catch {
            throw rejection(error)
        }
        return elements
    }

    /// The members of the object that `range` holds; their values may be broken, all between the values is sound.
    /// - Throws: `Rejection` (`invalid_json`) when it cannot be told where a member ends, or what it is called.
    public static func loosePieces(of bytes: UnsafeRawBufferPointer) throws(Rejection) -> [Member] {
        var splitter = PieceSplitter(bytes, 0..<bytes.count)
        var members: [Member] = []
        do throws(PieceSplitter.Lost) {
            try splitter.open(UInt8(ascii: "{"))
            if try !splitter.close(UInt8(ascii: "}")) {
                repeat {
                    let name = try splitter.name()
                    let value = try splitter.piece()
                    guard !value.isEmpty else { throw PieceSplitter.Lost(offset: value.lowerBound) }
                    members.append(Member(name: name, value: value))
                } while try splitter.goesOn(UInt8(ascii: "}"))
            }
            try splitter.finish()
        } catch {
            throw rejection(error)
        }
        return members
    }

    private static func rejection(_ lost: PieceSplitter.Lost) -> Rejection {
        Rejection(.invalidJSON, message: "Not valid JSON at byte \(lost.offset).")
    }
}

/// A cursor that knows where strings and brackets end, and nothing else of JSON.
private struct PieceSplitter {
    /// It cannot be told where a part ends.
    struct Lost: Error {
        let offset: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var position: Int

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        (position, end) = (range.lowerBound, range.upperBound)
    }

    mutating func open(_ bracket: UInt8) throws(Lost) {
        skipSpace()
        guard position < end, bytes[position] == bracket else { throw Lost(offset: position) }
        position += 1
    }

    /// Whether nothing is in between the brackets.
    mutating func close(_ bracket: UInt8) throws(Lost) -> Bool {
        skipSpace()
        guard position < end else { throw Lost(offset: position) }
        guard bytes[position] == bracket else { return false }
        position += 1
        return true
    }

    /// Whether another part follows, rather than the closing bracket.
    mutating func goesOn(_ bracket: UInt8) throws(Lost) -> Bool {
        guard position < end else { throw Lost(offset: position) }
        let byte = bytes[position]
        guard byte == bracket || byte == UInt8(ascii: ",") else { throw Lost(offset: position) }
        position += 1
        return byte != bracket
    }

    mutating func finish() throws(Lost) {
        skipSpace()
        guard position == end else { throw Lost(offset: position) }
    }

    /// A member's name between its quotes, and the colon behind it.
    mutating func name() throws(Lost) -> Range<Int> {
        skipSpace()
        guard position < end, bytes[position] == UInt8(ascii: "\"") else { throw Lost(offset: position) }
        let start = position + 1
        try passString()
        let name = start..<position - 1
        skipSpace()
        guard position < end, bytes[position] == UInt8(ascii: ":") else { throw Lost(offset: position) }
        position += 1
        return name
    }

    /// Passes everything up to the comma or bracket that ends the part, which is left for ``goesOn(_:)``.
    mutating func piece() throws(Lost) -> Range<Int> {
        skipSpace()
        let start = position
        var closers: [UInt8] = []
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                try passString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): closers.append(byte + 2)  // in ASCII two behind its opener
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard let closer = closers.popLast() else { return trimmed(start..<position) }
                guard closer == byte else { throw Lost(offset: position) }
            case UInt8(ascii: ",") where closers.isEmpty: return trimmed(start..<position)
            default: break
            }
            position += 1
        }
        throw Lost(offset: end)
    }

    private mutating func passString() throws(Lost) {
        position += 1
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        throw Lost(offset: end)
    }

    private mutating func skipSpace() { while position < end, Self.isSpace(bytes[position]) { position += 1 } }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var upper = range.upperBound
        while upper > range.lowerBound, Self.isSpace(bytes[upper - 1]) { upper -= 1 }
        return range.lowerBound..<upper
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
