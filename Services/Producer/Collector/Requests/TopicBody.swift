import DataContract

/// The events of a body for `POST /v1/topics/{topic}`: one JSON object, an array of them, or one a line.
enum TopicBody {
    /// Where each event lies. A broken line is its own fault, and so is a broken element of an array.
    /// - Throws: `Rejection` when it cannot be told where an element of an array ends.
    static func events(
        _ body: UnsafeRawBufferPointer, contentType: String?
    ) throws(Rejection) -> (events: [Range<Int>], isMany: Bool) {
        let type = contentType?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        let isLines = ["application/x-ndjson", "application/ndjson", "application/jsonl"].contains(type)
        let first = body.firstIndex { !isSpace($0) }
        guard let first else { return ([], true) }
        if !isLines, body[first] == UInt8(ascii: "[") { return (try elements(of: body), true) }
        if !isLines { return ([trimmed(0..<body.count, body)], false) }
        var events: [Range<Int>] = []
        var start = 0
        for index in 0...body.count where index == body.count || body[index] == UInt8(ascii: "\n") {
            let line = trimmed(start..<index, body)
            if !line.isEmpty { events.append(line) }
            start = index + 1
        }
        return (events, true)
    }

    /// The elements of a list, for each to be judged by itself.
    /// - Throws: `Rejection` with the first fault, when it cannot be told where an element ends.
    static func elements(
        of body: UnsafeRawBufferPointer, in range: Range<Int>? = nil
    ) throws(Rejection) -> [Range<Int>] {
        do throws(Rejection) {
            return try JSONOutline.elements(of: body, in: range)
        } catch {
            guard error.reason != .wrongType else { throw error }
            do throws(Rejection) { return try JSONOutline.pieces(of: body, in: range) } catch _ { throw error }
        }
    }

    /// White space of JSON, and no other.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func trimmed(_ range: Range<Int>, _ body: UnsafeRawBufferPointer) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(body[start]) { start += 1 }
        while end > start, isSpace(body[end - 1]) { end -= 1 }
        return start..<end
    }
}
