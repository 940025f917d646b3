// TokenRequest: asks a server of Google's for a token, and reads its answer.
import Curl
import Foundation

/// What the tokens of all sources are good for.
enum GoogleScope {
    static let bigQuery = "https://www.googleapis.com/auth/bigquery"
    /// To act as another account.
    static let platform = "https://www.googleapis.com/auth/cloud-platform"
}

/// An answer of OAuth 2.0 (RFC 6749, 5.1).
struct TokenAnswer: Decodable {
    let accessToken: String
    /// Seconds.
    let expiresIn: Double
}

enum TokenRequest {
    /// For names like `access_token`; those that have no underscore stay as they are.
    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// Sends a form, and once more where that may help.
    /// - Throws: With what the server said; never with what was sent.
    static func form(
        _ fields: [(String, String)], to address: String, http: HTTPClient, now: @Sendable () -> Date
    ) async throws(LoginError) -> AccessToken {
        let body = fields.map { "\(WebText.encoded($0))=\(WebText.encoded($1))" }.joined(separator: "&")
        let asked = now()
        let answer: TokenAnswer = try await send(
            OutgoingRequest(
                "POST", address, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: .bytes(Array(body.utf8)), isIdempotent: true), http: http)
        return AccessToken(value: answer.accessToken, expiresAt: asked.addingTimeInterval(answer.expiresIn))
    }

    /// Sends a request that may be repeated, and decodes its answer.
    static func send<Answer: Decodable>(_ request: OutgoingRequest, http: HTTPClient) async throws(LoginError) -> Answer
    {
        let response: BufferedResponse
        do throws(CurlError) {
            response = try await http.send(request)
        } catch {
            throw LoginError(description: error.description, isRetriable: error.isRetriable)
        }
        guard response.status == 200 else {
            throw LoginError(
                description: "\(HTTPClient.place(of: request.url)) answered \(response.status)\(reason(response.body))",
                isRetriable: response.status == 429 || response.status >= 500)
        }
        do {
            return try decoder.decode(Answer.self, from: Data(response.body))
        } catch {
            throw LoginError(description: "\(HTTPClient.place(of: request.url)) gave an answer without a token")
        }
    }

    /// `: invalid_grant, Invalid JWT Signature.`: OAuth's form of errors, or that of Google's other servers.
    private static func reason(_ body: [UInt8]) -> String {
        struct Failure: Decodable {
            struct Detail: Decodable {
                let status: String?
                let message: String?
            }
            let code: String?
            let description: String?
            enum CodingKeys: String, CodingKey { case code = "error", description = "error_description" }

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: CodingKeys.self)
                if let detail = try? fields.decode(Detail.self, forKey: .code) {
                    (code, description) = (detail.status, detail.message)
                } else {
                    code = try fields.decodeIfPresent(String.self, forKey: .code)
                    description = try fields.decodeIfPresent(String.self, forKey: .description)
                }
            }
        }
        guard let failure = try? JSONDecoder().decode(Failure.self, from: Data(body)) else { return "" }
        let words = [failure.code, failure.description].compactMap { $0 }
        return words.isEmpty ? "" : ": " + words.joined(separator: ", ")
    }
}

/// Text in addresses and forms.
enum WebText {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)

    /// Every byte but those that mean themselves everywhere (RFC 3986, 2.3) is written as `%2F`.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if plain.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    /// Base64 for addresses, without padding (RFC 4648, 5).
    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension HTTPClient {
    /// `oauth2.googleapis.com`, for messages.
    static func place(of address: String) -> String { URL(string: address)?.host() ?? address }
}
