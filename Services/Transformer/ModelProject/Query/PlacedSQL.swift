import Pipeline

/// SQL as it is sent, with the way back to the file that it came from.
public struct PlacedSQL: Sendable {
    /// What is sent.
    public let text: String
    private let source: SourceFile
    /// Where each stretch of `text` came from, in order, as offsets in the file. A verbatim stretch maps byte by byte.
    private let stretches: [(sent: Int, file: Int, isVerbatim: Bool)]

    /// SQL that was made by code for something that stands at `offset` of `source`.
    public init(_ text: String, from source: SourceFile, at offset: Int) {
        self.text = text
        self.source = source
        stretches = [(0, offset, false)]
    }

    /// The query with the relations that `replacement` knows put in, each under the name it had.
    init(_ query: ParsedQuery, at offset: Int, replacing replacement: (String) -> String?) {
        let bytes = Array(query.sql.utf8)
        var output: [UInt8] = []
        var stretches: [(Int, Int, Bool)] = [(0, offset, false)]
        var position = 0
        for new in RelationReplacement.all(query.tablesInText, replacement) {
            Self.append(bytes, position..<new.range.lowerBound, of: query, to: &output, &stretches)
            stretches.append((output.count, query.rendered.sourceOffset(of: new.range.lowerBound), false))
            output += Array(new.text.utf8)
            position = new.range.upperBound
        }
        Self.append(bytes, position..<bytes.count, of: query, to: &output, &stretches)
        text = String(decoding: output, as: UTF8.self)
        source = query.rendered.source
        self.stretches = stretches
    }

    private static func append(
        _ bytes: [UInt8], _ range: Range<Int>, of query: ParsedQuery, to output: inout [UInt8],
        _ stretches: inout [(Int, Int, Bool)]
    ) {
        for piece in query.rendered.pieces(of: range) {
            stretches.append((output.count + piece.offset - range.lowerBound, piece.source, piece.isVerbatim))
        }
        output += bytes[range]
    }

    /// An error that points at the place that the database complained about.
    /// - Parameters:
    ///   - character: As PostgreSQL counts: code points from 1, in the whole statement; nil: the SQL's beginning.
    ///   - before: What of the statement stood before `text`.
    public func error(atCharacter character: Int?, after before: String = "", _ message: String) -> PipelineError {
        source.error(at: character.flatMap { offset(ofCharacter: $0, after: before) } ?? stretches[0].file, message)
    }

    private func offset(ofCharacter character: Int, after before: String) -> Int? {
        let index = character - 1 - before.unicodeScalars.count
        let scalars = text.unicodeScalars
        guard index >= 0, let place = scalars.index(scalars.startIndex, offsetBy: index, limitedBy: scalars.endIndex),
            place < scalars.endIndex
        else { return nil }
        let sent = text.utf8.distance(from: text.startIndex, to: place)
        guard let stretch = stretches.last(where: { $0.sent <= sent }) else { return nil }
        return stretch.isVerbatim ? stretch.file + sent - stretch.sent : stretch.file
    }
}
