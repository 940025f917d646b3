import Hummingbird
import Web

// CSVDownload: a query whose rows go to a client as they come.
// Always: it counts as one of the user's queries until its last byte is sent; it ends, in the database too, when the client
// leaves, when the client takes nothing for a while, and when nobody begins to send it at all.

/// A query under way, and what of its text waits to be sent.
final class CSVDownload: Sendable {
    private let pipe = ChunkPipe()
    private let reading: Task<Void, any Error>
    private let sendMax: Duration

    /// Begins.
    /// - Parameters:
    ///   - slot: The user's right to run a query.
    ///   - timeMax: The longest that the query may take, sending it included.
    ///   - sendMax: The longest that the client may take for a piece of it.
    init(
        _ sql: String, on engine: any QueryEngine, slot: UserSlots.Slot, timeMax: Duration, sendMax: Duration
    ) {
        self.sendMax = sendMax
        let pipe = pipe
        reading = Task {
            defer {
                pipe.finish()
                slot.end()
            }
            var stream = try await engine.read(sql, timeMax: timeMax, into: CSVStream(pipe))
            _ = await stream.flush()
        }
    }

    deinit { stop() }

    /// Ends the query.
    private func stop() {
        reading.cancel()
        pipe.close()
    }

    /// Waits until there is something to send.
    /// - Throws: why the query gives nothing: nothing was sent then, and the answer can still say so.
    func begin(_ context: WebContext) async throws -> ResponseBody {
        let first = try await context.withHangUpHandler {
            await withTaskCancellationHandler {
                await pipe.next()
            } onCancel: {
                stop()
            }
        } onHangUp: {
            self.stop()
        }
        guard let first else {
            try await reading.value
            throw CancellationError()
        }
        return ResponseBody { writer in try await self.send(first, to: &writer, context) }
    }

    /// When the query fails on the way, the connection breaks off, so that nobody takes a part for the whole.
    private func send(
        _ first: [UInt8], to writer: inout any ResponseBodyWriter, _ context: WebContext
    ) async throws {
        do {
            try await context.withHangUpHandler {
                var next: [UInt8]? = first
                while let chunk = next {
                    let late = Task {
                        try await Task.sleep(for: sendMax)
                        context.hangUp()
                    }
                    do {
                        defer { late.cancel() }
                        try await writer.write(ByteBuffer(bytes: chunk))
                    }
                    next = await pipe.next()
                }
                try await reading.value
            } onHangUp: {
                self.stop()
            }
            try await writer.finish(nil)
        } catch {
            stop()
            throw error
        }
    }
}
