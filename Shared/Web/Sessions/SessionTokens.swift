// SessionTokens: sessions as signed tokens (JWT, HS256), and the token that proves a change was asked for by our page.
// Always: only HS256 with our key is a signature; a token without an end, for another audience or of an unknown role is
// nobody's.
import Crypto
import Foundation
import JWTKit

/// Why a token was not taken. Says nothing that would help to forge one.
public enum SessionError: Error, Equatable {
    case malformed, forged, expired, revoked
}

/// Issues and reads sessions.
public struct SessionTokens: Sendable {
    /// Asked of every session that is otherwise valid; `false` ends it. bi-api says no to users who logged out, lost
    /// their rights or changed their password.
    public typealias Acceptance = @Sendable (Principal, _ issuedAt: Date) async -> Bool

    public let settings: SessionSettings
    private let keys: JWTKeyCollection
    private let csrfKey: SymmetricKey
    private let accepts: Acceptance
    private let now: @Sendable () -> Date
    private static let audience = "millrace"
    private static let bytesMax = 4096

    /// - Parameter now: The clock, for tests.
    public init(
        _ settings: SessionSettings, accepts: @escaping Acceptance = { _, _ in true },
        now: @escaping @Sendable () -> Date = { Date() }
    ) async {
        self.settings = settings
        self.accepts = accepts
        self.now = now
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(key: SymmetricKey(data: Data(settings.secret.utf8))), digestAlgorithm: .sha256)
        csrfKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(settings.secret.utf8)), info: Data("millrace csrf".utf8),
            outputByteCount: 32)
    }

    /// A new session of a user, and its token.
    public func issue(
        subject: String, name: String, role: Role
    ) async throws -> (principal: Principal, token: String) {
        let issued = now()
        let claims = SessionClaims(
            sub: .init(value: subject), name: name, role: role.rawValue, aud: .init(value: [Self.audience]),
            exp: .init(value: issued.addingTimeInterval(Double(settings.lifetime.components.seconds))),
            iat: .init(value: issued), jti: .init(value: UUID().uuidString.lowercased()))
        let principal = Principal(subject: subject, name: name, role: role, session: claims.jti.value, means: .cookie)
        return (principal, try await keys.sign(claims))
    }

    /// Whose session `token` is.
    public func verify(_ token: String) async throws(SessionError) -> Principal {
        guard token.utf8.count <= Self.bytesMax, Self.isOurAlgorithm(token) else { throw .malformed }
        let claims: SessionClaims
        do {
            claims = try await keys.verify(token, as: SessionClaims.self)
        } catch {
            throw .forged
        }
        guard let role = Role(rawValue: claims.role), claims.aud.value.contains(Self.audience) else { throw .forged }
        guard claims.exp.value > now() else { throw .expired }
        let principal = Principal(subject: claims.sub.value, name: claims.name, role: role, session: claims.jti.value)
        guard await accepts(principal, claims.iat.value) else { throw .revoked }
        return principal
    }

    /// The token that a page sends back in `X-CSRF-Token` with every change it asks for in this session.
    public func csrfToken(for principal: Principal) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(principal.session.utf8), using: csrfKey)
        return Data(code).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func isCSRFToken(_ token: String, of principal: Principal) -> Bool {
        guard let code = Data(base64URL: token) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Data(principal.session.utf8), using: csrfKey)
    }

    /// True when the token's own header says HS256: not `none`, and no algorithm whose key would be public.
    private static func isOurAlgorithm(_ token: String) -> Bool {
        struct Header: Decodable {
            let alg: String
            let typ: String?
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].isEmpty, let data = Data(base64URL: String(parts[0])),
            let header = try? JSONDecoder().decode(Header.self, from: data)  // not JSON is as bad as another algorithm
        else { return false }
        return header.alg == "HS256" && (header.typ ?? "JWT") == "JWT"
    }
}

private struct SessionClaims: JWTPayload {
    let sub: SubjectClaim
    let name: String
    let role: String
    let aud: AudienceClaim
    let exp: ExpirationClaim
    let iat: IssuedAtClaim
    let jti: IDClaim

    /// The signature was checked by the caller; audience and end are checked by `SessionTokens`, which has the clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension Data {
    /// Base64url without padding, as JWTs have it.
    init?(base64URL text: String) {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
