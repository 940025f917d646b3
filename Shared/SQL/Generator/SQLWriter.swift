/// Writes trees as text into one buffer of bytes.
///
/// In a style that breaks lines, each list is first tried on one line; the trial ends as soon as the line is full, so
/// that trying costs no more than a line's width each time.
struct SQLWriter {
    let dialect: SQLDialect
    let style: GeneratorStyle
    let words: WordTraits
    let operators: OperatorTraits
    let grammar: GrammarTraits
    var out: [UInt8] = []
    /// How many levels the present line is indented.
    var level = 0
    /// Where the present line begins in `out`.
    var lineStart = 0
    /// While something is tried on one line: where in `out` that line must end. Nil: lines may be broken.
    var flatEnd: Int?
    /// The trial has failed; what is written until it ends is thrown away.
    var overflown = false

    init(dialect: SQLDialect, style: GeneratorStyle) {
        self.dialect = dialect
        self.style = style
        words = dialect.traits.words
        operators = dialect.traits.operators
        grammar = dialect.traits.grammar
        out.reserveCapacity(256)
    }

    var text: String { String(decoding: out, as: UTF8.self) }

    // MARK: Bytes

    @inline(__always)
    mutating func write(_ text: StaticString) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(string text: String) {
        out.append(contentsOf: text.utf8)
    }

    mutating func write(_ number: Int) { write(string: String(number)) }

    mutating func list<Element>(_ elements: [Element], _ body: (inout SQLWriter, Element) -> Void) {
        for (index, element) in elements.enumerated() {
            if index > 0 { write(", ") }
            body(&self, element)
        }
    }

    // MARK: Lines

    /// True when lines may be broken here.
    var breaks: Bool { style.indent != nil && flatEnd == nil }

    /// A line break, or a space where everything stands on one line.
    mutating func newLine() {
        guard breaks, let indent = style.indent else { return write(" ") }
        out.append(UInt8(ascii: "\n"))
        lineStart = out.count
        for _ in 0..<(level * indent) { out.append(UInt8(ascii: " ")) }
    }

    /// Like `newLine`, but nothing where everything stands on one line: for the inside of parentheses.
    mutating func softLine() {
        if breaks { newLine() }
    }

    /// Writes `body` on one line if it fits; otherwise writes `broken`.
    mutating func fit(_ body: (inout SQLWriter) -> Void, orElse broken: (inout SQLWriter) -> Void) {
        guard breaks else { return body(&self) }
        let start = out.count
        flatEnd = lineStart + style.widthMax
        body(&self)
        flatEnd = nil
        let fits = !overflown && out.count <= lineStart + style.widthMax
        overflown = false
        if fits { return }
        out.removeSubrange(start...)
        broken(&self)
    }

    /// Elements on one line if they fit, otherwise one a line, indented.
    mutating func block<Element>(_ elements: [Element], _ body: (inout SQLWriter, Element) -> Void) {
        fit {
            $0.list(elements, body)
        } orElse: { writer in
            writer.level += 1
            for (index, element) in elements.enumerated() {
                writer.newLine()
                body(&writer, element)
                if index + 1 < elements.count { writer.write(",") }
            }
            writer.level -= 1
        }
    }

    /// True when a trial has become too long, so that going on is of no use.
    @inline(__always)
    mutating func isFull() -> Bool {
        guard let flatEnd else { return false }
        if out.count > flatEnd { overflown = true }
        return overflown
    }

    // MARK: Comments

    mutating func leadingComments(_ info: NodeInfo) {
        guard style.comments, let comments = info.comments else { return }
        for comment in comments.leading {
            if comment.isLine, style.indent != nil {
                if flatEnd != nil { overflown = true }
                write("-- ")
                write(string: comment.text)
                newLine()
            } else {
                block(comment)
                write(" ")
            }
        }
    }

    mutating func trailingComments(_ info: NodeInfo) {
        guard style.comments, let comments = info.comments else { return }
        for comment in comments.trailing {
            write(" ")
            block(comment)
        }
    }

    /// Between `/*` and `*/`, which the text must not end or open by itself.
    private mutating func block(_ comment: Comment) {
        write("/* ")
        var last: UInt8 = 0
        for byte in comment.text.utf8 {
            if (last == UInt8(ascii: "*") && byte == UInt8(ascii: "/"))
                || (last == UInt8(ascii: "/") && byte == UInt8(ascii: "*"))
            {
                out.append(UInt8(ascii: " "))
            }
            out.append(byte)
            last = byte
        }
        write(" */")
    }
}
