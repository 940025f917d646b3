// What quoted tokens say.

extension Parser {
    /// The name within a quoted name's quotes.
    func quotedText(_ token: Token, escape: UInt8 = UInt8(ascii: "\\")) throws(SQLError) -> String {
        var content = token.range.offsets
        if bytes[content.lowerBound] | 0x20 == UInt8(ascii: "u") {  // U&"…"
            content = (content.lowerBound + 2)..<content.upperBound
            return try unicodeEscaped(inner(content, quotes: 1), doubled: UInt8(ascii: "\""), escape, token)
        }
        let quote = bytes[content.lowerBound]
        let name = inner(content, quotes: 1)
        if quote == UInt8(ascii: "`") {
            return name.contains(UInt8(ascii: "\\")) ? try escaped(name, token).text(token) : string(name)
        }
        return undoubled(name, quote)
    }

    /// The value of a string token.
    func stringValue(_ token: Token, escape: UInt8 = UInt8(ascii: "\\")) throws(SQLError) -> String {
        let range = token.range.offsets
        let first = bytes[range.lowerBound]
        if first == UInt8(ascii: "'"), !dialect.traits.lexical.plainStringsHaveEscapes {
            return undoubled(inner(range, quotes: 1), first)
        }
        if first == UInt8(ascii: "$") { return dollarQuoted(range) }
        let (content, isRaw) = unquoted(range)
        switch first | 0x20 {
        case UInt8(ascii: "u"): return try unicodeEscaped(content, doubled: UInt8(ascii: "'"), escape, token)
        case UInt8(ascii: "n"): return undoubled(content, UInt8(ascii: "'"))
        default: break
        }
        if isRaw || !content.contains(UInt8(ascii: "\\")) {
            return dialect.traits.lexical.quotesAreDoubled ? undoubled(content, UInt8(ascii: "'")) : string(content)
        }
        return try escaped(content, token).text(token)
    }

    /// The bytes of a bytes literal.
    func bytesValue(_ token: Token) throws(SQLError) -> [UInt8] {
        let (content, isRaw) = unquoted(token.range.offsets)
        return isRaw ? Array(content) : try escaped(content, token, inBytes: true).bytes
    }

    private func string(_ slice: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: slice), as: UTF8.self)
    }

    private func inner(_ range: Range<Int>, quotes: Int) -> Slice<UnsafeBufferPointer<UInt8>> {
        bytes[(range.lowerBound + quotes)..<(range.upperBound - quotes)]
    }

    private func undoubled(_ content: Slice<UnsafeBufferPointer<UInt8>>, _ quote: UInt8) -> String {
        guard content.contains(quote) else { return string(content) }
        var result: [UInt8] = []
        var index = content.startIndex
        while index < content.endIndex {
            result.append(content[index])
            index += content[index] == quote ? 2 : 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Without prefix and quotes.
    private func unquoted(_ range: Range<Int>) -> (content: Slice<UnsafeBufferPointer<UInt8>>, isRaw: Bool) {
        var start = range.lowerBound
        var isRaw = false
        while bytes[start] != UInt8(ascii: "'"), bytes[start] != UInt8(ascii: "\"") {
            if bytes[start] | 0x20 == UInt8(ascii: "r") { isRaw = true }
            start += 1
        }
        let quote = bytes[start]
        let isTriple =
            dialect.traits.lexical.hasTripleQuotes && range.upperBound - start >= 6 && bytes[start + 1] == quote
            && bytes[start + 2] == quote
        return (inner(start..<range.upperBound, quotes: isTriple ? 3 : 1), isRaw)
    }

    private func dollarQuoted(_ range: Range<Int>) -> String {
        var tag = range.lowerBound + 1
        while bytes[tag] != UInt8(ascii: "$") { tag += 1 }
        return string(inner(range, quotes: tag + 1 - range.lowerBound))
    }

    /// `\0041` and `\+000041` of `U&'…'`.
    private func unicodeEscaped(
        _ content: Slice<UnsafeBufferPointer<UInt8>>, doubled quote: UInt8, _ escape: UInt8, _ token: Token
    ) throws(SQLError) -> String {
        var decoder = EscapeDecoder(Array(undoubled(content, quote).utf8))
        guard decoder.decodeUnicodeOnly(escape: escape) else {
            throw error("A Unicode escape that is none.", at: token.range)
        }
        return String(decoding: decoder.result, as: UTF8.self)
    }

    private func escaped(
        _ content: Slice<UnsafeBufferPointer<UInt8>>, _ token: Token, inBytes: Bool = false
    ) throws(SQLError) -> EscapeDecoder.Decoded {
        var decoder = EscapeDecoder(Array(content))
        let doubled = dialect.traits.lexical.quotesAreDoubled ? UInt8(ascii: "'") : nil
        guard decoder.decode(inBytes: inBytes, doubledQuote: doubled) else {
            throw error("A backslash escape that is none.", at: token.range)
        }
        return EscapeDecoder.Decoded(bytes: decoder.result)
    }
}

/// Undoes backslash escapes.
struct EscapeDecoder {
    struct Decoded {
        var bytes: [UInt8]

        func text(_ token: Token) throws(SQLError) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SQLError(.syntax, "The escapes of this string make no valid UTF-8.", at: token.range)
            }
            return text
        }
    }

    private let source: [UInt8]
    private var index = 0
    /// What begins an escape.
    private var mark = UInt8(ascii: "\\")
    private(set) var result: [UInt8] = []

    init(_ source: [UInt8]) { self.source = source }

    /// False when an escape is none.
    mutating func decode(inBytes: Bool, doubledQuote: UInt8?) -> Bool {
        while index < source.count {
            let byte = source[index]
            index += 1
            if byte == doubledQuote { index += 1 }
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard index < source.count else { return false }
            let letter = source[index]
            index += 1
            switch letter {
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                guard let value = digits(2, radix: 16, atLeast: 1) else { return false }
                append(value, inBytes: inBytes || doubledQuote != nil)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                index -= 1
                guard let value = digits(3, radix: 8, atLeast: 1), value < 256 else { return false }
                append(value, inBytes: inBytes || doubledQuote != nil)
            case UInt8(ascii: "u"):
                guard !inBytes, let value = digits(4, radix: 16, atLeast: 4), appendScalar(value) else { return false }
            case UInt8(ascii: "U"):
                guard !inBytes, let value = digits(8, radix: 16, atLeast: 8), appendScalar(value) else { return false }
            default: result.append(letter)
            }
        }
        return true
    }

    /// False when an escape is none.
    mutating func decodeUnicodeOnly(escape: UInt8) -> Bool {
        mark = escape
        while index < source.count {
            let byte = source[index]
            index += 1
            guard byte == escape else {
                result.append(byte)
                continue
            }
            guard index < source.count else { return false }
            if source[index] == escape {
                index += 1
                result.append(byte)
                continue
            }
            let long = source[index] == UInt8(ascii: "+")
            if long { index += 1 }
            let count = long ? 6 : 4
            guard let value = digits(count, radix: 16, atLeast: count), appendScalar(value) else { return false }
        }
        return true
    }

    private mutating func append(_ value: UInt32, inBytes: Bool) {
        if inBytes { result.append(UInt8(value & 0xFF)) } else { _ = appendScalar(value) }
    }

    private mutating func appendScalar(_ value: UInt32) -> Bool {
        var value = value
        if (0xD800..<0xDC00).contains(value) {  // half of a pair; the other half must follow
            guard index + 1 < source.count, source[index] == mark else { return false }
            index += 1
            if source[index] == UInt8(ascii: "u") { index += 1 }
            guard let low = digits(4, radix: 16, atLeast: 4), (0xDC00..<0xE000).contains(low) else { return false }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { return false }
        result.append(contentsOf: Array(String(Character(scalar)).utf8))
        return true
    }

    private mutating func digits(_ most: Int, radix: UInt32, atLeast: Int) -> UInt32? {
        var value: UInt32 = 0
        var count = 0
        while count < most, index < source.count, let digit = Character(Unicode.Scalar(source[index])).hexDigitValue,
            digit < radix
        {
            value = value * radix + UInt32(digit)
            index += 1
            count += 1
        }
        return count >= atLeast ? value : nil
    }
}
