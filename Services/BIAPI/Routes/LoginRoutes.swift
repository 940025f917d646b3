import Hummingbird
import Logging
import Web

// LoginRoutes: into a session and out of it.
// Always: a wrong name and a wrong password get the same answer after the same work; guessing is slowed; the way back
// after a log-in leads to this host or nowhere.

/// `POST /api/v1/login`, `POST /api/v1/logout`, `GET /api/v1/session`.
struct LoginRoutes {
    let users: any UserDirectory
    let tokens: SessionTokens
    let sessions: LoginSessions
    let hasher: PasswordHasher
    let throttle: LoginThrottle
    let settings: BIAPISettings

    private struct Form: Decodable {
        let name: String
        let password: String
        let next: String?
    }

    private struct UserAnswer: Encodable {
        let name: String
        let role: String
    }

    private struct LoginAnswer: Encodable {
        let user: UserAnswer
        let next: String
        let csrfToken: String

        enum CodingKeys: String, CodingKey {
            case user, next, csrfToken = "csrf_token"
        }
    }

    private struct SessionAnswer: Encodable {
        let user: UserAnswer
        let mayQuery: Bool
        /// Addresses, or `:port/path` on the visitor's host.
        let schedulerURL: String?, transformerURL: String?

        enum CodingKeys: String, CodingKey {
            case user, mayQuery = "may_query", schedulerURL = "scheduler_url", transformerURL = "transformer_url"
        }
    }

    func add(to api: RouterGroup<WebContext>) {
        let open = api.group("login").add(middleware: RefuseCrossSite()).add(middleware: BodyLimit(bytesMax: 8_192))
        open.post { request, context in try await logIn(request, context) }
        api.post("logout") { request, context in try await logOut(request, context) }
        api.group("session").add(middleware: RequireRole(.viewer)).get { request, context in
            try session(request, context)
        }
    }

    private func logIn(_ request: Request, _ context: WebContext) async throws -> Response {
        let form = try await request.decode(as: Form.self, context: context)
        let user = try await user(named: form.name, password: form.password, context)
        let session = try await tokens.issue(subject: user.id, name: user.name, role: user.role, at: user.readAt)
        let answer = LoginAnswer(
            user: UserAnswer(name: user.name, role: user.role.rawValue),
            next: form.next.flatMap { LoginRedirect.safeTarget($0, for: request) } ?? "/",
            csrfToken: tokens.csrfToken(for: session.principal))
        var response = try context.responseEncoder.encode(answer, from: request, context: context)
        SessionCookies.begin(session, of: tokens, on: &response, for: request)
        context.logger.info("logged in", metadata: ["user": "\(user.name)", "role": "\(user.role.rawValue)"])
        return response
    }

    /// Whoever has that name and password. The try counts before anything is looked at.
    private func user(named name: String, password: String, _ context: WebContext) async throws -> User {
        let attempt = try throttle.begin(user: name, address: context.client)
        var outcome = LoginThrottle.Outcome.undecided
        defer { throttle.end(attempt, outcome) }
        let user = try await users.user(named: name)
        let isRight: Bool
        do throws(PasswordError) {
            // Somebody who does not exist takes as long.
            isRight = try await hasher.verify(
                password, against: user?.passwordHash ?? hasher.decoy, isAcquainted: attempt.isAcquainted)
        } catch {
            if error == .busy { throw Problem(.serviceUnavailable, error.description, headers: [.retryAfter: "1"]) }
            throw error
        }
        guard let user, isRight, !user.isDisabled else {
            outcome = .failed
            context.logger.notice("log-in refused", metadata: ["peer": "\(context.remoteAddress)"])
            throw Problem(.unauthorized, "The name or the password is wrong.", title: "Log-in refused")
        }
        outcome = .succeeded
        return user
    }

    private func logOut(_ request: Request, _ context: WebContext) async throws -> Response {
        // Not a word of "logged out" while the session cannot be ended.
        if let problem = context.sessionProblem { throw problem }
        if let principal = context.principal { try await sessions.end(principal, lifetime: tokens.settings.lifetime) }
        var response = Response(status: .noContent)
        SessionCookies.end(on: &response, for: request)
        return response
    }

    private func session(_ request: Request, _ context: WebContext) throws -> Response {
        let principal = try context.requirePrincipal()
        let answer = SessionAnswer(
            user: UserAnswer(name: principal.name, role: principal.role.rawValue),
            mayQuery: principal.role >= settings.sqlRole, schedulerURL: settings.schedulerURL?.description,
            transformerURL: settings.transformerURL?.description)
        return try context.responseEncoder.encode(answer, from: request, context: context)
    }
}
