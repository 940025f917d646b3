import Hummingbird
import Warehouse

/// Writes rows as CSV into a pipe as they come: its memory does not grow with the result.
struct CSVStream: ResultSink {
    private let pipe: ChunkPipe
    private var buffer: [UInt8] = []
    private static let chunk = 32 << 10

    init(_ pipe: ChunkPipe) { self.pipe = pipe }

    mutating func begin(_ columns: [ColumnDescription]) {
        // The mark tells spreadsheets that the text is UTF-8.
        buffer.append(contentsOf: [0xEF, 0xBB, 0xBF])
        CSVText.row(columns.map(\.name), to: &buffer)
    }

    mutating func row(_ values: [String?]) async -> Bool {
        CSVText.row(values, to: &buffer)
        guard buffer.count >= Self.chunk else { return true }
        return await flush()
    }

    /// Hands over what is left.
    mutating func flush() async -> Bool {
        defer { buffer.removeAll(keepingCapacity: true) }
        return await pipe.send(buffer)
    }

    /// A response's body: the rows of `sql`. When the query fails on the way, the connection breaks off, so that nobody
    /// takes a part for the whole.
    static func body(of sql: String, on engine: any QueryEngine, timeMax: Duration) -> ResponseBody {
        ResponseBody { writer in
            let pipe = ChunkPipe()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        var stream = try await engine.read(sql, timeMax: timeMax, into: CSVStream(pipe))
                        _ = await stream.flush()
                        await pipe.finish()
                    } catch {
                        await pipe.finish()
                        throw error
                    }
                }
                do {
                    while let chunk = await pipe.next() { try await writer.write(ByteBuffer(bytes: chunk)) }
                } catch {
                    await pipe.close()
                    throw error
                }
                try await group.waitForAll()
            }
            try await writer.finish(nil)
        }
    }
}
