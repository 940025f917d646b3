// OutgoingRequest: what is sent, as a value.
import Foundation

/// An HTTP request to somebody else's server.
public struct OutgoingRequest: Sendable {
    /// What comes after the head.
    public enum Body: Sendable {
        case none
        /// Kept in memory; can be sent again.
        case bytes([UInt8])
        /// Produced while it is sent, as fast as the peer takes it; can be sent once.
        case stream(@Sendable () -> AsyncThrowingStream<[UInt8], any Error>)
    }

    /// `GET`, `POST` …, in capitals.
    public var method: String
    /// `https://…` or `http://…`; without user and password, which belong into a header.
    public var url: String
    /// In the order in which they are sent.
    public var headers: [(name: String, value: String)]
    public var body: Body
    public var limits: RequestLimits
    /// Whether it may be sent twice. `nil` asks the method: GET, HEAD, OPTIONS, PUT and DELETE may.
    public var isIdempotent: Bool?

    public init(
        _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [], body: Body = .none,
        limits: RequestLimits = RequestLimits(), isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
        self.isIdempotent = isIdempotent
    }

    var mayBeSentAgain: Bool {
        if case .stream = body { return false }
        return isIdempotent ?? ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains(method)
    }

    /// - Throws: ``CurlError/invalidRequest(_:)`` for what would smuggle a second request or leave HTTP.
    func check() throws(CurlError) {
        func isToken(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
        }
        guard isToken(method) else { throw .invalidRequest("the method is not a word") }
        guard url.lowercased().hasPrefix("http://") || url.lowercased().hasPrefix("https://"),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .invalidRequest("the address is not a plain http(s) address") }
        for (name, value) in headers {
            guard isToken(name) else { throw .invalidRequest("a header's name is not a word") }
            guard !value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw .invalidRequest("the header \(name) has a line end in it")
            }
        }
    }
}

/// How long a request may take and how much it may bring.
public struct RequestLimits: Sendable {
    /// Until the connection stands, TLS included.
    public var connectMax: Duration = .seconds(10)
    /// Without a byte in either direction.
    public var idleMax: Duration = .seconds(60)
    /// From the start to the last byte; `nil` for no limit, as for a stream.
    public var totalMax: Duration? = .seconds(300)
    /// Bytes of the response's body, after decompression.
    public var responseBytesMax = 64 << 20
    /// How many redirects are followed. A redirect may lead anywhere, so the default is none.
    public var redirectsMax = 0

    public init() {}
}

/// The head of an answer.
public struct ResponseHead: Sendable {
    public let status: Int
    /// In the order in which they came.
    public let headers: [(name: String, value: String)]

    /// The first header of that name, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// How long the server wants not to be asked (`Retry-After`); nil when it says nothing of that.
    public func retryAfter(now: Date) -> Duration? {
        header("Retry-After").flatMap { RetryPolicy.retryAfter($0, now: now) }
    }
}

/// An answer whose body is in memory.
public struct BufferedResponse: Sendable {
    public let head: ResponseHead
    public let body: [UInt8]

    public var status: Int { head.status }
    /// The body as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// An answer whose body is still coming.
public struct StreamedResponse: Sendable {
    public let head: ResponseHead
    /// The body. Iterate it once; leaving the loop early ends the request.
    public let body: ResponseChunks
}
