// ProblemMiddleware: every error leaves as problem+json, and none carries more than its sender may know.
import Hummingbird
import Logging
import NIOHTTP1
import ServiceRuntime

struct ProblemMiddleware: RouterMiddleware {
    let routes: RouteTable
    let explain: @Sendable (any Error) -> Problem?

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error  // the connection is beyond an answer; the server closes it
        } catch {
            let problem = problem(error, request, context)
            if problem.status == .serviceUnavailable, let page = AwayPage(problem, for: request) {
                return page.response
            }
            return try problem.response(from: request, context: context)
        }
    }

    private func problem(_ error: any Error, _ request: Request, _ context: WebContext) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let error as HTTPError where error.status == .notFound && context.endpointPath == RouteTable.notFound:
            return unrouted(request)
        case let error as HTTPError:
            return Problem(error.status, error.body, headers: error.headers)
        case let error as DecodingError:
            return Problem(decoding: error)
        case let error as any HTTPResponseError:
            return Problem(error.status)
        case is CancellationError:
            return Problem(.serviceUnavailable, "The service is stopping. Try again shortly.")
        default:
            if let problem = explain(error) {
                context.logger.warning(
                    "request not answered", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
                return problem
            }
            context.logger.error(
                "request failed",
                metadata: [
                    "method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)",
                ])
            return Problem(
                .internalServerError, "The service could not answer. Its log has the reason under this request's id.",
                members: ["request_id": context.requestID])
        }
    }

    /// 405 with the verbs that the path has, or 404.
    private func unrouted(_ request: Request) -> Problem {
        let verbs = routes.methods(at: request.uri.path)
        guard !verbs.isEmpty else { return .notFound("There is nothing at this path.") }
        return Problem(
            .methodNotAllowed, "This path takes \(verbs.joined(separator: ", ")).",
            headers: [.allow: verbs.joined(separator: ", ")])
    }
}
