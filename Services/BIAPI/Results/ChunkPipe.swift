import Synchronization

/// Hands bytes from who makes them to who sends them on, a little ahead at most: a slow client slows the query.
final class ChunkPipe: Sendable {
    private struct State {
        var chunks: [[UInt8]] = []
        var bytes = 0
        var isFinished = false
        var isClosed = false
        var waiting: [Side: CheckedContinuation<Void, Never>] = [:]

        func isReady(_ side: Side) -> Bool {
            switch side {
            case .producer: bytes < ChunkPipe.bytesMax || isClosed
            case .consumer: !chunks.isEmpty || isFinished
            }
        }
    }

    private enum Side {
        case producer, consumer
    }

    private let state = Mutex(State())
    /// Nothing is taken on while so much waits.
    private static let bytesMax = 128 << 10

    /// Waits for room.
    /// - Returns: False when nobody reads any more, or when the task is cancelled.
    func send(_ chunk: [UInt8]) async -> Bool {
        await withTaskCancellationHandler {
            await wait(.producer)
            let isTaken = state.withLock { state in
                guard !state.isClosed else { return false }
                state.chunks.append(chunk)
                state.bytes += chunk.count
                return true
            }
            wake(.consumer)
            return isTaken
        } onCancel: {
            close()
        }
    }

    /// No more will be sent.
    func finish() {
        state.withLock { $0.isFinished = true }
        wake(.consumer)
    }

    /// Nobody reads any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.isFinished = true
            state.chunks = []
            state.bytes = 0
        }
        wake(.producer)
        wake(.consumer)
    }

    /// The next chunk; nil after the last. One reader.
    func next() async -> [UInt8]? {
        await wait(.consumer)
        let chunk: [UInt8]? = state.withLock { state in
            guard !state.chunks.isEmpty else { return nil }
            let chunk = state.chunks.removeFirst()
            state.bytes -= chunk.count
            return chunk
        }
        wake(.producer)
        return chunk
    }

    private func wait(_ side: Side) async {
        while !state.withLock({ $0.isReady(side) }) {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isReady(side) { return true }
                    state.waiting[side] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func wake(_ side: Side) {
        state.withLock { $0.waiting.removeValue(forKey: side) }?.resume()
    }
}
