import Pipeline
import SQL

extension RenderedText {
    /// The text with each correction made; what stands between keeps its place in the file.
    /// - Parameter corrections: In the order of the text.
    func corrected(_ corrections: [SQLCorrection]) -> RenderedText {
        replacing(corrections.map { ($0.range.offsets, $0.replacement) })
    }

    /// The text with other words in some places; what stands between keeps its place in the file.
    /// - Parameter replacements: UTF-8 offsets of the text, in order.
    func replacing(_ replacements: [(range: Range<Int>, text: String)]) -> RenderedText {
        let bytes = Array(text.utf8)
        var result = RenderedText(source: source)
        result.relationsRead = relationsRead
        func keep(_ range: Range<Int>) {
            let pieces = pieces(of: range)
            for (index, piece) in pieces.enumerated() {
                let end = index + 1 < pieces.count ? pieces[index + 1].offset : range.upperBound
                let words = String(decoding: bytes[piece.offset..<end], as: UTF8.self)
                result.append(words, from: piece.source, verbatim: piece.isVerbatim)
            }
        }
        var position = 0
        for (range, words) in replacements {
            keep(position..<range.lowerBound)
            result.append(words, from: sourceOffset(of: range.lowerBound), verbatim: false)
            position = range.upperBound
        }
        keep(position..<bytes.count)
        return result
    }
}

/// Something in a project's file that works and is not as it should be.
public struct SourceNote: Sendable, Equatable {
    /// In UTF-8 bytes of the file.
    public let offset: Int
    public let message: String
}
