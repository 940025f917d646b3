// HTTPClient: requests to other people's servers, over HTTP/1.1 and HTTP/2.
// Always: certificates are verified; a request is sent again only when that is safe; a task that is cancelled ends its
// request; nothing is read from the network that nobody asks for.
import CLibcurl
import Foundation
import Logging

/// Sends HTTP requests. Keep one for as long as there are requests: it keeps connections open.
public final class HTTPClient: Sendable {
    private let loop = CurlLoop()
    private let trust: TrustSettings
    private let retries: RetryPolicy
    private let logger: Logger
    private let random: @Sendable () -> Double
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameter trust: The environment's when left out.
    public convenience init(
        trust: TrustSettings = .environment(), retries: RetryPolicy = RetryPolicy(), logger: Logger
    ) {
        self.init(
            trust: trust, retries: retries, logger: logger, random: { Double.random(in: 0..<1) },
            sleep: { try await Task.sleep(for: $0) })
    }

    init(
        trust: TrustSettings, retries: RetryPolicy, logger: Logger, random: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.trust = trust
        self.retries = retries
        self.logger = logger
        self.random = random
        self.sleep = sleep
    }

    deinit { loop.stop() }

    /// Ends every request that still runs with ``CurlError/closed``, and refuses new ones.
    public func shutdown() { loop.stop() }

    /// Sends `request` and reads the whole answer. Any status is an answer.
    /// - Throws: when no answer came, after the retries that the request allows.
    public func send(_ request: OutgoingRequest) async throws(CurlError) -> BufferedResponse {
        let streamed: (ResponseHead, [UInt8]) = try await attempts(of: request) { (response) throws(CurlError) in
            var body: [UInt8] = []
            for try await chunk in response.body { body += chunk }
            return (response.head, body)
        }
        return BufferedResponse(head: streamed.0, body: streamed.1)
    }

    /// Sends `request` and gives its answer as soon as the head is there. Only what happens up to then is retried.
    public func stream(_ request: OutgoingRequest) async throws(CurlError) -> StreamedResponse {
        try await attempts(of: request) { (response) throws(CurlError) in response }
    }

    private func attempts<Answer: Sendable>(
        of request: OutgoingRequest, read: (StreamedResponse) async throws(CurlError) -> Answer
    ) async throws(CurlError) -> Answer {
        try request.check()
        var attempt = 1
        while true {
            do throws(CurlError) {
                let response = try await once(request)
                guard request.mayBeSentAgain,
                    let delay = retries.delay(after: attempt, head: response.head, random: random(), now: Date())
                else { return try await read(response) }
                response.body.cancel()
                try await pause(delay, attempt, request, reason: "status \(response.head.status)")
            } catch {
                guard request.mayBeSentAgain, error.isRetriable,
                    let delay = retries.delay(after: attempt, random: random())
                else { throw error }
                try await pause(delay, attempt, request, reason: "\(error)")
            }
            attempt += 1
        }
    }

    private func pause(
        _ delay: Duration, _ attempt: Int, _ request: OutgoingRequest, reason: String
    ) async throws(CurlError) {
        logger.debug(
            "request is sent again",
            metadata: [
                "host": "\(Self.host(of: request.url))", "attempt": .stringConvertible(attempt), "reason": "\(reason)",
                "delay_ms": .stringConvertible(Int(delay / .milliseconds(1))),
            ])
        do {
            try await sleep(delay)
        } catch {
            throw .cancelled
        }
    }

    private func once(_ request: OutgoingRequest) async throws(CurlError) -> StreamedResponse {
        let transfer = Transfer(
            host: Self.host(of: request.url), isMail: false, responseBytesMax: request.limits.responseBytesMax,
            tellsHeadEarly: request.limits.redirectsMax == 0)
        var pump: Task<Void, Never>?
        switch request.body {
        case .none: transfer.setUpload([])
        case .bytes(let bytes): transfer.setUpload(bytes)
        case .stream(let make): pump = Self.pump(make(), into: transfer, loop)
        }
        let trust = self.trust
        loop.start(transfer) { handle in request.apply(to: &handle, trust: trust) }
        let chunks = ResponseChunks(transfer, loop, pump: pump)
        let result: Result<ResponseHead, CurlError> = await withTaskCancellationHandler {
            do throws(CurlError) {
                return .success(try await transfer.head())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return StreamedResponse(head: try result.get(), body: chunks)
    }

    /// Runs a transfer to its end.
    func run(_ transfer: Transfer, setUp: @escaping @Sendable (inout EasyHandle) -> Void) async throws(CurlError) {
        let loop = self.loop
        loop.start(transfer, setUp: setUp)
        let result: Result<Void, CurlError> = await withTaskCancellationHandler {
            do throws(CurlError) {
                return .success(try await transfer.done())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        try result.get()
    }

    /// Moves a streamed body into the transfer, at the pace at which the peer takes it.
    private static func pump(
        _ stream: AsyncThrowingStream<[UInt8], any Error>, into transfer: Transfer, _ loop: CurlLoop
    ) -> Task<Void, Never> {
        Task {
            do {
                for try await bytes in stream where !bytes.isEmpty {
                    await transfer.send(bytes) { loop.resume(transfer) }
                }
                // A stream that was cancelled ends like one that is complete; half a body must not look like a whole
                // one.
                guard !Task.isCancelled else { return loop.cancel(transfer) }
                transfer.endUpload { loop.resume(transfer) }
            } catch {
                loop.cancel(transfer)
            }
        }
    }

    static func host(of url: String) -> String { URL(string: url)?.host() ?? "?" }
}
