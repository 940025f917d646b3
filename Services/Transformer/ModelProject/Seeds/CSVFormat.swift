import Pipeline

/// How a seed's file is written: `csv_settings`.
public struct CSVFormat: Sendable, Equatable {
    public var delimiter: Character = ","
    public var quote: Character = "\""
    /// Two quotes within quotes are one.
    public var doublesQuotes = true
    /// Makes the character behind it an ordinary one; nil: none does.
    public var escape: Character?
    /// White space behind a delimiter is no part of the value.
    public var skipsInitialSpace = false
    /// What ends a line; nil: `\n`, `\r\n` and `\r`.
    public var lineTerminator: Character?
    /// Values that mean NULL, in every column.
    public var nullValues: [String] = []
    /// The same, of single columns.
    public var nullValuesOfColumns: [String: [String]] = [:]
    /// ``defaultNullValues`` mean NULL too.
    public var keepsDefaultNulls = true

    /// As files are without settings.
    public init() {}

    /// What pandas, and so SQLMesh, takes as missing.
    public static let defaultNullValues: Set<String> = [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    ]

    /// The values of `column` that mean NULL.
    func nulls(in column: String) -> Set<String> {
        (keepsDefaultNulls ? Self.defaultNullValues : [])
            .union(nullValues).union(nullValuesOfColumns[column.lowercased()] ?? [])
    }

    /// What makes a difference to the rows and is not as it is without settings.
    var parts: [String] {
        let other = CSVFormat()
        var parts: [String] = []
        if delimiter != other.delimiter { parts.append("delimiter=\(delimiter)") }
        if quote != other.quote { parts.append("quote=\(quote)") }
        if !doublesQuotes { parts.append("doublequote=false") }
        if let escape { parts.append("escape=\(escape)") }
        if skipsInitialSpace { parts.append("skipinitialspace") }
        if let lineTerminator { parts.append("lineterminator=\(lineTerminator)") }
        if !nullValues.isEmpty { parts.append("na=\(nullValues.sorted().joined(separator: ","))") }
        for (column, values) in nullValuesOfColumns.sorted(by: { $0.key < $1.key }) {
            parts.append("na \(column)=\(values.sorted().joined(separator: ","))")
        }
        if !keepsDefaultNulls { parts.append("keep_default_na=false") }
        return parts
    }
}

extension CSVFormat {
    /// Reads `csv_settings (delimiter = '|', …)`.
    init(_ property: PropertyScanner.Property, in source: SourceFile) throws(PipelineError) {
        let reader = ModelProperties(source: source)
        for element in try property.elements(in: source) where !element.isEmpty {
            let (name, value) = try reader.assignment(element, at: property.offset)
            func character() throws(PipelineError) -> Character {
                let text = value.trimmingQuotes().replacing("\\t", with: "\t").replacing("\\n", with: "\n")
                guard text.count == 1, let character = text.first else {
                    throw source.error(at: property.offset, "\(name) is one character, not `\(value)`.")
                }
                return character
            }
            switch name.lowercased() {
            case "delimiter": delimiter = try character()
            case "quotechar": quote = try character()
            case "escapechar": escape = try character()
            case "lineterminator": lineTerminator = try character()
            case "doublequote": doublesQuotes = try reader.boolean(value, at: property.offset)
            case "skipinitialspace": skipsInitialSpace = try reader.boolean(value, at: property.offset)
            case "keep_default_na": keepsDefaultNulls = try reader.boolean(value, at: property.offset)
            case "encoding":
                let encoding = value.trimmingQuotes().lowercased()
                guard ["utf-8", "utf8", "utf-8-sig", "ascii"].contains(encoding) else {
                    throw source.error(
                        at: property.offset, "The encoding \(encoding) is not read. Save the file as UTF-8.")
                }
            case "na_values": try readNullValues(value, at: property.offset, reader)
            default:
                throw source.error(
                    at: property.offset,
                    "csv_settings has no `\(name)`. Known: delimiter, quotechar, doublequote, escapechar, "
                        + "skipinitialspace, lineterminator, encoding, na_values, keep_default_na.")
            }
        }
    }

    /// A value, a list of them, or lists by column: `(a = ('x', 'y'))`.
    private mutating func readNullValues(
        _ text: String, at offset: Int, _ reader: ModelProperties
    ) throws(PipelineError) {
        for element in try Self.list(text, in: reader.source) {
            if element.first != "'", element.contains("=") {
                let (column, values) = try reader.assignment(element, at: offset)
                nullValuesOfColumns[column.trimmingQuotes().lowercased()] = try Self.list(values, in: reader.source)
                    .map { $0.trimmingQuotes() }
            } else {
                nullValues.append(element.trimmingQuotes())
            }
        }
    }

    private static func list(_ text: String, in source: SourceFile) throws(PipelineError) -> [String] {
        guard text.first == "(" || text.first == "[" else { return [text] }
        let bytes = Array(text.utf8)
        return try ArgumentList.scan(source: source, bytes: bytes, openedAt: 0, end: bytes.count).arguments
    }
}
