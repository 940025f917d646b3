// WebApplication: puts the HTTP face of a service together. What every face has is added first, and so wraps every
// route: who asks, log and metrics outermost, then compression, security headers, problems, the body limit, the session.
import Hummingbird
import Logging
import ServiceRuntime

/// The routes of a service. Add them to ``router``, then run ``server()``.
///
///     let web = WebApplication(endpoint: http, health: health, sessions: sessions, logger: logger)
///     let api = web.router.group("api").add(middleware: RequireRole(.viewer))
///     api.get("dags") { request, context in … }
///     try await Lifecycle.run([database, web.server()], settings: settings, health: health, logger: logger)
public struct WebApplication {
    /// Routes added here are open to everyone, except for what their groups' middleware demands.
    public let router: Router<WebContext>
    private let endpoint: HTTPEndpoint
    private let routes: RouteTable
    private let logger: Logger

    /// - Parameters:
    ///   - sessions: Who may log in; without, every request is a visitor's.
    ///   - bodyBytesMax: The most bytes of body a handler reads; ``BodyLimit`` changes it for a group.
    ///   - explain: What an error that a handler throws means to whoever asks; `nil` for what is the service's own
    ///     failure, a bare 500. A database that does not answer is ``Problem/away(_:)``.
    ///   - contentSecurityPolicy: What pages may load. The default is this service and nothing else.
    public init(
        endpoint: HTTPEndpoint, health: HealthChecks, sessions: SessionTokens? = nil, bodyBytesMax: Int = 1 << 20,
        explain: @escaping @Sendable (any Error) -> Problem? = { _ in nil }, contentSecurityPolicy: String? = nil,
        metrics: MetricsRegistry = .shared, logger: Logger
    ) {
        self.endpoint = endpoint
        self.logger = logger
        routes = RouteTable()
        router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ClientAddress(limits: endpoint.limits, streams: StreamPlaces(endpoint.limits)))
        router.add(middleware: RequestObserver())
        router.add(middleware: Compression())
        router.add(middleware: SecurityHeaders(contentSecurityPolicy: contentSecurityPolicy ?? SecurityHeaders.policy))
        router.add(middleware: ProblemMiddleware(routes: routes, explain: explain))
        router.add(middleware: BodyLimit(bytesMax: bodyBytesMax))
        if let sessions { router.add(middleware: SessionMiddleware(sessions: sessions)) }
        HealthRoutes.add(to: router, health, metrics: metrics)
    }

    /// The service that answers; routes added afterwards are not in it.
    public func server() -> WebServer {
        routes.fill(from: router)
        return WebServer(responder: router.buildResponder(), endpoint: endpoint, logger: logger)
    }
}
