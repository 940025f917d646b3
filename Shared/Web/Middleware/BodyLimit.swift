import Hummingbird

/// Sets how many bytes of body the handlers below it read; more is 413. Add it to a group to change the service's
/// limit.
public struct BodyLimit: RouterMiddleware {
    private let bytesMax: Int

    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    public func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.bodyBytesMax = bytesMax
        return try await next(request, context)
    }
}
