import Foundation

/// The write key of a request, in any of the ways in which SDKs send it.
enum Credentials {
    /// From the header: `Basic base64(key:)`, with or without the colon, or `Bearer key`.
    static func key(authorization: String?) -> [UInt8]? {
        guard let authorization, let space = authorization.firstIndex(of: " ") else { return nil }
        let value = authorization[authorization.index(after: space)...].trimmingCharacters(in: .whitespaces)
        switch authorization[..<space].lowercased() {
        case "basic":
            guard let decoded = Data(base64Encoded: value) else { return nil }
            let key = Array(decoded.prefix { $0 != UInt8(ascii: ":") })
            return key.isEmpty ? nil : key
        case "bearer": return value.isEmpty ? nil : Array(value.utf8)
        default: return nil
        }
    }

    /// From the query, for pixels and beacons: `?writeKey=…`.
    static func key(query: [String: String]) -> [UInt8]? {
        (query["writeKey"] ?? query["write_key"]).flatMap { $0.isEmpty ? nil : Array($0.utf8) }
    }

    /// `a=1&b=2`, decoded; what cannot be decoded stays as it is written. Of names that come twice the first counts.
    static func query(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        for pair in text.split(separator: "&").prefix(100) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { part in
                let text = part.replacing("+", with: " ")
                return text.removingPercentEncoding ?? String(text)
            }
            guard let name = decoded.first, !name.isEmpty, found[name] == nil else { continue }
            found[name] = decoded.count > 1 ? decoded[1] : ""
        }
        return found
    }
}
