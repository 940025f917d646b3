/// A place in a text as people name it.
public struct SourcePlace: Sendable, Equatable {
    /// From 1.
    public let line: Int
    /// From 1, in characters.
    public let column: Int
    /// The line, and below it a caret under the place. Of a long line only the part around the place is shown.
    public let excerpt: String

    /// - Parameter offset: In UTF-8 bytes; one past the end is the end.
    public init(offset: Int, in text: String) {
        let bytes = Array(text.utf8)
        let offset = min(max(offset, 0), bytes.count)
        var line = 1
        var lineStart = 0
        for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        var lineEnd = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        if lineEnd > lineStart, bytes[lineEnd - 1] == UInt8(ascii: "\r"), lineEnd - 1 >= offset { lineEnd -= 1 }
        self.line = line
        let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
        let after = String(decoding: bytes[offset..<lineEnd], as: UTF8.self)
        // Of plain letters each byte is one.
        column = (before.utf8.allSatisfy { $0 < 128 } ? before.utf8.count : before.count) + 1
        let shownBefore = before.utf8.count > 80 && column > 81 ? "…" + before.suffix(79) : before
        let shownAfter = after.utf8.count > 80 && after.dropFirst(80) != "" ? after.prefix(79) + "…" : after
        // Tabs stay tabs, so that the caret stands under its place whatever their width.
        let padding = String(shownBefore.map { $0 == "\t" ? "\t" : " " })
        excerpt = "\(shownBefore)\(shownAfter)\n\(padding)^"
    }
}
