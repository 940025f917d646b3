import HTTPTypes
import Hummingbird
import ServiceRuntime

/// Finds out from where a request comes, through the proxies that are trusted, before anything counts or logs it.
struct ClientAddress: RouterMiddleware {
    let limits: HTTPLimits
    let streams: StreamPlaces

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.streams = streams
        if let peer = NetworkAddress(context.remoteAddress) {
            let client = limits.client(peer: peer, forwardedFor: request.headers[values: .forwardedFor])
            context.remoteAddress = client.description
        }
        return try await next(request, context)
    }
}
