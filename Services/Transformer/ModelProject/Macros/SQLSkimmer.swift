/// Cuts SQL that may have macros in it into the few kinds of pieces that macros need to tell apart. It never fails: a quote
/// that is not closed reaches to the end, and the SQL parser says so later.
struct SQLSkimmer {
    /// What a piece is.
    enum Kind: Equatable {
        case space, comment
        /// `'…'`, with the letter of `E'…'` left to the word before it.
        case string
        /// `"…"` or `` `…` ``
        case quotedName
        /// `$tag$ … $tag$`
        case dollarString
        /// Letters, digits, underscores and everything beyond ASCII.
        case word
        /// One byte of anything else.
        case mark(UInt8)
    }

    let bytes: [UInt8]
    let end: Int
    /// True where a backslash hides the quote behind it in all strings, as in GoogleSQL.
    let stringsHaveEscapes: Bool

    /// The piece at `start`, which is before `end`, and where it ends.
    func piece(at start: Int) -> (kind: Kind, end: Int) {
        let byte = bytes[start]
        switch byte {
        case 0...32: return (.space, skip(from: start + 1) { $0 <= 32 })
        case UInt8(ascii: "'"): return (.string, quoted(from: start, byte, escapes: hasEscapes(at: start)))
        case UInt8(ascii: "\""), UInt8(ascii: "`"): return (.quotedName, quoted(from: start, byte, escapes: false))
        case UInt8(ascii: "$"):
            if let close = dollarEnd(from: start) { return (.dollarString, close) }
        case UInt8(ascii: "-") where at(start + 1) == UInt8(ascii: "-"):
            return (.comment, skip(from: start) { $0 != UInt8(ascii: "\n") })
        case UInt8(ascii: "/") where at(start + 1) == UInt8(ascii: "*"):
            return (.comment, commentEnd(from: start))
        case _ where TemplateLexer.isWord(byte): return (.word, skip(from: start + 1, while: TemplateLexer.isWord))
        default: break
        }
        return (.mark(byte), start + 1)
    }

    /// The byte at `index`, nil at the end.
    func at(_ index: Int) -> UInt8? { index < end ? bytes[index] : nil }

    /// The first place at or behind `start` that is neither white space nor a comment; `end` when there is none.
    func code(from start: Int) -> Int {
        var index = start
        while index < end {
            let piece = piece(at: index)
            guard piece.kind == .space || piece.kind == .comment else { return index }
            index = piece.end
        }
        return end
    }

    /// The arguments between the parenthesis (or bracket) at `open` and the one that closes it, cut at the commas of that
    /// level, and the place behind the closing one; nil when it is never closed.
    func list(openedAt open: Int) -> (elements: [Range<Int>], end: Int)? {
        var depth = 0
        var index = open
        var start = open + 1
        var elements: [Range<Int>] = []
        while index < end {
            let piece = piece(at: index)
            switch piece.kind {
            case .mark(UInt8(ascii: "(")), .mark(UInt8(ascii: "[")): depth += 1
            case .mark(UInt8(ascii: ")")), .mark(UInt8(ascii: "]")):
                depth -= 1
                if depth == 0 {
                    let last = trimmed(start..<index)
                    if !last.isEmpty || !elements.isEmpty { elements.append(last) }
                    return (elements, piece.end)
                }
            case .mark(UInt8(ascii: ",")) where depth == 1:
                elements.append(trimmed(start..<index))
                start = piece.end
            default: break
            }
            index = piece.end
        }
        return nil
    }

    /// `range` without white space and comments at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var first: Int?
        var last = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            let piece = piece(at: index)
            if piece.kind != .space && piece.kind != .comment {
                first = first ?? index
                last = min(piece.end, range.upperBound)
            }
            index = piece.end
        }
        return (first ?? last)..<last
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func skip(from start: Int, while condition: (UInt8) -> Bool) -> Int {
        var index = start
        while index < end, condition(bytes[index]) { index += 1 }
        return index
    }

    private func hasEscapes(at quote: Int) -> Bool {
        if stringsHaveEscapes { return true }
        guard quote > 0, bytes[quote - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return quote == 1 || !TemplateLexer.isWord(bytes[quote - 2])
    }

    private func quoted(from start: Int, _ quote: UInt8, escapes: Bool) -> Int {
        var index = start + 1
        while index < end {
            if escapes && bytes[index] == UInt8(ascii: "\\") {
                index += 2
            } else if bytes[index] != quote {
                index += 1
            } else if at(index + 1) == quote {
                index += 2
            } else {
                return index + 1
            }
        }
        return end
    }

    private func dollarEnd(from start: Int) -> Int? {
        let open = skip(from: start + 1, while: TemplateLexer.isWord)
        guard at(open) == UInt8(ascii: "$"), !(48...57).contains(bytes[start + 1]) else { return nil }
        let tag = bytes[start...open]
        var index = open + 1
        while index + tag.count <= end {
            if bytes[index] == tag[start], bytes[index..<index + tag.count].elementsEqual(tag) {
                return index + tag.count
            }
            index += 1
        }
        return end
    }

    private func commentEnd(from start: Int) -> Int {
        var depth = 0
        var index = start
        while index + 1 < end {
            if bytes[index] == UInt8(ascii: "/"), bytes[index + 1] == UInt8(ascii: "*") {
                depth += 1
                index += 2
            } else if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") {
                depth -= 1
                index += 2
                if depth == 0 { return index }
            } else {
                index += 1
            }
        }
        return end
    }
}
