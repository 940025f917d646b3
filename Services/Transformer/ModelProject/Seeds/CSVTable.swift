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
            rows.append(
                zip(columns, record.values).map { column, value in
                    format.isNull(value.text, in: column) && !(value.isQuoted && !value.text.isEmpty) ? nil : value.text
                })
        }
    }
}

/// Cuts the text into records.
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
    private let format: CSVFormat
    private var characters: Array<Character>
    private var position = 0
    private var line = 1

    init(_ file: SourceFile, _ format: CSVFormat) {
        self.file = file
        self.format = format
        var text = file.text[...]
        if text.first == "\u{FEFF}" { text = text.dropFirst() }
        characters = Array(text)
    }

    private func isEnd(_ character: Character) -> Bool {
        if let terminator = format.lineTerminator { return character == terminator }
        return character == "\n" || character == "\r\n" || character == "\r"
    }

    mutating func next() throws(PipelineError) -> Record? {
        guard position < characters.count else { return nil }
        var record = Record(values: [], line: line)
        while true {
            record.values.append(try value())
            guard position < characters.count else { return record }
            let character = characters[position]
            position += 1
            if character == format.delimiter { continue }
            line += 1
            return record
        }
    }

    /// Up to the delimiter or the end of the line, which are not taken.
    private mutating func value() throws(PipelineError) -> Value {
        if format.skipsInitialSpace { while position < characters.count, characters[position] == " " { position += 1 } }
        var value = Value(text: "", isQuoted: false)
        let start = line
        if position < characters.count, characters[position] == format.quote {
            value.isQuoted = true
            position += 1
            while true {
                guard position < characters.count else {
                    throw PipelineError(file: file.path, line: start, message: "This quote is never closed.")
                }
                let character = characters[position]
                position += 1
                if character == format.escape, position < characters.count {
                    value.text.append(characters[position])
                    position += 1
                } else if character == format.quote {
                    guard format.doublesQuotes, position < characters.count, characters[position] == format.quote else {
                        break
                    }
                    value.text.append(character)
                    position += 1
                } else {
                    if isEnd(character) { line += 1 }
                    value.text.append(character)
                }
            }
        }
        while position < characters.count, characters[position] != format.delimiter, !isEnd(characters[position]) {
            if characters[position] == format.escape, position + 1 < characters.count { position += 1 }
            value.text.append(characters[position])
            position += 1
        }
        return value
    }
}
