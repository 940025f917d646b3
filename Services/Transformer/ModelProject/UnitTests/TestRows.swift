import OrderedCollections
import Pipeline

/// Rows of a unit test: written out, in a file, as CSV, or made by a query.
struct TestRows {
    typealias Row = OrderedDictionary<String, TestValue>
    /// Reads a file of the project, by its path in the pipeline folder.
    typealias Files = (String) throws(PipelineError) -> SourceFile

    private(set) var rows: [Row] = []
    /// SQL of the engine that gives the rows; nil: ``rows`` are them.
    private(set) var query: String?

    static let keys = ["rows", "query", "format", "path", "csv_settings"]

    /// Reads what `pairs` say of rows; other keys are left to the caller.
    /// - Parameter value: The mapping, for errors.
    init(
        _ pairs: [(key: YAMLValue, value: YAMLValue)], of value: YAMLValue, _ files: Files
    ) throws(PipelineError) {
        let said = Dictionary(pairs.map { ($0.key.text, $0.value) }) { first, _ in first }
        if let query = said["query"] {
            if let other = Self.keys.first(where: { $0 != "query" && said[$0] != nil }) {
                throw query.error("A query gives the rows: take out `\(other)`, or the query.")
            }
            let text = try query.string()
            self.query = String(text.reversed().drop { $0.isWhitespace || $0 == ";" }.reversed())
            return
        }
        if said["rows"] != nil, let path = said["path"] {
            throw path.error("The rows are here and in a file: take out `rows` or `path`.")
        }
        let format = try said["format"]?.string().lowercased() ?? "yaml"
        switch format {
        case "csv": try readCSV(said, of: value, files)
        case "yaml":
            if let settings = said["csv_settings"] { throw settings.error("These rows are no CSV: say `format: csv`.") }
            if let path = said["path"] {
                rows = try Self.rows(inFile: path, files)
            } else if let written = said["rows"] {
                rows = try Self.rows(written)
            }
        default: throw (said["format"] ?? value).error("The format \(format) is not read. Known: yaml, csv.")
        }
    }

    private mutating func readCSV(
        _ said: [String: YAMLValue], of value: YAMLValue, _ files: Files
    ) throws(PipelineError) {
        let format =
            try said["csv_settings"].map { settings throws(PipelineError) in try CSVFormat(settings) } ?? CSVFormat()
        let table: CSVTable
        if let path = said["path"] {
            table = try CSVTable(try Self.file(path, files), format: format)
        } else if let text = said["rows"] {
            do throws(PipelineError) {
                table = try CSVTable(SourceFile(path: value.file, text: try text.string()), format: format)
            } catch { throw text.error("\(error.message) This is line \(error.line ?? 1) of the CSV.") }
        } else {
            throw value.error("Where is the CSV? Give `rows`, a text, or `path`.")
        }
        rows = table.rows.map { cells in
            Row(
                zip(table.columns, cells).map { ($0, $1.map { .text($0, quoted: false) } ?? .null) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    private static func file(_ path: YAMLValue, _ files: Files) throws(PipelineError) -> SourceFile {
        let name = try path.string()
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw path.error("The file \(name) cannot be read: it is outside of the pipeline folder.")
        }
        do throws(PipelineError) { return try files(name) } catch {
            throw path.error(
                "The file \(name) cannot be read: \(error.message) Its path begins at the pipeline folder.")
        }
    }

    private static func rows(inFile path: YAMLValue, _ files: Files) throws(PipelineError) -> [Row] {
        let root = try YAMLReader.parse(try file(path, files))
        guard root.node.sequence == nil else { return try rows(root) }
        guard let rows = try root.mapping().first(where: { $0.key.text == "rows" })?.value else {
            throw root.error("Expected a list of rows, or `rows:` with one.")
        }
        return try self.rows(rows)
    }

    /// Rows that are written out.
    static func rows(_ value: YAMLValue) throws(PipelineError) -> [Row] {
        var rows: [Row] = []
        for row in try value.sequence() {
            var cells: Row = [:]
            for (column, cell) in try row.mapping() { cells[column.text] = try testValue(cell) }
            rows.append(cells)
        }
        return rows
    }

    private static func testValue(_ value: YAMLValue) throws(PipelineError) -> TestValue {
        if value.isNull { return .null }
        if value.node.sequence != nil {
            var elements: [TestValue] = []
            for element in try value.sequence() { elements.append(try testValue(element)) }
            return .list(elements)
        }
        if value.node.mapping != nil {
            var pairs: OrderedDictionary<String, TestValue> = [:]
            for (key, part) in try value.mapping() { pairs[key.text] = try testValue(part) }
            return .mapping(pairs)
        }
        return .text(try value.string(), quoted: value.node.scalar?.style != .plain)
    }
}

extension CSVFormat {
    /// `csv_settings` of a unit test: what SQLMesh hands to pandas, as far as it changes what a text means.
    init(_ value: YAMLValue) throws(PipelineError) {
        self.init()
        func character(_ part: YAMLValue) throws(PipelineError) -> Character {
            let text = try part.string()
            guard text.count == 1, let character = text.first else { throw part.error("Expected one character.") }
            return character
        }
        for (key, part) in try value.mapping() {
            switch key.text {
            case "sep", "delimiter": delimiter = try character(part)
            case "quotechar": quote = try character(part)
            case "escapechar": escape = try character(part)
            case "lineterminator": lineTerminator = try character(part)
            case "doublequote": doublesQuotes = try part.boolean()
            case "skipinitialspace": skipsInitialSpace = try part.boolean()
            case "keep_default_na": keepsDefaultNulls = try part.boolean()
            case "na_values": nullValues = try part.strings()
            default:
                throw key.error(
                    "Unknown key `\(key.text)`. Known: sep, delimiter, quotechar, escapechar, lineterminator, doublequote, "
                        + "skipinitialspace, keep_default_na, na_values.")
            }
        }
    }
}
