// The middlewares that keep people out: of an API with a status, of a page by sending them to log in, of the log-in
// form when another site fills it in.
import Foundation
import HTTPTypes
import Hummingbird

/// Lets through who has at least a role; others get 401 or 403 as problem+json. For APIs.
public struct RequireRole: RouterMiddleware {
    private let role: Role

    public init(_ role: Role) { self.role = role }

    public func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        _ = try context.require(role)
        return try await next(request, context)
    }
}

/// Sends a visitor without a session to the log-in page, which sends them back. For pages.
public struct RequireLogin: RouterMiddleware {
    private let role: Role
    private let login: LoginAddress

    public init(_ role: Role = .viewer, login: LoginAddress) {
        self.role = role
        self.login = login
    }

    public func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        if context.principal == nil, context.sessionProblem == nil, request.method == .get || request.method == .head {
            return Response.redirect(to: try LoginRedirect.location(of: login, for: request), type: .normal)
        }
        _ = try context.require(role)
        var response = try await next(request, context)
        // The page is for whoever is logged in: no cache in between hands it to others.
        response.headers[.cacheControl] = "private, no-cache"
        response.headers.append(HTTPField(name: .vary, value: "Cookie"))
        return response
    }
}

/// Refuses requests that a page of another site makes a browser send. For what has no session yet: the log-in itself.
public struct RefuseCrossSite: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        if let site = request.headers[.fetchSite], !["same-origin", "none"].contains(site) {
            throw Problem(.forbidden, "This must be asked for by the service's own page.")
        }
        if let origin = request.headers[.origin],
            URL(string: origin).flatMap(HostName.authority) != request.head.authority
        {
            throw Problem(.forbidden, "This must be asked for by the service's own page.")
        }
        return try await next(request, context)
    }
}
