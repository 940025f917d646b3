// SMTPServer: hands mail over to a mail server.
import CLibcurl
import Foundation

/// A mail server that takes our mail.
public struct SMTPServer: Sendable {
    /// How the connection is protected.
    public enum Security: String, Sendable, CaseIterable {
        /// Starts plain and must become TLS before anything is said (port 587).
        case startTLS = "starttls"
        /// TLS from the first byte (port 465).
        case tls
        /// None. For a server on this machine; with a log-in it is refused.
        case none
    }

    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    public var password: String?
    public var trust: TrustSettings
    public var limits: RequestLimits

    public init(
        host: String, port: Int, security: Security = .startTLS, user: String? = nil, password: String? = nil,
        trust: TrustSettings = .environment(), limits: RequestLimits = RequestLimits()
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.trust = trust
        self.limits = limits
    }

    func check() throws(CurlError) {
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/@?#\\".utf8.contains($0) }),
            (1...65535).contains(port)
        else { throw .invalidRequest("the mail server's host or port is not one") }
        guard security != .none || (user == nil && password == nil) else {
            throw .invalidRequest("a log-in over a connection without TLS would show the password to everyone")
        }
    }
}

extension HTTPClient {
    /// Gives `mail` to `server`. Returns when the server has taken it.
    /// - Throws: ``CurlError``; `isRetriable` says whether the same mail may be given again later. After
    ///   ``CurlError/connectionLost(host:reason:)`` the server may have it already.
    public func send(_ mail: Mail, through server: SMTPServer) async throws(CurlError) {
        try server.check()
        let text = try mail.text(now: Date())
        let transfer = Transfer(host: server.host, isMail: true, responseBytesMax: 1 << 20, tellsHeadEarly: false)
        transfer.setUpload(Array(text.utf8))
        try await run(transfer) { handle in
            handle.set(
                CURLOPT_URL,
                "\(server.security == .tls ? "smtps" : "smtp")://\(server.host):\(server.port)/\(mail.from.domain)")
            handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
            handle.set(
                CURLOPT_USE_SSL, Int(server.security == .startTLS ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue))
            server.trust.apply(to: handle)
            server.limits.apply(to: handle)
            if let user = server.user { handle.set(CURLOPT_USERNAME, user) }
            if let password = server.password { handle.set(CURLOPT_PASSWORD, password) }
            handle.set(CURLOPT_MAIL_FROM, "<\(mail.from.address)>")
            handle.set(CURLOPT_MAIL_RCPT, mail.to.map { "<\($0.address)>" })
            handle.set(CURLOPT_UPLOAD, 1)
        }
    }
}
