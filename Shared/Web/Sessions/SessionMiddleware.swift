// SessionMiddleware: finds out who asks. It refuses nobody for lack of a session (see RequireRole), but a bad bearer
// token is an error, and a change that a browser sends with its cookie must carry the page's CSRF token. A session that
// cannot be checked now is neither good nor bad: what needs one answers 503 then, and what needs none answers as ever.
import HTTPTypes
import Hummingbird

struct SessionMiddleware: RouterMiddleware {
    let sessions: SessionTokens

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let authorization = request.headers[.authorization] {
            try await bearer(authorization, &context)
        } else if let token = request.cookies[SessionCookies.session]?.value {
            try await cookie(token, request, &context)
        }
        if let principal = context.principal { context.logger[metadataKey: "user"] = "\(principal.name)" }
        return try await next(request, context)
    }

    private func bearer(_ authorization: String, _ context: inout WebContext) async throws(Problem) {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthenticated() }
        let token = parts[1].trimmingPrefix(" ").description
        do {
            context.principal = try await sessions.verify(token)
            context.sessionStands = stands(token)
        } catch {
            switch error {
            case .unchecked(let reason): context.sessionProblem = .away(reason)
            case .expired: throw Problem.unauthenticated("The token has expired: log in again.")
            case .malformed, .forged, .revoked: throw Problem.unauthenticated("The token is not valid here.")
            }
        }
    }

    private func cookie(_ token: String, _ request: Request, _ context: inout WebContext) async throws(Problem) {
        do {
            var principal = try await sessions.verify(token)
            principal.means = .cookie
            context.principal = principal
            context.sessionStands = stands(token)
        } catch {
            // An old cookie is a visitor's, not an error.
            if case .unchecked(let reason) = error { context.sessionProblem = .away(reason) }
            return
        }
        if let principal = context.principal { try checkCSRF(request, principal) }
    }

    /// Asks again, for answers that go on for as long as a session may.
    private func stands(_ token: String) -> @Sendable () async -> Bool {
        { [sessions] in
            do throws(SessionError) {
                _ = try await sessions.verify(token)
                return true
            } catch {
                if case .unchecked = error { return true }  // neither good nor bad: it stood when the answer began
                return false
            }
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
