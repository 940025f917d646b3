// ImpersonatedTokens: an account that may act as another one asks for that one's tokens.
import Curl
import Foundation

/// Tokens of a service account, got with those of another account.
struct ImpersonatedTokens: TokenSource {
    private let address: String
    private let delegates: [String]
    private let base: any TokenSource
    private let http: HTTPClient

    var name: String { "\(HTTPClient.place(of: address)), as \(base.name)" }

    /// - Parameter address: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/…:generateAccessToken`.
    init(address: String, delegates: [String], base: any TokenSource, http: HTTPClient) {
        self.address = address
        self.delegates = delegates
        self.base = base
        self.http = http
    }

    /// - Parameters:
    ///   - account: Its address, `loader@shop.iam.gserviceaccount.com`.
    ///   - delegates: Accounts between the two, each of which may act as the next.
    init(
        account: String, delegates: [String], base: any TokenSource, http: HTTPClient,
        service: String = "https://iamcredentials.googleapis.com"
    ) {
        self.init(
            address: "\(service)/v1/projects/-/serviceAccounts/\(WebText.encoded(account)):generateAccessToken",
            delegates: delegates, base: base, http: http)
    }

    private struct Request: Encodable {
        let scope: [String]
        let lifetime = "3600s"
        let delegates: [String]?
    }

    private struct Answer: Decodable {
        let accessToken: String
        /// `2026-11-29T22:00:00Z`.
        let expireTime: String
    }

    func fetch() async throws(LoginError) -> AccessToken {
        let own = try await base.fetch()
        let body: Data
        do {
            body = try JSONEncoder().encode(
                Request(scope: [GoogleScope.bigQuery], delegates: delegates.isEmpty ? nil : delegates))
        } catch {
            throw LoginError(description: "a request for a token cannot be written: \(error)")
        }
        let answer: Answer = try await TokenRequest.send(
            OutgoingRequest(
                "POST", address,
                headers: [("Authorization", "Bearer \(own.value)"), ("Content-Type", "application/json")],
                body: .bytes([UInt8](body)), isIdempotent: true), http: http)
        // It may have fractions of a second, which the strategy does not take.
        let expireTime = answer.expireTime.replacing(/\.[0-9]+/, with: "")
        guard let expiresAt = try? Date(expireTime, strategy: .iso8601) else {
            throw LoginError(
                description: "\(HTTPClient.place(of: address)) gave a token that ends at \(answer.expireTime)")
        }
        return AccessToken(value: answer.accessToken, expiresAt: expiresAt)
    }
}
