/// SQL that macros were replaced in, while it is put together.
struct MacroOutput {
    private(set) var bytes: [UInt8] = []
    /// Where each stretch came from in the text that was expanded, in order. A verbatim one maps byte by byte.
    private(set) var stretches: [(at: Int, from: Int, isVerbatim: Bool)] = []
    /// The last pieces of code, white space and comments left out: at most three.
    private var code: [Range<Int>] = []
    private var leavesCommaOut = false

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Adds a piece as it stands at `offset` of the expanded text.
    mutating func append(_ piece: ArraySlice<UInt8>, _ kind: SQLSkimmer.Kind, from offset: Int) {
        let continues = stretches.last.map { $0.isVerbatim && $0.from + bytes.count - $0.at == offset } ?? false
        if !continues { stretches.append((bytes.count, offset, true)) }
        let start = bytes.count
        bytes += piece
        guard kind != .space, kind != .comment else { return }
        if leavesCommaOut, kind == .mark(UInt8(ascii: ",")) { return leaveCommaOut(at: start) }
        note(start..<bytes.count)
    }

    /// Adds what stands for the macro at `offset`.
    mutating func insert(_ text: String, from offset: Int) {
        stretches.append((bytes.count, offset, false))
        let start = bytes.count
        bytes += Array(text.utf8)
        note(start..<bytes.count)
    }

    /// Says that an element of a list is left out: with it goes the comma before it or, where it is the first, the one
    /// behind it.
    mutating func leaveOut() {
        if let last = code.last, bytes[last].elementsEqual([UInt8(ascii: ",")]) {
            code.removeLast()
            leaveCommaOut(at: last.lowerBound)
        } else {
            leavesCommaOut = true
        }
    }

    /// Takes words such as `LEFT OUTER` away from the end, as long as `condition` holds for them.
    mutating func dropWords(while condition: (String) -> Bool) {
        while let last = code.last, condition(word(last)) {
            for index in last { bytes[index] = 32 }
            code.removeLast()
        }
    }

    /// The last word of code in lower case, or the one so many before it; empty where there is none.
    func lastWord(_ before: Int = 0) -> String { before < code.count ? word(code[code.count - 1 - before]) : "" }

    /// True when the code goes on right behind a dot.
    var endsInDot: Bool { bytes.last == UInt8(ascii: ".") }

    private mutating func leaveCommaOut(at index: Int) {
        bytes[index] = 32
        leavesCommaOut = false
    }

    private mutating func note(_ range: Range<Int>) {
        leavesCommaOut = false
        if range.isEmpty { return }
        code.append(range)
        if code.count > 3 { code.removeFirst() }
    }

    private func word(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self).lowercased() }
}
