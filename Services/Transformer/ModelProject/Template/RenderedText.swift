import Pipeline

/// A template's text after expansion, with the way back to the file.
public struct RenderedText: Sendable, Equatable {
    /// The SQL.
    public private(set) var text = ""
    /// Where each stretch of `text` came from, in order. A verbatim stretch maps byte by byte, an expanded one to its
    /// first byte.
    private var stretches: [(rendered: Int, source: Int, verbatim: Bool)] = []
    let source: SourceFile
    /// The relations whose columns the text depends on, by the name that was asked for, with those columns.
    public internal(set) var relationsRead: [String: [RelationColumn]] = [:]

    init(source: SourceFile) { self.source = source }

    mutating func append(_ piece: String, from offset: Int, verbatim: Bool) {
        stretches.append((text.utf8.count, offset, verbatim))
        text += piece
    }

    /// The offset in the file for an offset in `text`.
    public func sourceOffset(of offset: Int) -> Int {
        guard let index = stretch(at: offset) else { return 0 }
        let stretch = stretches[index]
        return stretch.verbatim ? stretch.source + offset - stretch.rendered : stretch.source
    }

    /// `range` of `text` in the pieces that it came from, each with its place in the file.
    func pieces(of range: Range<Int>) -> [(offset: Int, source: Int, isVerbatim: Bool)] {
        var pieces: [(Int, Int, Bool)] = []
        var index = stretch(at: range.lowerBound) ?? 0
        while index < stretches.count, stretches[index].rendered < range.upperBound {
            let stretch = stretches[index]
            index += 1
            let end = index < stretches.count ? stretches[index].rendered : text.utf8.count
            let start = max(stretch.rendered, range.lowerBound)
            guard start < min(end, range.upperBound) else { continue }
            let source = stretch.verbatim ? stretch.source + start - stretch.rendered : stretch.source
            pieces.append((start, source, stretch.verbatim))
        }
        return pieces
    }

    /// The text that became `output` when its macros were expanded.
    func expanded(_ output: MacroOutput) -> RenderedText {
        var result = RenderedText(source: source)
        result.text = output.text
        for (index, stretch) in output.stretches.enumerated() {
            guard stretch.isVerbatim else {
                result.stretches.append((stretch.at, sourceOffset(of: stretch.from), false))
                continue
            }
            let end = index + 1 < output.stretches.count ? output.stretches[index + 1].at : output.bytes.count
            for piece in pieces(of: stretch.from..<stretch.from + end - stretch.at) {
                result.stretches.append((stretch.at + piece.offset - stretch.from, piece.source, piece.isVerbatim))
            }
        }
        return result
    }

    /// An error that points at the place in the file where `text` has `offset`.
    public func error(at offset: Int, _ message: String) -> PipelineError {
        source.error(at: sourceOffset(of: offset), message)
    }

    /// The last stretch that begins at or before `offset`.
    private func stretch(at offset: Int) -> Int? {
        var (low, high) = (0, stretches.count)
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].rendered <= offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    public static func == (left: RenderedText, right: RenderedText) -> Bool { left.text == right.text }
}
