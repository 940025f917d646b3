import Warehouse

/// Collects rows as they are.
struct TextRows: ResultSink {
    private let rowsMax: Int
    private(set) var rows: [[String?]] = []

    init(rowsMax: Int) { self.rowsMax = rowsMax }

    mutating func begin(_ columns: [ColumnDescription]) {}

    mutating func row(_ values: [String?]) -> Bool {
        guard rows.count < rowsMax else { return false }
        rows.append(values)
        return true
    }
}
