import Pipeline

/// Reads the property lists of `MODEL (…)` and `AUDIT (…)`: names followed by values, separated by commas, values
/// nested with parentheses. Comments are skipped; every value keeps its place.
struct PropertyScanner {
    let source: SourceFile
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ source: SourceFile, from position: Int = 0) {
        self.source = source
        bytes = Array(source.text.utf8)
        end = bytes.count
        self.position = position
    }

    /// A property's value: everything up to the next top-level comma.
    struct Property {
        let name: String
        let nameOffset: Int
        /// As written, trimmed, comments left out.
        let text: String
        /// Where the value starts.
        let offset: Int
        /// True when macros in the value were replaced: `text` is not what stands in the file.
        var isExpanded = false
    }

    /// Where the file goes on behind white space and comments; nil at its end.
    var ahead: Int? {
        var scanner = self
        scanner.skipSpace()
        return scanner.position < scanner.end ? scanner.position : nil
    }

    /// Skips white space and comments; then the word that stands there, past it.
    mutating func nextWord() -> String? {
        skipSpace()
        return word()
    }

    /// True when a parenthesis stands behind white space and comments.
    var opensParenthesis: Bool { ahead.map { bytes[$0] == UInt8(ascii: "(") } ?? false }

    /// The first property whose name an earlier one has.
    static func repeated(in properties: [Property]) -> Property? {
        var seen: Set<String> = []
        return properties.first { !seen.insert($0.name).inserted }
    }

    /// Skips white space and comments; then true, past it, when `word` stands there on its own.
    mutating func skipKeyword(_ word: String) -> Bool {
        let before = position
        skipSpace()
        if let found = self.word(), found.lowercased() == word.lowercased() { return true }
        position = before
        return false
    }

    /// `( name value, … )`, then an optional `;`.
    mutating func properties() throws(PipelineError) -> [Property] {
        skipSpace()
        let open = position
        guard skip("(") else { throw source.error(at: position, "Expected ( here.") }
        var found: [Property] = []
        while true {
            skipSpace()
            if skip(")") { break }
            if position >= end { throw source.error(at: open, "This parenthesis is never closed.") }
            let nameOffset = position
            guard let name = word() else { throw source.error(at: position, "Expected the name of a property.") }
            skipSpace()
            let offset = position
            let text = try value(openedAt: open)
            guard !text.isEmpty else { throw source.error(at: nameOffset, "The property \(name) has no value.") }
            found.append(Property(name: name.lowercased(), nameOffset: nameOffset, text: text, offset: offset))
            skipSpace()
            if !skip(",") {
                skipSpace()
                guard skip(")") else { throw source.error(at: position, "Expected , or ) here.") }
                break
            }
        }
        skipSpace()
        _ = skip(";")
        return found
    }

    /// Text up to a comma or closing parenthesis on this level.
    private mutating func value(openedAt open: Int) throws(PipelineError) -> String {
        var depth = 0
        var content: [UInt8] = []
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let start = position
                position += 1
                while position < end, bytes[position] != byte || next == byte {
                    position += bytes[position] == byte ? 2 : 1
                }
                guard position < end else { throw source.error(at: start, "This quote is never closed.") }
                content += bytes[start...position]
            case UInt8(ascii: "-") where next == byte, UInt8(ascii: "/") where next == UInt8(ascii: "*"):
                skipSpace()
                content.append(32)
                continue
            case UInt8(ascii: "("), UInt8(ascii: "["):
                depth += 1
                content.append(byte)
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                if depth == 0 { return ArgumentList.trimmed(content[...]) }
                depth -= 1
                content.append(byte)
            case UInt8(ascii: ",") where depth == 0: return ArgumentList.trimmed(content[...])
            default: content.append(byte)
            }
            position += 1
        }
        throw source.error(at: open, "This parenthesis is never closed.")
    }

    private var next: UInt8? { position + 1 < end ? bytes[position + 1] : nil }

    private mutating func word() -> String? {
        let start = position
        while position < end, TemplateLexer.isWord(bytes[position]) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func skip(_ character: Character) -> Bool {
        guard position < end, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < end {
            if bytes[position] <= 32 {
                position += 1
            } else if bytes[position] == UInt8(ascii: "-"), next == UInt8(ascii: "-") {
                while position < end, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else if bytes[position] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                skipComment(open: "/*", close: "*/")
            } else if bytes[position] == UInt8(ascii: "{"), next == UInt8(ascii: "#") {
                skipComment(open: "{#", close: "#}")
            } else {
                return
            }
        }
    }
}

extension PropertyScanner {
    /// To the end of a comment that starts here; comments within it belong to it.
    private mutating func skipComment(open: String, close: String) {
        let (open, close) = (Array(open.utf8), Array(close.utf8))
        var depth = 0
        while position < end {
            if bytes[position] == open[0], next == open[1] {
                depth += 1
                position += 2
            } else if bytes[position] == close[0], next == close[1] {
                depth -= 1
                position += 2
                if depth == 0 { return }
            } else {
                position += 1
            }
        }
    }
}

/// A property's value taken apart.
extension PropertyScanner.Property {
    /// Without quotes.
    var plain: String { text.trimmingQuotes() }

    /// The elements of `(a, b)` or `[a, b]`; the value itself when it is not a list.
    func elements(in source: SourceFile) throws(PipelineError) -> [String] {
        var list = text
        // `ARRAY[a, b]` and `ARRAY(a, b)` are lists too.
        if list.lowercased().hasPrefix("array") {
            let rest = list.dropFirst(5).drop(while: \.isWhitespace)
            if rest.first == "(" || rest.first == "[" { list = String(rest) }
        }
        guard list.first == "(" || list.first == "[" else { return [text] }
        let bytes = Array(list.utf8)
        return try ArgumentList.scan(source: source, bytes: bytes, openedAt: 0, end: bytes.count).arguments
    }
}
