import DataContract

/// Rows as text, a cell a string: `text:ada`, `number:1.50`, `null` …
struct RowRecorder: RowSink {
    private(set) var rows: [[String]] = []

    private mutating func add(_ cell: String) { rows[rows.count - 1].append(cell) }
    private func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    mutating func beginRow(columns: Int) { rows.append([]) }
    mutating func appendNull() { add("null") }
    mutating func append(text bytes: UnsafeRawBufferPointer) { add("text:\(text(bytes))") }
    mutating func append(bigint: Int64) { add("bigint:\(bigint)") }
    mutating func append(integer: Int32) { add("integer:\(integer)") }
    mutating func append(double: Double) { add("double:\(double)") }
    mutating func append(boolean: Bool) { add("boolean:\(boolean)") }
    mutating func append(timestamp microseconds: Int64) { add("timestamp:\(microseconds)") }
    mutating func append(date days: Int32) { add("date:\(days)") }
    mutating func append(number: UnsafeRawBufferPointer) { add("number:\(text(number))") }
    mutating func append(json: UnsafeRawBufferPointer) { add("json:\(text(json))") }
}

/// A contract with the given properties, the rest being of no interest.
func contract(
    _ properties: [Property], eventTime: String? = nil, plausibleTimes: Contract.PlausibleTimes = .usual
) -> Contract {
    Contract(
        file: "contracts/t.yaml", id: "t", version: "1.0.0", description: nil, topic: .init(name: "t", partitions: 1),
        table: .init(schema: "raw", name: "t"), tableDescription: nil, properties: properties, eventTime: eventTime,
        key: nil, plausibleTimes: plausibleTimes)
}

/// Decodes one message; the row without the sink's columns, but with `_extra` where there is one.
func decode(_ message: [UInt8], _ properties: [Property]) -> (outcome: DecodeOutcome, row: [String]?) {
    let decoder = RecordDecoder(contract(properties))
    var rows = RowRecorder()
    let position = MessagePosition(partition: 3, offset: 41, ingestedAt: 7)
    let outcome = message.withUnsafeBytes { decoder.decode($0, at: position, into: &rows) }
    guard let row = rows.rows.first else { return (outcome, nil) }
    var cells = Array(row.prefix(properties.count))
    if row.last != "null" { cells.append(row[row.count - 1]) }
    return (outcome, cells)
}

func decode(_ message: String, _ properties: [Property]) -> (outcome: DecodeOutcome, row: [String]?) {
    decode(Array(message.utf8), properties)
}

extension DecodeOutcome {
    var rejection: Rejection? { if case .rejected(let rejection) = self { rejection } else { nil } }
}
