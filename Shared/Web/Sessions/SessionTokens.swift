// SessionTokens: sessions as signed tokens (JWT, HS256), and the token that proves a change was asked for by our page.
// Always: only HS256 with our key is a signature; a token without an end, for another audience or of an unknown role is
// nobody's.
import Cryptography
import Foundation

/// Why a token was not taken. Says nothing that would help to forge one.
public enum SessionError: Error, Equatable {
    case malformed, forged, expired, revoked
    /// Whether it stands cannot be found out now; with the reason, for its owner.
    case unchecked(String)
}

/// Whether a session that is signed and in time still stands.
public enum SessionVerdict: Sendable, Equatable {
    case stands
    /// Its user logged out, lost rights, changed the password or is gone.
    case ended
    /// What would tell does not answer; with the reason, for whoever asks.
    case unknown(String)
}

/// Issues and reads sessions.
public struct SessionTokens: Sendable {
    /// Asked of every session that is otherwise valid. bi-api asks its users' table, the others what bi-api told them
    /// (``EndedSessions``).
    public typealias Acceptance = @Sendable (Principal, _ issuedAt: Date) async -> SessionVerdict

    public let settings: SessionSettings
    private let signed: SignedToken
    private let csrfKey: [UInt8]
    private let accepts: Acceptance
    private let now: @Sendable () -> Date
    private static let audience = "millrace"

    /// - Parameter now: The clock, for tests.
    public init(
        _ settings: SessionSettings, accepts: @escaping Acceptance = { _, _ in .stands },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.settings = settings
        self.accepts = accepts
        self.now = now
        signed = SignedToken(key: Array(settings.secret.utf8))
        csrfKey = HMAC.derivedKey(from: settings.secret.utf8, purpose: "millrace csrf")
    }

    /// A new session of a user, and its token.
    /// - Parameter at: When what the token says of the user was true, by the clock that ends of sessions go by; now by
    ///   default.
    public func issue(
        subject: String, name: String, role: Role, at: Date? = nil
    ) async throws -> (principal: Principal, token: String) {
        let issued = at ?? now()
        let claims = SessionClaims(
            sub: subject, name: name, role: role.rawValue, aud: .init(Self.audience),
            exp: (issued.timeIntervalSince1970 + Double(settings.lifetime.components.seconds)).rounded(.down),
            iat: issued.timeIntervalSince1970.rounded(.down), at: issued.timeIntervalSince1970,
            jti: UUID().uuidString.lowercased())
        let principal = Principal(subject: subject, name: name, role: role, session: claims.jti, means: .cookie)
        return (principal, try signed.text(claims))
    }

    /// Whose session `token` is.
    public func verify(_ token: String) async throws(SessionError) -> Principal {
        let claims = try signed.claims(SessionClaims.self, of: token)
        guard let role = Role(rawValue: claims.role), claims.aud.names.contains(Self.audience) else { throw .forged }
        guard claims.exp > now().timeIntervalSince1970 else { throw .expired }
        let principal = Principal(subject: claims.sub, name: claims.name, role: role, session: claims.jti)
        switch await accepts(principal, Date(timeIntervalSince1970: claims.at ?? claims.iat)) {
        case .stands: return principal
        case .ended: throw .revoked
        case .unknown(let reason): throw .unchecked(reason)
        }
    }

    /// The token that a page sends back in `X-CSRF-Token` with every change it asks for in this session.
    public func csrfToken(for principal: Principal) -> String {
        Data(HMAC.sha256(principal.session.utf8, key: csrfKey)).base64URL
    }

    func isCSRFToken(_ token: String, of principal: Principal) -> Bool {
        guard let code = Data(base64URL: token) else { return false }
        return HMAC.isSHA256(code, of: principal.session.utf8, key: csrfKey)
    }
}

private struct SessionClaims: Codable {
    let sub: String, name: String, role: String
    let aud: Audience
    /// Seconds since 1970.
    let exp: Double, iat: Double
    /// `iat` to the microsecond: a password that was changed in the second of a log-in ends that session or does not.
    let at: Double?
    let jti: String

    /// One name or several, as RFC 7519 allows.
    struct Audience: Codable {
        let names: [String]

        init(_ name: String) { names = [name] }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let name = try? value.decode(String.self) {  // otherwise a list
                names = [name]
            } else {
                names = try value.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            try value.encode(names[0])
        }
    }
}
