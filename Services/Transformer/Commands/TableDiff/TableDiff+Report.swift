import Planning

extension TableDiff {
    /// What the comparison found.
    struct Report: Encodable {
        struct Column: Encodable {
            let name: String
            /// In how many rows of both sides the values are the same.
            let same: Int
            /// The same as a share, of 100.
            let matchPercent: Double

            init(name: String, same: Int, of rows: Int) {
                self.name = name
                self.same = same
                matchPercent = rows == 0 ? 100 : (Double(same) / Double(rows) * 10_000).rounded() / 100
            }
        }
        struct TypedColumn: Encodable { let name: String, type: String }
        struct RetypedColumn: Encodable { let name: String, source: String, target: String }
        struct Change: Encodable { let column: String, source: String?, target: String? }
        struct Difference: Encodable { let key: [String: String?], columns: [Change] }

        let model: String?, source: String, target: String, sourceName: String, targetName: String
        let keys: [String]
        let columnsOnlyInSource: [TypedColumn], columnsOnlyInTarget: [TypedColumn], columnsOfOtherType: [RetypedColumn]
        var sourceRows = 0, targetRows = 0, common = 0, different = 0, onlySource = 0, onlyTarget = 0
        /// The columns that were compared, in the source's order.
        var columns: [Column] = []
        var differences: [Difference] = []
        var sourceSample: [[String: String?]] = []
        var targetSample: [[String: String?]] = []

        init(_ pair: TablePair, _ source: [StoredColumn], _ target: [StoredColumn], _ keys: [String]) {
            model = pair.model
            self.source = pair.source.description
            self.target = pair.target.description
            (sourceName, targetName) = pair.sides
            self.keys = keys
            func missing(_ left: [StoredColumn], in right: [StoredColumn]) -> [TypedColumn] {
                left.filter { column in !right.contains { $0.name == column.name } }
                    .map { TypedColumn(name: $0.name, type: $0.type) }
            }
            columnsOnlyInSource = missing(source, in: target)
            columnsOnlyInTarget = missing(target, in: source)
            columnsOfOtherType = source.compactMap { column in
                guard let other = target.first(where: { $0.name == column.name }), other.type != column.type else {
                    return nil
                }
                return RetypedColumn(name: column.name, source: column.type, target: other.type)
            }
        }

        /// For people.
        var text: String {
            var lines = ["\(model.map { "\($0): " } ?? "")\(sourceName) (\(source)) and \(targetName) (\(target))", ""]
            lines += columnsOnlyInSource.map { "column only in \(sourceName): \($0.name) \($0.type)" }
            lines += columnsOnlyInTarget.map { "column only in \(targetName): \($0.name) \($0.type)" }
            lines += columnsOfOtherType.map { "column of another type: \($0.name) is \($0.source) and \($0.target)" }
            lines += [
                "rows told apart by \(keys.joined(separator: ", ")): \(sourceRows) and \(targetRows)",
                "  in both           \(common)", "  of them different \(different)",
                "  only in \(sourceName)  \(onlySource)",
                "  only in \(targetName)  \(onlyTarget)",
            ]
            if !columns.isEmpty, common > 0 {
                lines += [
                    "",
                    TextTable(
                        columns: ["column", "same", "%"],
                        rows: columns.map { [$0.name, "\($0.same)", "\($0.matchPercent)"] }
                    ).text,
                ]
            }
            if !differences.isEmpty {
                let rows = differences.flatMap { difference in
                    difference.columns.map { change in
                        keys.map { difference.key[$0] ?? nil } + [change.column, change.source, change.target]
                    }
                }
                lines += [
                    "", "rows that differ:",
                    TextTable(
                        columns: keys + ["column", sourceName, targetName], rows: rows
                    ).text,
                ]
            }
            for (name, sample) in [(sourceName, sourceSample), (targetName, targetSample)] where !sample.isEmpty {
                lines += [
                    "", "only in \(name):",
                    TextTable(
                        columns: keys, rows: sample.map { key in keys.map { key[$0] ?? nil } }
                    ).text,
                ]
            }
            return lines.joined(separator: "\n")
        }
    }
}
