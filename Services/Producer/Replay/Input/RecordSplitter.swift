// RecordSplitter: cuts the bytes of a file into records, wherever its pieces end.
// Always: memory follows the longest record that is let through, not the file.

/// How a file's records are written.
enum InputFormat: String, Sendable, CaseIterable {
    /// A JSON object a line.
    case ndjson
    /// One JSON array of objects.
    case json
    /// RFC 4180, with a header.
    case csv
    /// What `raw-sink dead-letters export` writes.
    case deadLetters = "dead-letters"

    /// By the file's name, or by what it begins with.
    init(of name: String, head: [UInt8]) {
        var name = name.lowercased()[...]
        for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
            self = .csv
            return
        }
        switch head.drop(while: { RecordSplitter.isSpace($0) || [0xEF, 0xBB, 0xBF].contains($0) }).first {
        case UInt8(ascii: "["): self = .json
        case UInt8(ascii: "{"), nil: self = .ndjson
        default: self = .csv
        }
    }
}

/// A record as it is in the file.
struct SourceRecord: Sendable, Equatable {
    /// Counted from 1, without a header.
    let number: Int
    /// The line on which it begins, counted from 1.
    let line: Int
    /// Only the first bytes where `isTooLong`.
    let bytes: [UInt8]
    let isTooLong: Bool
}

/// Cuts records out of pieces.
struct RecordSplitter: Sendable {
    /// Longer ones are not kept: no broker takes them.
    static let recordBytesMax = 4 << 20
    /// What is kept of a longer one, to tell it by.
    private static let excerptBytes = 256

    private enum Place { case beforeArray, beforeElement, afterElement, inRecord, afterArray }

    private let name: String
    private let format: InputFormat
    private var buffer: [UInt8] = []
    /// Where the present record begins, and how far it was looked at.
    private var start = 0
    private var position = 0
    /// Bytes before the buffer.
    private var dropped = 0
    private var line = 1
    private var recordLine = 1
    private var number = 0
    private var place: Place
    private let delimiter: UInt8
    private var isQuoted = false
    /// Where the last quote of a CSV field was that closed it.
    private var closedAt = -1
    private var isEscaped = false
    private var depth = 0
    /// The beginning of a record too long to keep.
    private var excerpt: [UInt8]?
    private var hasBegun = false

    /// - Parameter delimiter: Between the fields of CSV.
    init(_ format: InputFormat, name: String, delimiter: UInt8 = UInt8(ascii: ",")) {
        self.format = format
        self.delimiter = delimiter
        self.name = name
        place = format == .json ? .beforeArray : .inRecord
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    mutating func append(_ piece: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            dropped += start
            position -= start
            closedAt -= start
            start = 0
        }
        buffer += piece
        guard !hasBegun, buffer.count >= 3 else { return }
        hasBegun = true
        // A byte order mark says nothing in UTF-8.
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { (start, position) = (3, 3) }
    }

    /// The next whole record; `nil` when more bytes are needed.
    /// - Parameter isLast: No more bytes will come.
    /// - Throws: `ReplayError.array`.
    mutating func next(isLast: Bool) throws(ReplayError) -> SourceRecord? {
        guard hasBegun || isLast else { return nil }
        let record =
            switch format {
            case .ndjson, .deadLetters: nextLine(isLast)
            case .csv: nextRow(isLast)
            case .json: try nextElement(isLast)
            }
        if record == nil { shorten() }
        return record
    }

    // MARK: Lines

    private mutating func nextLine(_ isLast: Bool) -> SourceRecord? {
        while true {
            let end = buffer[position...].firstIndex(of: 0x0A)
            position = end ?? buffer.count
            guard end != nil || isLast && (position > start || excerpt != nil) else { return nil }
            recordLine = line
            let record = cut(to: position)
            if end != nil {
                position += 1
                line += 1
            }
            start = position
            if let record { return record }
        }
    }

    // MARK: Rows

    private mutating func nextRow(_ isLast: Bool) -> SourceRecord? {
        while true {
            var end: Int?
            while position < buffer.count {
                let byte = buffer[position]
                if byte == UInt8(ascii: "\"") {
                    takeQuote()
                } else if byte == 0x0A {
                    line += 1
                    if !isQuoted {
                        end = position
                        break
                    }
                }
                position += 1
            }
            guard end != nil || isLast && (position > start || excerpt != nil) else { return nil }
            let record = cut(to: position)
            if end != nil { position += 1 }
            start = position
            recordLine = line
            isQuoted = false
            closedAt = -1
            if let record { return record }
        }
    }

    /// A quote opens a field at its beginning, and again where it is doubled; elsewhere it is text.
    private mutating func takeQuote() {
        if isQuoted {
            isQuoted = false
            closedAt = position
        } else if position == start || buffer[position - 1] == delimiter || closedAt == position - 1 {
            isQuoted = true
        }
    }

    // MARK: Elements

    private mutating func nextElement(_ isLast: Bool) throws(ReplayError) -> SourceRecord? {
        while position < buffer.count {
            let byte = buffer[position]
            if byte == 0x0A { line += 1 }
            if place == .inRecord {
                if let record = inElement(byte) { return record }
                continue
            }
            if Self.isSpace(byte) {
                position += 1
                continue
            }
            switch (place, byte) {
            case (.beforeArray, UInt8(ascii: "[")): place = .beforeElement
            case (.afterElement, UInt8(ascii: ",")): place = .beforeElement
            case (.afterElement, UInt8(ascii: "]")): place = .afterArray
            case (.beforeElement, UInt8(ascii: "]")) where number == 0: place = .afterArray
            case (.beforeElement, UInt8(ascii: ",")), (.beforeElement, UInt8(ascii: "]")):
                throw .array(name, byte: dropped + position, "an element is missing")
            case (.beforeElement, _):
                place = .inRecord
                start = position
                recordLine = line
                continue
            case (.beforeArray, _): throw .array(name, byte: dropped + position, "it does not begin with [")
            case (.afterArray, _): throw .array(name, byte: dropped + position, "there is more behind its end")
            default: throw .array(name, byte: dropped + position, "expected , or ]")
            }
            position += 1
        }
        if isLast, place != .afterArray {
            throw .array(name, byte: dropped + position, "it ends before the array is closed")
        }
        if place != .inRecord { start = position }
        return nil
    }

    /// Takes one byte of an element.
    /// - Returns: The element, when it ended before that byte.
    private mutating func inElement(_ byte: UInt8) -> SourceRecord? {
        if isQuoted {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = false
            }
            position += 1
            return nil
        }
        switch byte {
        case UInt8(ascii: "\""): isQuoted = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
            if depth == 0 {
                place = .afterElement
                let record = cut(to: position)
                start = position
                return record
            }
            if byte != UInt8(ascii: ",") { depth -= 1 }
        default: break
        }
        position += 1
        return nil
    }

    // MARK: Records

    /// The record that ends at `end`, without space around it; `nil` for an empty one.
    private mutating func cut(to end: Int) -> SourceRecord? {
        var end = end
        while end > start, Self.isSpace(buffer[end - 1]), format != .csv || buffer[end - 1] == 0x0D { end -= 1 }
        let long = excerpt
        excerpt = nil
        guard end > start || long != nil else { return nil }
        number += 1
        let isTooLong = long != nil || end - start > Self.recordBytesMax
        let bytes = long ?? Array(buffer[start..<end])
        return SourceRecord(
            number: number, line: recordLine, bytes: isTooLong ? Array(bytes.prefix(Self.excerptBytes)) : bytes,
            isTooLong: isTooLong)
    }

    /// Lets go of what cannot become a record any more.
    private mutating func shorten() {
        guard position - start > Self.recordBytesMax else { return }
        if excerpt == nil { excerpt = Array(buffer[start..<start + Self.excerptBytes]) }
        start = position
    }
}
