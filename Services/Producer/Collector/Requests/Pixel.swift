import Foundation
import NIOHTTP1

/// Calls as the address of an image, for mails and pages without script.
///
/// `?writeKey=…&data=<base64 of the call>`, or the call's parts by name: `event`, `userId`, `anonymousId`, `messageId`,
/// `timestamp`, `url`, `referrer`, `name`; any other is a property.
enum Pixel {
    /// `pixel.gif` is a page, or a track when it names an event.
    static let paths: [String: String] = [
        "/v1/pixel.gif": "", "/pixel/v1/page": "page", "/pixel/v1/track": "track",
    ]

    /// One transparent dot.
    static let image: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF,
        0xFF, 0x21, 0xF9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00,
        0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3B,
    ]

    private static let own: Set<String> = ["event", "userId", "anonymousId", "messageId", "timestamp", "name"]

    static func judge(_ request: CollectorRequest, referer: String?, by judge: RequestJudge) -> Verdict {
        let query = Credentials.query(request.query)
        let body: [UInt8]
        if let data = query["data"] {
            let padded = data.replacing("-", with: "+").replacing("_", with: "/")
            let text = padded.replacing(" ", with: "+") + String(repeating: "=", count: (4 - data.count % 4) % 4)
            guard let decoded = Data(base64Encoded: text) else {
                return .answer(.problem(.badRequest, "data must be base64 of a call in JSON."))
            }
            body = Array(decoded)
        } else {
            body = call(query, referer)
        }
        var request = request
        let named = Self.paths[request.path] ?? ""
        let call = named.isEmpty ? (query["event"] == nil ? "page" : "track") : named
        request.path = "/v1/\(call)"
        request.contentEncoding = nil
        let verdict = body.withUnsafeBytes { judge.judge(request, body: $0) }
        var seen = Answer(.ok, contentType: "image/gif", body: image)
        switch verdict {
        case .deliver(let deliveries, let answer, let rejected) where answer.status == .ok:
            seen.headers = answer.headers
            return .deliver(deliveries, seen, rejected: rejected)
        default: return verdict
        }
    }

    private static func call(_ query: [String: String], _ referer: String?) -> [UInt8] {
        var members: [String] = []
        var properties: [String] = []
        var page: [String] = []
        for (name, value) in query.sorted(by: { $0.key < $1.key }) {
            let member = "\(JSONText.quoted(name)):\(JSONText.quoted(value))"
            switch name {
            case "writeKey", "write_key": continue
            case "url", "referrer": page.append(member)
            case _ where own.contains(name): members.append(member)
            default: properties.append(member)
            }
        }
        if query["url"] == nil, let referer { page.append("\"url\":\(JSONText.quoted(referer))") }
        members.append("\"context\":{\"page\":{\(page.joined(separator: ","))}}")
        if !properties.isEmpty { members.append("\"properties\":{\(properties.joined(separator: ","))}") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}
