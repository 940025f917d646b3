/// Hands bytes from who makes them to who sends them on, a few chunks ahead at most: a slow client slows the query.
actor ChunkPipe {
    private var chunks: [[UInt8]] = []
    private var isFinished = false
    private var isClosed = false
    private var producer: CheckedContinuation<Void, Never>?
    private var consumer: CheckedContinuation<Void, Never>?
    private let chunksMax = 4

    /// Waits for room.
    /// - Returns: False when nobody reads any more.
    func send(_ chunk: [UInt8]) async -> Bool {
        while chunks.count >= chunksMax, !isClosed { await withCheckedContinuation { producer = $0 } }
        guard !isClosed else { return false }
        chunks.append(chunk)
        wakeConsumer()
        return true
    }

    /// No more will be sent.
    func finish() {
        isFinished = true
        wakeConsumer()
    }

    /// Nobody reads any more.
    func close() {
        isClosed = true
        chunks = []
        wakeProducer()
    }

    /// The next chunk; nil after the last. One reader.
    func next() async -> [UInt8]? {
        while chunks.isEmpty, !isFinished { await withCheckedContinuation { consumer = $0 } }
        guard !chunks.isEmpty else { return nil }
        let chunk = chunks.removeFirst()
        wakeProducer()
        return chunk
    }

    private func wakeProducer() {
        producer?.resume()
        producer = nil
    }

    private func wakeConsumer() {
        consumer?.resume()
        consumer = nil
    }
}
