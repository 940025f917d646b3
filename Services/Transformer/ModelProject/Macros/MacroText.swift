import Pipeline

/// SQL in which macros are looked for, with the way back to the file that it came from.
struct MacroText {
    let skimmer: SQLSkimmer
    private let origin: Origin

    private enum Origin {
        case rendered(RenderedText)
        /// Everything in it came from one place.
        case place(SourceFile, Int)
    }

    init(_ rendered: RenderedText, dialect: String) {
        skimmer = Self.skimmer(rendered.text, dialect)
        origin = .rendered(rendered)
    }

    /// SQL that was made for something that stands at `offset` of `source`.
    init(_ text: String, from source: SourceFile, at offset: Int, dialect: String) {
        skimmer = Self.skimmer(text, dialect)
        origin = .place(source, offset)
    }

    private static func skimmer(_ text: String, _ dialect: String) -> SQLSkimmer {
        let bytes = Array(text.utf8)
        return SQLSkimmer(bytes: bytes, end: bytes.count, stringsHaveEscapes: dialect == "bigquery")
    }

    var bytes: [UInt8] { skimmer.bytes }
    var whole: Range<Int> { 0..<skimmer.end }

    /// The file, and where in it `offset` of this text came from.
    func place(of offset: Int) -> (source: SourceFile, offset: Int) {
        switch origin {
        case .rendered(let rendered): (rendered.source, rendered.sourceOffset(of: offset))
        case .place(let source, let place): (source, place)
        }
    }

    func error(at offset: Int, _ message: String) -> PipelineError {
        let place = place(of: offset)
        return place.source.error(at: place.offset, message)
    }
}
