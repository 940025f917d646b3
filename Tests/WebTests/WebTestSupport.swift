import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceRuntime
import Synchronization

@testable import Web

/// A service's face for a test, without a port.
struct Face {
    static let secret = "kT9vQ2mZr7XpL4sWn8Bd1Fh6Jc3Gy5Ua"
    let sessions: SessionTokens
    let web: WebApplication

    init(
        login: LoginAddress = .port(8088, path: "/login"), health: HealthChecks = HealthChecks(),
        accepts: @escaping SessionTokens.Acceptance = { _, _ in .stands }, bodyBytesMax: Int = 1 << 20,
        limits: HTTPLimits = HTTPLimits(), explain: @escaping @Sendable (any Error) -> Problem? = { _ in nil }
    ) async throws {
        let settings = try SessionSettings(secret: Self.secret, lifetime: .seconds(3600), login: login)
        sessions = SessionTokens(settings, accepts: accepts)
        web = WebApplication(
            endpoint: HTTPEndpoint(port: 0, limits: limits), health: health, sessions: sessions,
            bodyBytesMax: bodyBytesMax,
            explain: explain, metrics: MetricsRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func ask(
        _ method: HTTPRequest.Method = .get, _ uri: String, headers: HTTPFields = [:], body: String? = nil
    ) async throws -> TestResponse {
        try await web.server().application.test(.router) { client in
            try await client.execute(
                uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }

    /// The headers of a browser that is logged in.
    func browser(_ role: Role, csrf: Bool) async throws -> HTTPFields {
        let session = try await sessions.issue(subject: "1", name: "ada", role: role)
        let token = sessions.csrfToken(for: session.principal)
        var headers: HTTPFields = [.cookie: "millrace_session=\(session.token); millrace_csrf=\(token)"]
        if csrf { headers[.csrfToken] = token }
        return headers
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(buffer: body)) as? [String: Any]) ?? [:]
    }
}
