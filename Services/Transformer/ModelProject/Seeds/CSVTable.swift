import Pipeline

/// The rows of a seed's file.
public struct CSVTable: Sendable, Equatable {
    /// Names of the first line, as written.
    public private(set) var columns: [String] = []
    /// A value for each column; nil is NULL.
    public private(set) var rows: [[String?]] = []

    /// - Throws: ``PipelineError`` at the line where a row has more or fewer values than there are columns, a quote is never
    ///   closed, or a column is named twice.
    public init(_ file: SourceFile, format: CSVFormat) throws(PipelineError) {
        var scanner = CSVScanner(file, format)
        guard let header = try scanner.next() else {
            throw PipelineError(
                file: file.path, line: 1, message: "This file is empty: its first line names the columns.")
        }
        columns = header.values.map(\.text)
        var seen: Set<String> = []
        if let twice = columns.first(where: { !seen.insert($0.lowercased()).inserted }) {
            throw PipelineError(file: file.path, line: 1, message: "The column `\(twice)` is here twice.")
        }
        if columns.contains("") {
            throw PipelineError(file: file.path, line: 1, message: "A column has no name.")
        }
        let nulls = columns.map { format.nulls(in: $0) }
        while let record = try scanner.next() {
            // A line without anything is no row, unless it is the only column's value.
            if record.values.count == 1, columns.count > 1, record.values[0].text.isEmpty { continue }
            guard record.values.count == columns.count else {
                throw PipelineError(
                    file: file.path, line: record.line,
                    message: "This line has \(record.values.count) values for \(columns.count) columns. "
                        + "Put values with a \(format.delimiter == "\t" ? "tab" : "`\(format.delimiter)`") into quotes."
                )
            }
            var row: [String?] = []
            row.reserveCapacity(columns.count)
            for (index, value) in record.values.enumerated() {
                let isText = value.isQuoted && !value.text.isEmpty
                row.append(!isText && nulls[index].contains(value.text) ? nil : value.text)
            }
            rows.append(row)
        }
    }
}

/// Cuts the text into records, byte by byte: files of many rows are read each time that their project is.
private struct CSVScanner {
    struct Value {
        var text: String
        var isQuoted: Bool
    }
    struct Record {
        var values: [Value]
        /// Where it begins, from 1.
        var line: Int
    }

    private let file: SourceFile
    private let doublesQuotes: Bool
    private let skipsInitialSpace: Bool
    private let delimiter: [UInt8]
    private let quote: [UInt8]
    private let escape: [UInt8]?
    /// Nil: `\n`, `\r\n` and `\r`.
    private let terminator: [UInt8]?
    /// Whether something other than a part of a value may begin with a byte.
    private var isSpecial = [Bool](repeating: false, count: 256)
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ file: SourceFile, _ format: CSVFormat) {
        self.file = file
        doublesQuotes = format.doublesQuotes
        skipsInitialSpace = format.skipsInitialSpace
        delimiter = Array(String(format.delimiter).utf8)
        quote = Array(String(format.quote).utf8)
        escape = format.escape.map { Array(String($0).utf8) }
        terminator = format.lineTerminator.map { Array(String($0).utf8) }
        bytes = Array(file.text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        for text in [delimiter, quote, escape ?? [], terminator ?? [0x0A]] {
            if let first = text.first { isSpecial[Int(first)] = true }
        }
        if terminator == nil { isSpecial[0x0D] = true }
    }

    private func isNext(_ text: [UInt8]) -> Bool {
        guard position + text.count <= bytes.count, bytes[position] == text[0] else { return false }
        for index in 1..<max(1, text.count) where bytes[position + index] != text[index] { return false }
        return true
    }

    /// How many bytes of a line's end come next; 0: none.
    private var lineEnd: Int {
        guard position < bytes.count else { return 0 }
        if let terminator { return isNext(terminator) ? terminator.count : 0 }
        if bytes[position] == 0x0A { return 1 }
        guard bytes[position] == 0x0D else { return 0 }
        return position + 1 < bytes.count && bytes[position + 1] == 0x0A ? 2 : 1
    }

    mutating func next() throws(PipelineError) -> Record? {
        guard position < bytes.count else { return nil }
        var record = Record(values: [], line: line)
        while true {
            record.values.append(try value())
            guard position < bytes.count else { return record }
            if isNext(delimiter) {
                position += delimiter.count
                continue
            }
            position += lineEnd
            line += 1
            return record
        }
    }

    /// Up to the delimiter or the end of the line, which are not taken.
    private mutating func value() throws(PipelineError) -> Value {
        if skipsInitialSpace { while position < bytes.count, bytes[position] == 0x20 { position += 1 } }
        var text: [UInt8] = []
        var isQuoted = false
        if position < bytes.count, isNext(quote) {
            isQuoted = true
            position += quote.count
            try takeQuoted(&text)
        }
        while position < bytes.count {
            takePlain(&text)
            guard position < bytes.count, !isNext(delimiter), lineEnd == 0 else { break }
            if let escape, isNext(escape), position + escape.count < bytes.count { position += escape.count }
            takeByte(&text)
        }
        return Value(text: String(decoding: text, as: UTF8.self), isQuoted: isQuoted)
    }

    /// Behind the opening quote: up to the closing one, which is taken.
    private mutating func takeQuoted(_ text: inout [UInt8]) throws(PipelineError) {
        let start = line
        while true {
            takePlain(&text)
            guard position < bytes.count else {
                throw PipelineError(file: file.path, line: start, message: "This quote is never closed.")
            }
            if let escape, isNext(escape), position + escape.count < bytes.count {
                position += escape.count
                takeByte(&text)
            } else if isNext(quote) {
                position += quote.count
                guard doublesQuotes, position < bytes.count, isNext(quote) else { return }
                text += quote
                position += quote.count
            } else {
                let end = lineEnd
                if end > 0 { line += 1 }
                text += bytes[position..<position + max(1, end)]
                position += max(1, end)
            }
        }
    }

    /// Bytes that mean nothing but themselves.
    private mutating func takePlain(_ text: inout [UInt8]) {
        let start = position
        while position < bytes.count, !isSpecial[Int(bytes[position])] { position += 1 }
        text += bytes[start..<position]
    }

    private mutating func takeByte(_ text: inout [UInt8]) {
        text.append(bytes[position])
        position += 1
    }
}
