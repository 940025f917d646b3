// SessionCookies: a session in a browser is two cookies: the token, which scripts cannot read, and the CSRF token,
// which our page's script reads and sends back.
import HTTPTypes
import Hummingbird

/// Puts sessions into browsers.
public enum SessionCookies {
    /// The cookie with the session's token.
    public static let session = "millrace_session"
    /// The cookie with the CSRF token.
    public static let csrf = "millrace_csrf"
    static let csrfHeader: HTTPField.Name = .csrfToken

    /// Begins a session in the browser that gets `response`.
    public static func begin(
        _ session: (principal: Principal, token: String), of tokens: SessionTokens, on response: inout Response,
        for request: Request
    ) {
        let seconds = Int(tokens.settings.lifetime.components.seconds)
        let isSecure = request.isSecure
        response.setCookie(cookie(Self.session, session.token, seconds, isSecure, httpOnly: true))
        response.setCookie(cookie(csrf, tokens.csrfToken(for: session.principal), seconds, isSecure, httpOnly: false))
    }

    /// Ends the browser's session. The token itself stays valid until its end unless ``SessionTokens/Acceptance`` says
    /// no.
    public static func end(on response: inout Response, for request: Request) {
        response.setCookie(cookie(session, "", 0, request.isSecure, httpOnly: true))
        response.setCookie(cookie(csrf, "", 0, request.isSecure, httpOnly: false))
    }

    private static func cookie(
        _ name: String, _ value: String, _ seconds: Int, _ isSecure: Bool, httpOnly: Bool
    ) -> Cookie {
        Cookie(
            name: name, value: value, maxAge: seconds, path: "/", secure: isSecure, httpOnly: httpOnly, sameSite: .lax)
    }
}

extension HTTPField.Name {
    static let csrfToken = Self.named("X-CSRF-Token")
    static let forwardedProtocol = Self.named("X-Forwarded-Proto")
    static let fetchSite = Self.named("Sec-Fetch-Site")
    static let forwardedFor = Self.named("X-Forwarded-For")
    static let lastEventID = Self.named("Last-Event-ID")
    static let accelBuffering = Self.named("X-Accel-Buffering")

    /// A name known to be one; the fallback is never reached for the constants above, which a test proves.
    static func named(_ name: String) -> Self { Self(name) ?? .via }
}

extension Request {
    /// True when the browser's side of the connection is TLS, as the proxy in front says.
    var isSecure: Bool { head.scheme == "https" || headers[.forwardedProtocol]?.lowercased() == "https" }
}
