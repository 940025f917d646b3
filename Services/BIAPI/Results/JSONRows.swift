import Warehouse

/// Collects rows as JSON text: arrays of values, each as its column's kind wants it. A number is text where a script's
/// numbers, which are doubles, could lose digits of it.
struct JSONRows: ResultSink {
    /// A double keeps every number of fifteen digits.
    private static let exactMax = 15
    private let rowsMax: Int
    private let bytesMax: Int
    private(set) var columns: [ColumnDescription] = []
    /// The rows, separated by commas, without the brackets around them.
    private(set) var json: [UInt8] = []
    private(set) var count = 0
    /// True when there were more rows than are here.
    private(set) var isTruncated = false

    /// - Parameter bytesMax: The most bytes of the rows' text; a row that does not fit is not in it.
    init(rowsMax: Int, bytesMax: Int) {
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }

    mutating func begin(_ columns: [ColumnDescription]) { self.columns = columns }

    mutating func row(_ values: [String?]) -> Bool {
        guard count < rowsMax else {
            isTruncated = true
            return false
        }
        let start = json.count
        if count > 0 { json.append(UInt8(ascii: ",")) }
        json.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            append(value, index < columns.count ? columns[index].kind : .other)
            guard json.count < bytesMax else {
                json.removeSubrange(start...)
                isTruncated = true
                return false
            }
        }
        json.append(UInt8(ascii: "]"))
        count += 1
        return true
    }

    private mutating func append(_ value: String?, _ kind: ColumnKind) {
        guard let value else { return json.append(contentsOf: "null".utf8) }
        switch kind {
        case .number where value.utf8.count <= Self.exactMax && JSONText.isNumber(value):
            json.append(contentsOf: value.utf8)
        case .boolean: json.append(contentsOf: (value == "t" || value == "true" ? "true" : "false").utf8)
        default: JSONText.string(value, to: &json)
        }
    }
}
