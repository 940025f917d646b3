import OrderedCollections
import Pipeline

/// A seed's rows and the types of their columns.
///
/// A seed is a query as any other model is, over rows that stand in no file of SQL. Only the query's first line is read when
/// the project is; the rows go to the database as they are, and into the fingerprint as text.
public struct SeedTable: Sendable, Equatable {
    /// The columns' names, as SQL means them.
    public let columns: [String]
    /// A value for each column; nil is NULL.
    public let rows: [[String?]]
    /// The types of the columns: declared, or what the values look like.
    let types: [String]
    private let path: String

    /// - Parameter declared: Types by name; what is not declared follows from the values.
    /// - Throws: ``PipelineError`` where a column is declared that the file does not have.
    init(
        _ table: CSVTable, declared: OrderedDictionary<String, String>, in file: SourceFile
    ) throws(PipelineError) {
        columns = table.columns.map {
            declared[$0] != nil ? $0 : declared[$0.lowercased()] != nil ? $0.lowercased() : $0
        }
        let names = Set(columns)
        if let unknown = declared.keys.first(where: { !names.contains($0) }) {
            throw PipelineError(
                file: file.path, line: 1,
                message:
                    "This file has no column \(unknown), which the model declares: \(columns.joined(separator: ", ")).")
        }
        rows = table.rows
        path = file.path
        var types: [String] = []
        for (index, name) in columns.enumerated() {
            types.append(declared[name] ?? Self.inferredType(of: rows, at: index))
        }
        self.types = types
    }

    // MARK: Queries

    /// The query over one row of nulls: the same columns, types and relations, whatever rows there are.
    var shape: Template { template(over: "(VALUES \(nulls))", filter: rows.isEmpty ? " WHERE FALSE" : "") }

    /// The query over a relation with the same columns, all of them text, that is called ``relation`` until it has a place.
    public var reading: Template { template(over: Self.relation, filter: "") }

    /// What its queries are written in, whatever the model's file says.
    public static let dialect = "postgres"

    /// See ``reading``.
    public static let relation = "millrace_seed"

    /// The query with the first rows in it.
    public func query(rowsMax: Int = .max) -> Template {
        rows.isEmpty ? shape : template(over: "(\(values(rows.prefix(rowsMax), separator: ",\n")))", filter: "")
    }

    private func template(over relation: String, filter: String) -> Template {
        let identifiers = columns.map { SQLText.identifier($0) }
        let list = zip(identifiers, types).map { name, type in "CAST(\(name) AS \(type)) AS \(name)" }
        let text =
            "SELECT \(list.joined(separator: ", ")) FROM \(relation) AS seed"
            + "(\(identifiers.joined(separator: ", ")))\(filter)"
        return Template(verbatim: SourceFile(path: path, text: text))
    }

    /// One row that gives the columns a type.
    private var nulls: String { "(\(columns.map { _ in "NULL" }.joined(separator: ", ")))" }

    private func values(_ rows: some Sequence<[String?]>, separator: String) -> String {
        var text = "VALUES "
        var isFirst = true
        for row in rows {
            text += isFirst ? "(" : "\(separator)("
            isFirst = false
            var isFirstValue = true
            for value in row {
                if !isFirstValue { text += ", " }
                isFirstValue = false
                guard let value else {
                    text += "NULL"
                    continue
                }
                text += value.utf8.contains(UInt8(ascii: "'")) ? SQLText.literal(value) : "'\(value)'"
            }
            text += ")"
        }
        return text
    }

    /// What ``ParsedQuery/canonical`` would be of the query with all rows in it, without reading those.
    /// - Parameter shape: ``shape``, read.
    public func canonical(_ shape: ParsedQuery) throws(PipelineError) -> String {
        if rows.isEmpty { return shape.canonical }
        if let spliced = spliced(into: shape.canonical) { return spliced }
        return try ParsedQuery(try query().render(RenderContext()), dialect: Self.dialect).canonical
    }

    /// Nil when a column's name looks like a row, so that the rows' place cannot be told.
    func spliced(into canonical: String) -> String? {
        let places = canonical.ranges(of: "(VALUES \(nulls))")
        guard places.count == 1, let place = places.first else { return nil }
        var text = String(canonical[..<place.lowerBound])
        text += "(" + values(rows, separator: ", ") + ")"
        text += canonical[place.upperBound...]
        return text
    }

    // MARK: Types

    /// Whole numbers, numbers, true and false; text otherwise.
    static func inferredType(of rows: [[String?]], at index: Int) -> String {
        var (isWhole, isNumber, isTruth) = (true, true, true)
        var isEmpty = true
        for row in rows {
            guard let value = row[index] else { continue }
            isEmpty = false
            if isNumber, hasLeadingZero(value) { (isWhole, isNumber) = (false, false) }
            if isWhole, Int(value) == nil { isWhole = false }
            if isNumber, !isWhole, Double(value) == nil { isNumber = false }
            if isTruth, !truths.contains(value) { isTruth = false }
            if !isNumber, !isTruth { return "TEXT" }
        }
        if isEmpty { return "TEXT" }
        return isWhole ? "BIGINT" : isNumber ? "DOUBLE PRECISION" : "BOOLEAN"
    }

    private static let truths: Set<String> = ["true", "false", "True", "False", "TRUE", "FALSE"]

    /// `007` is a code, not a number.
    private static func hasLeadingZero(_ text: String) -> Bool {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard digits.first == UInt8(ascii: "0"), let second = digits.dropFirst().first else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
    }
}
