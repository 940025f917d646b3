import NIOHTTP1
import ServiceRuntime

/// The collector's paths: what they take, and what they are called in metrics.
enum CollectorRoutes {
    private static let readable: Set<String> = ["/millrace.js", "/healthz", "/readyz", "/metrics"]

    /// The path as it is known here: some SDKs end it with a slash.
    static func plain(_ path: Substring) -> String {
        String(path.count > 1 && path.hasSuffix("/") ? path.dropLast() : path)
    }

    /// Whether a request asks how the service is: answered beyond the limits of connections, too.
    static func isHealth(_ head: HTTPRequestHead) -> Bool {
        ["/healthz", "/readyz", "/metrics"].contains(plain(head.uri.prefix { $0 != "?" }))
    }

    /// Whether a request brings events.
    static func takesEvents(_ method: HTTPMethod, _ path: String) -> Bool {
        switch method {
        case .POST: RequestJudge.calls[path] != nil || path.hasPrefix(RequestJudge.topicsPath)
        case .GET, .HEAD: Pixel.paths[path] != nil
        default: false
        }
    }

    /// The verbs of a path; empty when there is no such path.
    static func verbs(at path: String) -> String {
        if RequestJudge.calls[path] != nil || path.hasPrefix(RequestJudge.topicsPath) { return "OPTIONS, POST" }
        return readable.contains(path) || Pixel.paths[path] != nil ? "GET, HEAD, OPTIONS" : ""
    }

    /// The route's name, of which there are few, whatever is asked for.
    static func name(of path: String) -> String {
        if RequestJudge.calls[path] != nil || readable.contains(path) || Pixel.paths[path] != nil { return path }
        return path.hasPrefix(RequestJudge.topicsPath) ? "/v1/topics/{topic}" : "NotFound"
    }

    static func method(_ method: HTTPMethod) -> String {
        switch method {
        case .GET: "GET"
        case .POST: "POST"
        case .HEAD: "HEAD"
        case .OPTIONS: "OPTIONS"
        case .PUT: "PUT"
        case .DELETE: "DELETE"
        case .PATCH: "PATCH"
        default: "OTHER"
        }
    }

    static func metrics() -> Answer {
        Answer(
            .ok, contentType: "text/plain; version=0.0.4; charset=utf-8",
            body: Array(MetricsRegistry.shared.exposition().utf8))
    }

    /// Lets pages of the allowed origins read answers. Keys are not cookies: no credentials are involved.
    static func addCrossOrigin(to headers: inout HTTPHeaders, origin: String?, allowed: [String]) {
        headers.add(name: "Cross-Origin-Resource-Policy", value: "cross-origin")
        guard let origin else { return }
        if allowed.contains("*") {
            headers.add(name: "Access-Control-Allow-Origin", value: "*")
        } else if allowed.contains(origin) {
            headers.add(name: "Access-Control-Allow-Origin", value: origin)
            headers.add(name: "Vary", value: "Origin")
        }
        headers.add(
            name: "Access-Control-Expose-Headers",
            value: "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset")
    }
}
