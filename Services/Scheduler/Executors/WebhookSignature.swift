// WebhookSignature: by which a receiver knows that a request is ours, whole, and not an old one sent again.
import Cryptography
import Foundation

enum WebhookSignature {
    static let name = "X-Millrace-Signature"

    /// `t=SECONDS,v1=HEX`: HMAC-SHA-256 of `SECONDS.BODY` under the secret.
    static func header(_ body: [UInt8], secret: String, at now: Date) -> (name: String, value: String) {
        let seconds = String(Int64(now.timeIntervalSince1970))
        let code = HMAC.sha256(Array("\(seconds).".utf8) + body, key: Array(secret.utf8))
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return (name, "t=\(seconds),v1=\(hex)")
    }
}
