extension SQLWriter {
    /// Where a name stands, which decides what words it may be without quotes.
    enum NamePlace {
        /// A column, table or alias without a word before it that makes it a name.
        case name
        /// Behind AS.
        case label
        /// Behind a dot.
        case member
        /// Before the parenthesis of a call.
        case function
    }

    mutating func name(_ identifier: Identifier, _ place: NamePlace = .name) {
        let needsQuotes =
            identifier.quoted
            ? !(style.canonical && dialect.isPlain(identifier.name)) : !isReadable(identifier.name, place)
        guard needsQuotes else {
            if style.canonical, !identifier.quoted, words.folding == .lower {
                return write(string: identifier.name.lowercased())
            }
            return write(string: identifier.name)
        }
        quoted(identifier.name)
    }

    /// True when the name is read as one word at its place.
    private func isReadable(_ name: String, _ place: NamePlace) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard let first = bytes.first, first != UInt8(ascii: "$") else { return false }
            if (48...57).contains(first), place != .member || !dialect.traits.lexical.namesAfterDotsMayBeginWithDigits {
                return false
            }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                    continue
                case UInt8(ascii: "$"): if !dialect.traits.lexical.hasDollarQuotes { return false }
                default: return false
                }
            }
            if place == .member || place == .function { return true }
            let keyword = KeywordTable.shared.keyword(in: bytes, from: 0, to: bytes.count)
            if keyword == .notKeyword { return true }
            return place == .label && grammar.labelsMayBeReserved ? true : words.isName(keyword)
        }
    }

    /// A name in quotes, needed or not.
    mutating func quoted(_ name: String) {
        out.append(words.quote)
        for byte in name.utf8 {
            if byte == words.quote { out.append(grammar.quotedNamesHoldPaths ? UInt8(ascii: "\\") : byte) }
            if byte == UInt8(ascii: "\\"), grammar.quotedNamesHoldPaths { out.append(byte) }
            out.append(byte)
        }
        out.append(words.quote)
    }

    mutating func name(_ name: QualifiedName) {
        for (index, part) in name.parts.enumerated() {
            if index > 0 { write(".") }
            self.name(part, index > 0 ? .member : .name)
        }
    }

    mutating func names(_ names: [Identifier]) {
        list(names) { $0.name($1, .label) }
    }

    /// Parts before a last one, each with its dot.
    mutating func qualifier(_ parts: [Identifier]) {
        for (index, part) in parts.enumerated() {
            name(part, index > 0 ? .member : .name)
            write(".")
        }
    }

    /// ` AS name`, where there is one.
    mutating func alias(_ alias: Identifier?) {
        guard let alias else { return }
        write(" AS ")
        name(alias, .label)
    }

    // MARK: Literals

    mutating func literal(_ literal: Literal) {
        switch literal.value {
        case .null: write("NULL")
        case .boolean(let value): if value { write("TRUE") } else { write("FALSE") }
        case .integer(let digits), .decimal(let digits): write(string: digits)
        case .string(let text): string(text)
        case .bytes(let bytes): self.bytes(bytes)
        case .bits(let digits):
            write("B'")
            write(string: digits)
            write("'")
        case .default: write("DEFAULT")
        }
    }

    mutating func string(_ text: String) {
        out.append(UInt8(ascii: "'"))
        if dialect.traits.lexical.plainStringsHaveEscapes {
            for byte in text.utf8 { escaped(byte) }
        } else {
            for byte in text.utf8 {
                if byte == UInt8(ascii: "'") { out.append(byte) }
                out.append(byte)
            }
        }
        out.append(UInt8(ascii: "'"))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"):
            out.append(UInt8(ascii: "\\"))
            out.append(byte)
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "\t"): write("\\t")
        case 0..<32, 127: hex(byte)
        default: out.append(byte)
        }
    }

    private mutating func hex(_ byte: UInt8) {
        write("\\x")
        hexDigits(byte)
    }

    private mutating func hexDigits(_ byte: UInt8) {
        let digits: StaticString = "0123456789abcdef"
        out.append(digits.utf8Start[Int(byte >> 4)])
        out.append(digits.utf8Start[Int(byte & 15)])
    }

    private mutating func bytes(_ bytes: [UInt8]) {
        guard dialect.traits.lexical.plainStringsHaveEscapes else {
            write("CAST('\\x")
            for byte in bytes { hexDigits(byte) }
            return write("' AS bytea)")
        }
        write("b'")
        for byte in bytes { if byte < 128 { escaped(byte) } else { hex(byte) } }
        write("'")
    }

    mutating func parameter(_ parameter: Parameter) {
        switch parameter.kind {
        case .numbered(let number):
            write("$")
            write(number)
        case .anonymous: write("?")
        case .named(let name):
            write("@")
            write(string: name)
        case .system(let name):
            write("@@")
            write(string: name)
        }
    }

    mutating func placeholder(_ placeholder: Placeholder) {
        write("@")
        if placeholder.braced { write("{") }
        write(string: placeholder.name)
        if placeholder.braced { write("}") }
        guard let arguments = placeholder.arguments else { return }
        write("(")
        write(string: arguments)
        write(")")
    }
}
