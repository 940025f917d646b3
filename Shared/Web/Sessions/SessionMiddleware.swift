// SessionMiddleware: finds out who asks. It refuses nobody for lack of a session (see RequireRole), but a bad bearer
// token is an error, and a change that a browser sends with its cookie must carry the page's CSRF token.
import HTTPTypes
import Hummingbird

struct SessionMiddleware: RouterMiddleware {
    let sessions: SessionTokens

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let authorization = request.headers[.authorization] {
            context.principal = try await bearer(authorization)
        } else if let token = request.cookies[SessionCookies.session]?.value,
            var principal = try? await sessions.verify(token)  // an old cookie is a visitor's, not an error
        {
            principal.means = .cookie
            try checkCSRF(request, principal)
            context.principal = principal
        }
        if let principal = context.principal { context.logger[metadataKey: "user"] = "\(principal.name)" }
        return try await next(request, context)
    }

    private func bearer(_ authorization: String) async throws -> Principal {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthenticated() }
        do {
            return try await sessions.verify(parts[1].trimmingPrefix(" ").description)
        } catch {
            throw Problem.unauthenticated(
                error == .expired ? "The token has expired: log in again." : "The token is not valid here.")
        }
    }

    private func checkCSRF(_ request: Request, _ principal: Principal) throws(Problem) {
        guard ![.get, .head, .options].contains(request.method) else { return }
        guard let header = request.headers[SessionCookies.csrfHeader],
            header == request.cookies[SessionCookies.csrf]?.value, sessions.isCSRFToken(header, of: principal)
        else {
            throw Problem(
                .forbidden, "The header X-CSRF-Token must repeat the cookie \(SessionCookies.csrf) of this session.",
                title: "CSRF token missing or wrong")
        }
    }
}
