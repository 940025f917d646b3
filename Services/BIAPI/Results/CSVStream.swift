import Warehouse

/// Writes rows as CSV into a pipe as they come: its memory does not grow with the result.
struct CSVStream: ResultSink {
    private let pipe: ChunkPipe
    private var buffer: [UInt8] = []
    private var isPlain: [Bool] = []
    private static let chunk = 32 << 10

    init(_ pipe: ChunkPipe) { self.pipe = pipe }

    /// Sent at once: it says that the query works.
    mutating func begin(_ columns: [ColumnDescription]) async {
        isPlain = columns.map(\.holdsNoText)
        // The mark tells spreadsheets that the text is UTF-8.
        buffer.append(contentsOf: [0xEF, 0xBB, 0xBF])
        CSVText.row(columns.map(\.name), to: &buffer)
        _ = await flush()
    }

    mutating func row(_ values: [String?]) async -> Bool {
        CSVText.row(values, isPlain: isPlain, to: &buffer)
        guard buffer.count >= Self.chunk else { return true }
        return await flush()
    }

    /// Hands over what is left.
    mutating func flush() async -> Bool {
        guard !buffer.isEmpty else { return true }
        defer { buffer.removeAll(keepingCapacity: buffer.count <= 2 * Self.chunk) }
        return await pipe.send(buffer)
    }
}

extension ColumnDescription {
    /// True when the type alone says what its values look like: `-Infinity`, `-$1.50`, `-1 days`.
    fileprivate var holdsNoText: Bool {
        switch kind {
        case .number, .boolean, .date, .timestamp: true
        case .other: ["money", "interval", "time without time zone", "time with time zone"].contains(type)
        case .text, .json: false
        }
    }
}
