/// A text file of the pipeline folder.
public struct SourceFile: Sendable, Hashable, Codable {
    /// Relative to the pipeline folder.
    public var path: String
    /// All of it.
    public var text: String

    /// A file and its text.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    /// Line and column, counted from 1, of the UTF-8 offset `offset`.
    public func place(at offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        var index = 0
        for byte in text.utf8 {
            if index >= offset { break }
            index += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {  // continuation bytes belong to the character before them
                column += 1
            }
        }
        return (line, column)
    }

    /// An error that points at `offset`.
    public func error(at offset: Int, _ message: String) -> PipelineError {
        let (line, column) = place(at: offset)
        return PipelineError(file: path, line: line, column: column, message: message)
    }
}
