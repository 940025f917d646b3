/// Rows that were expected and did not come, beside those that came instead.
struct RowDifference {
    /// A row as the engine gave it.
    struct TextRow {
        /// The whole row as a JSON object.
        let json: String
        /// In the order of `columns`.
        let values: [String?]
    }

    let columns: [String]
    let missing: [TextRow]
    let surplus: [TextRow]

    /// A line for each row: one that came instead of another says what of it differs; where a row has no like, the whole of
    /// it is given.
    /// - Parameter what: What gave the rows: `the query`.
    func lines(of what: String) -> [String] {
        var rest = surplus
        var lines: [String] = []
        for row in missing {
            guard let other = nearest(to: row, among: rest) else {
                lines.append("missing from \(what): \(row.json)")
                continue
            }
            let instead = rest.remove(at: other)
            var same: [String] = []
            var different: [String] = []
            for (index, column) in columns.enumerated() {
                let (expected, found) = (row.values[index], instead.values[index])
                if expected == found {
                    same.append("\(column) = \(expected ?? "NULL")")
                } else {
                    different.append("\(column) is \(found ?? "NULL") and not \(expected ?? "NULL")")
                }
            }
            lines.append(
                "another row of \(what), with \(same.joined(separator: ", ")): \(different.joined(separator: ", "))")
        }
        return lines + rest.map { "not expected of \(what): \($0.json)" }
    }

    /// The row that has most of its values in common, and more than half.
    private func nearest(to row: TextRow, among others: [TextRow]) -> Int? {
        var best: (index: Int, same: Int)?
        for (index, other) in others.enumerated() {
            let same = zip(row.values, other.values).count { $0 == $1 }
            if same * 2 >= columns.count, same > best?.same ?? 0 { best = (index, same) }
        }
        return best?.index
    }
}
