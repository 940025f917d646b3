// RequestObserver: a line in the log and two metrics for every request, labelled by route, never by path.
import Hummingbird
import Logging
import Metrics
import ServiceRuntime
import Synchronization

struct RequestObserver: RouterMiddleware {
    private let meters = RequestMeters()

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let elapsed = start.duration(to: .now)
        let route = context.endpointPath ?? RouteTable.notFound
        meters.record(method: request.method, route: route, status: response.status.code, elapsed)
        context.logger.log(
            level: level(request, response, route), "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)",
                "status": .stringConvertible(response.status.code),
                "duration_ms": .stringConvertible(elapsed / .milliseconds(1)), "peer": "\(context.remoteAddress)",
            ])
        return response
    }

    /// What an operator would note down is `info`: changes and refusals. Reading, and what probes ask, is `debug`.
    private func level(_ request: Request, _ response: Response, _ route: String) -> Logger.Level {
        if response.status.code >= 500 && !HealthRoutes.paths.contains(route) { return .warning }
        if HealthRoutes.paths.contains(route) { return .debug }
        let isReading = request.method == .get || request.method == .head
        return isReading && response.status.code < 400 ? .debug : .info
    }
}

/// The metrics of requests, looked up once for each method, route and status.
private final class RequestMeters: Sendable {
    private struct Key: Hashable {
        let method: String, route: String, status: Int
    }

    private let meters = Mutex<[Key: (count: Counter, duration: Timer)]>([:])
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    init() {
        MetricsRegistry.shared.describe([
            .init("http_requests_total", help: "Requests answered, by method, route and status."),
            .init(
                "http_request_duration_seconds",
                help: "Time from a request's head to its answer's, by method and route."),
        ])
    }

    func record(method: HTTPRequest.Method, route: String, status: Int, _ elapsed: Duration) {
        let method = Self.methods.contains(method.rawValue) ? method.rawValue : "OTHER"
        let (count, duration) = meters.withLock { meters in
            let key = Key(method: method, route: route, status: status)
            if let found = meters[key] { return found }
            let labels = [("method", method), ("route", route)]
            let made = (
                Counter(label: "http_requests_total", dimensions: labels + [("status", "\(status)")]),
                Timer(label: "http_request_duration_seconds", dimensions: labels)
            )
            meters[key] = made
            return made
        }
        count.increment()
        duration.record(duration: elapsed)
    }
}
