// LoginRedirect: the way to the log-in page and back. Back leads only to the host name that the visitor already uses:
// any other address would make the log-in page a tool for phishing.
import Foundation
import Hummingbird

/// Addresses around the log-in page.
public enum LoginRedirect {
    /// The log-in page's address for a visitor of `request`, with the way back in `next`.
    static func location(of login: LoginAddress, for request: Request) throws(Problem) -> String {
        guard let authority = request.head.authority, let host = HostName.host(ofAuthority: authority) else {
            throw Problem(.badRequest, "The Host header is not a host name.")
        }
        let scheme = request.isSecure ? "https" : "http"
        let page: String
        var next = request.uri.string
        switch login {
        case .path(let path): page = path
        case .port(let port, let path):
            page = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
            next = "\(scheme)://\(authority)\(next)"
        case .url(let url):
            page = url
            next = "\(scheme)://\(authority)\(next)"
        }
        return page + (page.contains("?") ? "&" : "?") + "next=" + escaped(next)
    }

    /// `next` when it may be followed after a log-in on `request`'s host, else `nil`: a path of this service, or an
    /// http(s) address on the same host name, whatever its port.
    public static func safeTarget(_ next: String, for request: Request) -> String? {
        guard let authority = request.head.authority, let host = HostName.host(ofAuthority: authority) else {
            return nil
        }
        return safeTarget(next, host: host)
    }

    static func safeTarget(_ next: String, host: String) -> String? {
        // Browsers read `\` as `/` and skip control characters: an address with either is not what it seems.
        guard !next.isEmpty, next.utf8.count <= 2048,
            next.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F && $0 != "\\" })
        else { return nil }
        if next.hasPrefix("/") { return next.hasPrefix("//") ? nil : next }
        guard next.hasPrefix("http://") || next.hasPrefix("https://"), let url = URL(string: next),
            url.user() == nil, url.password() == nil, url.host()?.lowercased() == host.lowercased(),
            next.dropFirst(next.hasPrefix("https") ? 8 : 7).first.map({ $0 != "/" }) == true
        else { return nil }
        return next
    }

    private static func escaped(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

/// Host names as they come in headers.
enum HostName {
    /// The host of `host[:port]`; `nil` when it is not made of a host name's characters.
    static func host(ofAuthority authority: String) -> String? {
        guard let url = URL(string: "http://\(authority)/"), let host = url.host(), !host.isEmpty,
            url.user() == nil, url.path() == "/", url.query() == nil, url.fragment() == nil,
            authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return host
    }

    /// `host[:port]` of an address, as a Host header has it.
    static func authority(of url: URL) -> String? {
        guard let host = url.host() else { return nil }
        let name = host.contains(":") ? "[\(host)]" : host
        return url.port.map { "\(name):\($0)" } ?? name
    }
}
