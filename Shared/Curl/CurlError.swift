/// Why a request or a mail did not get through.
public enum CurlError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The request cannot be sent as it is. A mistake of the caller's.
    case invalidRequest(String)
    case cannotResolve(host: String)
    case cannotConnect(host: String, reason: String)
    /// The peer's certificate or its TLS is not acceptable. Never retried, never overridden.
    case untrusted(host: String, reason: String)
    case timedOut(host: String, reason: String)
    /// The connection broke after the request had begun: whether the peer has acted on it is not known.
    case connectionLost(host: String, reason: String)
    case responseTooLarge(host: String, bytesMax: Int)
    /// The mail server said no, with SMTP's code: 4xx for now, 5xx for good.
    case rejected(host: String, code: Int, reason: String)
    case loginRefused(host: String)
    case cancelled
    /// The client was shut down.
    case closed
    case other(host: String, code: Int, reason: String)

    /// True when the same request, sent again, may get through. Whether it may be sent again is for its method to say.
    public var isRetriable: Bool {
        switch self {
        case .cannotResolve, .cannotConnect, .timedOut, .connectionLost: true
        case .rejected(_, let code, _): (400..<500).contains(code)
        default: false
        }
    }

    public var description: String {
        switch self {
        case .invalidRequest(let reason): "The request cannot be sent: \(reason)"
        case .cannotResolve(let host): "No address is known for \(host). Check the name and the DNS."
        case .cannotConnect(let host, let reason): "Cannot connect to \(host): \(reason)"
        case .untrusted(let host, let reason):
            "\(host) cannot be trusted: \(reason). Name its CA with SSL_CERT_FILE if it is your own."
        case .timedOut(let host, let reason): "\(host) took too long: \(reason)"
        case .connectionLost(let host, let reason): "Lost the connection to \(host): \(reason)"
        case .responseTooLarge(let host, let bytesMax): "\(host) answered with more than \(bytesMax) bytes."
        case .rejected(let host, let code, let reason): "\(host) refused the mail with \(code): \(reason)"
        case .loginRefused(let host): "\(host) refused the log-in. Check user and password."
        case .cancelled: "The request was cancelled."
        case .closed: "The HTTP client has been shut down."
        case .other(let host, let code, let reason): "Talking to \(host) failed: \(reason) (libcurl \(code))"
        }
    }
}
