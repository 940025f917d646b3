// SignedToken: claims as a JSON Web Token (RFC 7519) that is signed with HS256 (RFC 7518, 3.2) and nothing else.
import Cryptography
import Foundation

/// Signs claims with one key, and reads what was signed with it.
struct SignedToken: Sendable {
    let key: [UInt8]
    static let bytesMax = 4096
    private static let header = Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8).base64URL

    /// `claims` as JSON, signed.
    func text(_ claims: some Encodable) throws -> String {
        let signed = "\(Self.header).\(try JSONEncoder().encode(claims).base64URL)"
        return "\(signed).\(Data(HMAC.sha256(signed.utf8, key: key)).base64URL)"
    }

    /// The claims of `token`. Their end and audience are the caller's to check.
    /// - Throws: `.malformed` for what is no such token, `.forged` for a signature that is not ours or other claims.
    func claims<Claims: Decodable>(_ type: Claims.Type, of token: String) throws(SessionError) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.bytesMax, parts.count == 3, !parts[2].isEmpty,
            let header = Data(base64URL: String(parts[0])), Self.isOurAlgorithm(header)
        else { throw .malformed }
        // What we signed with other claims is no session either.
        guard let code = Data(base64URL: String(parts[2])),
            HMAC.isSHA256(code, of: "\(parts[0]).\(parts[1])".utf8, key: key),
            let payload = Data(base64URL: String(parts[1])),
            let claims = try? JSONDecoder().decode(type, from: payload)
        else { throw .forged }
        return claims
    }

    /// True when the token's own header says HS256: not `none`, and no algorithm whose key would be public.
    private static func isOurAlgorithm(_ data: Data) -> Bool {
        struct Header: Decodable {
            let alg: String
            let typ: String?
        }
        // Not JSON is as bad as another algorithm.
        guard let header = try? JSONDecoder().decode(Header.self, from: data) else { return false }
        return header.alg == "HS256" && (header.typ ?? "JWT") == "JWT"
    }
}

extension Data {
    /// Reads base64url without padding, as JWTs have it.
    init?(base64URL text: String) {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }

    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
