// Transfer: one request or mail between the task that wants it and the thread that carries it.
// Always: at most `bufferMax` bytes wait in each direction, then the other side pauses; a head, an end or an error is
// told exactly once; whoever waits is woken outside of the lock.
import CLibcurl
import Synchronization

/// The meeting point of the curl thread (callbacks) and the caller's task (`head()`, `chunk()`, `send()`).
final class Transfer: Sendable {
    struct State {
        var status = 0
        var headers: [(name: String, value: String)] = []
        var head: ResponseHead?
        var end: Result<Void, CurlError>?

        var chunks: [[UInt8]] = []
        var chunksBytes = 0
        var receivedBytes = 0
        var isReceivingPaused = false
        /// Set when a callback stops the transfer: libcurl's own error would only say that it was stopped.
        var failure: CurlError?

        var upload: [UInt8] = []
        var uploadOffset = 0
        var isUploadComplete = false
        var isSendingPaused = false

        var headWaiter: CheckedContinuation<Void, Never>?
        var chunkWaiter: CheckedContinuation<Void, Never>?
        var roomWaiter: CheckedContinuation<Void, Never>?
    }

    static let bufferMax = 256 << 10

    let host: String
    let isMail: Bool
    private let responseBytesMax: Int
    private let tellsHeadEarly: Bool
    let state = Mutex(State())

    /// - Parameter tellsHeadEarly: Whether the first final head is the one; false while redirects may follow.
    init(host: String, isMail: Bool, responseBytesMax: Int, tellsHeadEarly: Bool) {
        self.host = host
        self.isMail = isMail
        self.responseBytesMax = responseBytesMax
        self.tellsHeadEarly = tellsHeadEarly
    }

    // MARK: The curl thread

    /// One line of a head. A status line starts a new one: after `100 Continue`, or at the end of a redirect.
    func receiveHeader(_ line: String) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.head == nil else { return nil }  // trailers
            if line.hasPrefix("HTTP/") {
                state.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                state.headers = []
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                state.headers.append((String(line[..<colon]), String(value)))
            } else if line.isEmpty, state.status >= 200, tellsHeadEarly {
                return Self.tellHead(&state)
            }
            return nil
        }
        waiter?.resume()
    }

    /// - Returns: how many bytes were taken, or `CURL_WRITEFUNC_PAUSE`.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (taken, waiters) = state.withLock { state -> (Int, [CheckedContinuation<Void, Never>?]) in
            let head = state.head == nil ? Self.tellHead(&state) : nil
            guard state.receivedBytes + bytes.count <= responseBytesMax else {
                state.failure = .responseTooLarge(host: host, bytesMax: responseBytesMax)
                return (0, [head])
            }
            guard state.chunksBytes == 0 || state.chunksBytes + bytes.count <= Self.bufferMax else {
                state.isReceivingPaused = true
                return (Int(CURL_WRITEFUNC_PAUSE), [head])
            }
            state.chunks.append(Array(bytes))
            state.chunksBytes += bytes.count
            state.receivedBytes += bytes.count
            defer { state.chunkWaiter = nil }
            return (bytes.count, [head, state.chunkWaiter])
        }
        for waiter in waiters { waiter?.resume() }
        return taken
    }

    /// - Returns: how many bytes were put into `buffer`, 0 at the end, or `CURL_READFUNC_PAUSE`.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (given, waiter) = state.withLock { state -> (Int, CheckedContinuation<Void, Never>?) in
            let left = state.upload.count - state.uploadOffset
            guard left > 0 else {
                guard !state.isUploadComplete else { return (0, nil) }
                state.isSendingPaused = true
                return (Int(CURL_READFUNC_PAUSE), nil)
            }
            let count = min(left, buffer.count)
            state.upload.withUnsafeBytes { upload in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: upload[state.uploadOffset..<state.uploadOffset + count]))
            }
            state.uploadOffset += count
            guard !state.isUploadComplete, state.uploadOffset == state.upload.count else { return (count, nil) }
            state.upload.removeAll(keepingCapacity: true)  // a streamed body is not sent twice
            state.uploadOffset = 0
            defer { state.roomWaiter = nil }
            return (count, state.roomWaiter)
        }
        waiter?.resume()
        return given
    }

    /// Goes back to `offset` of a buffered body, when libcurl must send it again on a fresh connection.
    func seek(to offset: Int) -> Bool {
        state.withLock { state in
            guard state.isUploadComplete, (0...state.upload.count).contains(offset) else { return false }
            state.uploadOffset = offset
            return true
        }
    }

    /// The transfer is over. The first end counts.
    func finish(_ result: Result<Void, CurlError>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>?] in
            guard state.end == nil else { return [] }
            var head: CheckedContinuation<Void, Never>?
            if case .success = result, state.head == nil { head = Self.tellHead(&state) }
            state.end = if case .failure = result, let failure = state.failure { .failure(failure) } else { result }
            defer { (state.headWaiter, state.chunkWaiter, state.roomWaiter) = (nil, nil, nil) }
            return [head, state.headWaiter, state.chunkWaiter, state.roomWaiter]
        }
        for waiter in waiters { waiter?.resume() }
    }

    private static func tellHead(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        state.head = ResponseHead(status: state.status, headers: state.headers)
        defer { state.headWaiter = nil }
        return state.headWaiter
    }
}
