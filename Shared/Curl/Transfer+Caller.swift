// The caller's side of a transfer.
import Synchronization

extension Transfer {
    /// Waits for the head of the answer.
    func head() async throws(CurlError) -> ResponseHead {
        await wait { state in
            state.head != nil || state.end != nil
        } park: {
            $0.headWaiter = $1
        }
        let (head, end) = state.withLock { ($0.head, $0.end) }
        if let head { return head }
        if case .failure(let error) = end { throw error }
        throw .connectionLost(host: host, reason: "the answer ended before it began")
    }

    /// The next piece of the body; `nil` at its end.
    /// - Parameter resume: Called when the sender had paused and there is room again.
    func chunk(resume: () -> Void) async throws(CurlError) -> [UInt8]? {
        await wait { state in
            !state.chunks.isEmpty || state.end != nil
        } park: {
            $0.chunkWaiter = $1
        }
        let (chunk, mustResume, end) = state.withLock { state in
            guard !state.chunks.isEmpty else { return ([UInt8]?.none, false, state.end) }
            let all = Array(state.chunks.joined())
            state.chunks = []
            state.chunksBytes = 0
            defer { state.isReceivingPaused = false }
            return (all, state.isReceivingPaused, nil)
        }
        if mustResume { resume() }
        if case .failure(let error) = end { throw error }
        return chunk
    }

    /// Waits until the transfer has ended, whatever it brought.
    func done() async throws(CurlError) {
        await wait {
            $0.end != nil
        } park: {
            $0.headWaiter = $1
        }
        if case .failure(let error) = state.withLock({ $0.end }) { throw error }
    }

    /// A body that is there as a whole.
    func setUpload(_ bytes: [UInt8]) {
        state.withLock { state in
            state.upload = bytes
            state.isUploadComplete = true
        }
    }

    /// Gives more of a streamed body and waits until the peer has taken it.
    func send(_ bytes: [UInt8], resume: () -> Void) async {
        let mustResume = state.withLock { state in
            state.upload.append(contentsOf: bytes)
            defer { state.isSendingPaused = false }
            return state.isSendingPaused
        }
        if mustResume { resume() }
        await wait {
            $0.upload.isEmpty || $0.end != nil
        } park: {
            $0.roomWaiter = $1
        }
    }

    /// The streamed body is complete.
    func endUpload(resume: () -> Void) {
        let mustResume = state.withLock { state in
            state.isUploadComplete = true
            defer { state.isSendingPaused = false }
            return state.isSendingPaused
        }
        if mustResume { resume() }
    }

    private func wait(
        until isReady: @Sendable (State) -> Bool,
        park: @Sendable (inout State, CheckedContinuation<Void, Never>) -> Void
    ) async {
        await withCheckedContinuation { continuation in
            let isReadyNow = state.withLock { state in
                if isReady(state) { return true }
                park(&state, continuation)
                return false
            }
            if isReadyNow { continuation.resume() }
        }
    }
}
