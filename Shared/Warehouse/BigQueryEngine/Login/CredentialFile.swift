// CredentialFile: the JSON files in which Google hands out credentials.
import Cryptography
import Curl
import Foundation

/// What a credentials file says.
struct CredentialFile: Decodable {
    let type: String
    private let clientEmail: String?
    private let privateKey: String?
    private let privateKeyId: String?
    private let tokenUri: String?
    private let clientId: String?
    private let clientSecret: String?
    private let refreshToken: String?
    private let serviceAccountImpersonationUrl: String?
    private let delegates: [String]?
    private let sourceCredentials: Source?

    /// Credentials inside of others.
    private final class Source: Decodable, Sendable {
        let file: CredentialFile
        init(from decoder: any Decoder) throws { file = try CredentialFile(from: decoder) }
    }

    static let tokenAddress = "https://oauth2.googleapis.com/token"

    /// - Throws: When it is not JSON with a `type`. Nothing of what is in it is told.
    init(json: Data) throws(LoginError) {
        do {
            self = try TokenRequest.decoder.decode(CredentialFile.self, from: json)
        } catch {
            throw LoginError(description: "it is not a JSON object with a type")
        }
    }

    /// What gives tokens for it.
    func source(
        path: String, http: HTTPClient, now: @escaping @Sendable () -> Date
    ) throws(LoginError) -> any TokenSource {
        switch type {
        case "service_account":
            let signer: RS256Signer
            let pem = try required(privateKey, "private_key")
            do throws(RS256Signer.KeyError) {
                signer = try RS256Signer(pem: pem)
            } catch {
                throw LoginError(description: "private_key: \(error)")
            }
            return ServiceAccountTokens(
                account: try required(clientEmail, "client_email"), keyID: privateKeyId, signer: signer,
                address: tokenUri ?? Self.tokenAddress, path: path, http: http, now: now)
        case "authorized_user":
            return UserTokens(
                clientID: try required(clientId, "client_id"),
                clientSecret: try required(clientSecret, "client_secret"),
                refreshToken: try required(refreshToken, "refresh_token"), address: tokenUri ?? Self.tokenAddress,
                path: path, http: http, now: now)
        case "impersonated_service_account":
            guard let base = sourceCredentials?.file else {
                throw LoginError(description: "source_credentials is missing")
            }
            let address = try required(serviceAccountImpersonationUrl, "service_account_impersonation_url")
            return ImpersonatedTokens(
                address: address, delegates: delegates ?? [], base: try base.source(path: path, http: http, now: now),
                http: http)
        default:
            throw LoginError(
                description: "credentials of type \(type) are not supported; use service_account, authorized_user or "
                    + "impersonated_service_account")
        }
    }

    private func required(_ value: String?, _ name: String) throws(LoginError) -> String {
        guard let value, !value.isEmpty else { throw LoginError(description: "\(name) is missing") }
        return value
    }
}
