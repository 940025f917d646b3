/// Rows for people: a line each, columns one below the other.
struct TextTable {
    let columns: [String]
    let rows: [[String?]]

    /// The widest that a value is shown; what is longer ends in `…`.
    private static let widthMax = 60

    var text: String {
        let cells = [columns] + rows.map { row in row.map { Self.cell($0) } }
        let widths = columns.indices.map { index in cells.map { $0[index].count }.max() ?? 0 }
        var lines = cells.map { Self.line($0, widths) }
        lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "), at: 1)
        return lines.joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (cell, width) in zip(cells, widths) {
            line += cell + String(repeating: " ", count: width - cell.count + 2)
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// One line, whatever the value holds; nothing that a terminal would act on.
    private static func cell(_ value: String?) -> String {
        guard let value else { return "NULL" }
        var text = ""
        for scalar in value.unicodeScalars.prefix(4 * widthMax) {
            let isControl = scalar.properties.generalCategory == .control
            text += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text.count > widthMax ? text.prefix(widthMax - 1) + "…" : text
    }
}
