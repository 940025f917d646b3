/// A string of the message, without its quotes.
struct StringSpan {
    let start: Int
    let end: Int
    let hasEscapes: Bool
}

extension JSONScanner {
    /// Passes a string; the cursor stands on its opening quote. Checks UTF-8, control characters and escapes.
    @inline(__always)
    mutating func string() throws(Fault) -> StringSpan {
        position += 1
        let start = position
        passPlainBytes()
        guard position < count else { throw fault(.unexpectedEnd) }
        if bytes[position] == UInt8(ascii: "\"") {
            position += 1
            return StringSpan(start: start, end: position - 1, hasEscapes: false)
        }
        return try stringWithOddities(from: start)
    }

    /// The rest of a string that has more than plain ASCII in it.
    private mutating func stringWithOddities(from start: Int) throws(Fault) -> StringSpan {
        var hasEscapes = false
        while true {
            passPlainBytes()
            guard position < count else { throw fault(.unexpectedEnd) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return StringSpan(start: start, end: position - 1, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try passEscape()
            } else if byte < 0x20 {
                throw fault(.controlCharacter)
            } else {
                try passMultibyte()
            }
        }
    }

    /// Moves on while bytes are ASCII, printable and neither quote nor backslash: eight at a time.
    @inline(__always)
    private mutating func passPlainBytes() {
        while position + 8 <= count {
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self))
            let quote = word ^ 0x2222_2222_2222_2222
            let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            // The high bit of a byte is set where the byte is zero, below 0x20, or has its own high bit set. A borrow
            // may set it in a byte above such a one, never in a byte below: the first hit is right.
            let found =
                (quote &- 0x0101_0101_0101_0101) & ~quote | (slash &- 0x0101_0101_0101_0101) & ~slash
                | (word &- 0x2020_2020_2020_2020) & ~word | word
            let hits = found & 0x8080_8080_8080_8080
            if hits != 0 {
                position += hits.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < count {
            let byte = bytes[position]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            position += 1
        }
    }

    private mutating func passEscape() throws(Fault) {
        let start = position
        position += 1
        switch try peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try hexUnit()
            if unit == 0 { throw fault(.nulCharacter, at: start) }
            if (0xDC00...0xDFFF).contains(unit) { throw fault(.unpairedSurrogate, at: start) }
            guard (0xD800...0xDBFF).contains(unit) else { return }
            guard position + 1 < count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            else { throw fault(.unpairedSurrogate, at: start) }
            position += 2
            guard (0xDC00...0xDFFF).contains(try hexUnit()) else { throw fault(.unpairedSurrogate, at: start) }
        default: throw fault(.badEscape)
        }
    }

    /// Four hexadecimal digits.
    private mutating func hexUnit() throws(Fault) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(try peek()) else { throw fault(.badEscape) }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// One character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF.
    private mutating func passMultibyte() throws(Fault) {
        let first = bytes[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw fault(.invalidUTF8, at: position)
        }
        guard position + length <= count, second.contains(bytes[position + 1]) else {
            throw fault(.invalidUTF8, at: position)
        }
        for index in 2..<max(2, length) where bytes[position + index] & 0xC0 != 0x80 {
            throw fault(.invalidUTF8, at: position)
        }
        position += length
    }

    /// Appends the characters of a string that was passed, escapes resolved.
    func unescape(_ span: StringSpan, into scratch: ScratchBytes) {
        var index = span.start
        while index < span.end {
            guard bytes[index] == UInt8(ascii: "\\") else {
                scratch.append(bytes[index])
                index += 1
                continue
            }
            index += 1
            switch bytes[index] {
            case UInt8(ascii: "b"): scratch.append(0x08)
            case UInt8(ascii: "f"): scratch.append(0x0C)
            case UInt8(ascii: "n"): scratch.append(0x0A)
            case UInt8(ascii: "r"): scratch.append(0x0D)
            case UInt8(ascii: "t"): scratch.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = hexUnit(at: index + 1)
                index += 4
                if (0xD800...0xDBFF).contains(scalar) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (hexUnit(at: index + 3) - 0xDC00)
                    index += 6
                }
                scratch.append(scalar: scalar)
            default: scratch.append(bytes[index])
            }
            index += 1
        }
    }

    private func hexUnit(at index: Int) -> UInt32 {
        var unit: UInt32 = 0
        for offset in 0..<4 { unit = unit << 4 | (Self.hexDigit(bytes[index + offset]) ?? 0) }
        return unit
    }
}
