/// Texts of others, made fit to be sent and stored.
public enum ControlText {
    /// The text without NUL, which PostgreSQL cannot hold, and not longer than `max` bytes of UTF-8; what was left out
    /// is said at its end.
    public static func cut(_ text: String, to max: Int) -> String {
        let text = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
        guard text.utf8.count > max else { return text }
        var end = text.startIndex
        var bytes = 0
        for index in text.indices {
            let size = text[index].utf8.count
            guard bytes + size <= max else { break }
            bytes += size
            end = text.index(after: index)
        }
        return "\(text[..<end])… (\(text.utf8.count - bytes) bytes more)"
    }
}
