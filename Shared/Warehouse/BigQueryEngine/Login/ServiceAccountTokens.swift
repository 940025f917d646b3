// ServiceAccountTokens: a service account's key signs a claim, which Google exchanges for a token (RFC 7523).
import Cryptography
import Curl
import Foundation

/// Tokens of a service account whose private key is at hand.
struct ServiceAccountTokens: TokenSource {
    let account: String
    let keyID: String?
    let signer: RS256Signer
    let address: String
    let path: String
    let http: HTTPClient
    let now: @Sendable () -> Date

    var name: String { "service account \(account) (key file \(path))" }

    private struct Header: Encodable {
        let alg = "RS256"
        let typ = "JWT"
        let kid: String?
    }

    private struct Claims: Encodable {
        let iss: String
        let scope: String
        let aud: String
        /// Seconds since 1970.
        let iat: Int
        let exp: Int
    }

    func fetch() async throws(LoginError) -> AccessToken {
        try await TokenRequest.form(
            [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", try claim())], to: address,
            http: http, now: now)
    }

    /// A claim that holds for an hour, which is the most that Google takes.
    private func claim() throws(LoginError) -> String {
        let issuedAt = Int(now().timeIntervalSince1970)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            let header = try encoder.encode(Header(kid: keyID))
            let claims = try encoder.encode(
                Claims(
                    iss: account, scope: "\(GoogleScope.bigQuery) \(GoogleScope.platform)", aud: address, iat: issuedAt,
                    exp: issuedAt + 3_600))
            let signed = "\(WebText.base64URL(header)).\(WebText.base64URL(claims))"
            return "\(signed).\(WebText.base64URL(try signer.signature(of: signed.utf8)))"
        } catch {
            throw LoginError(description: "\(name) cannot sign: \(error)")
        }
    }
}

/// Tokens of a person, for whom `gcloud auth application-default login` left a refresh token.
struct UserTokens: TokenSource {
    let clientID: String
    let clientSecret: String
    let refreshToken: String
    let address: String
    let path: String
    let http: HTTPClient
    let now: @Sendable () -> Date

    var name: String { "the person who logged in with gcloud (\(path))" }

    func fetch() async throws(LoginError) -> AccessToken {
        try await TokenRequest.form(
            [
                ("grant_type", "refresh_token"), ("client_id", clientID), ("client_secret", clientSecret),
                ("refresh_token", refreshToken),
            ], to: address, http: http, now: now)
    }
}
