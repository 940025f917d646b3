/// The body of an answer, piece by piece. Nothing more is read from the network than is asked for, but for a small
/// buffer.
public struct ResponseChunks: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = CurlError

    private let source: Source

    init(_ transfer: Transfer, _ loop: CurlLoop, pump: Task<Void, Never>?) {
        source = Source(transfer, loop, pump)
    }

    /// Ends the request; what has not been read is lost.
    public func cancel() { source.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    public struct Iterator: AsyncIteratorProtocol {
        let source: Source

        public func next() async throws(CurlError) -> [UInt8]? { try await source.next() }
        public func next(isolation actor: isolated (any Actor)?) async throws(CurlError) -> [UInt8]? {
            try await source.next()
        }
    }

    /// Ends the request when nobody can read its answer any more.
    final class Source: Sendable {
        private let transfer: Transfer
        private let loop: CurlLoop
        private let pump: Task<Void, Never>?

        init(_ transfer: Transfer, _ loop: CurlLoop, _ pump: Task<Void, Never>?) {
            self.transfer = transfer
            self.loop = loop
            self.pump = pump
        }

        deinit { cancel() }

        func cancel() {
            pump?.cancel()
            loop.cancel(transfer)
        }

        func next() async throws(CurlError) -> [UInt8]? {
            let (transfer, loop) = (self.transfer, self.loop)
            let result: Result<[UInt8]?, CurlError> = await withTaskCancellationHandler {
                do throws(CurlError) {
                    return .success(try await transfer.chunk { loop.resume(transfer) })
                } catch {
                    return .failure(error)
                }
            } onCancel: {
                loop.cancel(transfer)
            }
            return try result.get()
        }
    }
}
