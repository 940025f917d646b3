import OrderedCollections
import Pipeline

/// A seed's rows as a query, so that it is computed as any other table.
enum SeedQuery {
    /// - Parameter columns: Declared types by name; what is not declared follows from the values.
    static func template(
        of table: CSVTable, columns: OrderedDictionary<String, String>, in file: SourceFile
    ) throws(PipelineError) -> Template {
        let names = table.columns.map {
            columns[$0] != nil ? $0 : columns[$0.lowercased()] != nil ? $0.lowercased() : $0
        }
        if let unknown = columns.keys.first(where: { !names.contains($0) }) {
            throw PipelineError(
                file: file.path, line: 1,
                message:
                    "This file has no column \(unknown), which the model declares: \(names.joined(separator: ", ")).")
        }
        let types = names.indices.map { index in
            columns[names[index]] ?? inferredType(table.rows.map { $0[index] })
        }
        let list = zip(names, types).map { name, type in
            "CAST(\(SQLText.identifier(name)) AS \(type)) AS \(SQLText.identifier(name))"
        }.joined(separator: ", ")
        let identifiers = names.map { SQLText.identifier($0) }.joined(separator: ", ")
        // One row of nulls gives the columns a type where there are no rows.
        let rows = table.rows.isEmpty ? [names.map { _ in nil }] : table.rows
        let values = rows.map { row in
            "(\(row.map { $0.map { SQLText.literal($0) } ?? "NULL" }.joined(separator: ", ")))"
        }.joined(separator: ",\n")
        let filter = table.rows.isEmpty ? " WHERE FALSE" : ""
        let text = "SELECT \(list) FROM (VALUES \(values)) AS seed(\(identifiers))\(filter)"
        let source = SourceFile(path: file.path, text: text)
        return Template(verbatim: source)
    }

    /// Whole numbers, numbers, true and false; text otherwise.
    static func inferredType(_ values: [String?]) -> String {
        let present = values.compactMap(\.self)
        guard !present.isEmpty else { return "TEXT" }
        if present.allSatisfy({ Int($0) != nil && !hasLeadingZero($0) }) { return "BIGINT" }
        if present.allSatisfy({ Double($0) != nil && !hasLeadingZero($0) }) { return "DOUBLE PRECISION" }
        if present.allSatisfy({ ["true", "false", "True", "False", "TRUE", "FALSE"].contains($0) }) {
            return "BOOLEAN"
        }
        return "TEXT"
    }

    /// `007` is a code, not a number.
    private static func hasLeadingZero(_ text: String) -> Bool {
        let digits = text.drop { $0 == "-" || $0 == "+" }
        return digits.count > 1 && digits.first == "0" && digits.dropFirst().first?.isNumber == true
    }
}
