// From libcurl's codes to ours.
import CLibcurl

extension CurlError {
    /// - Parameters:
    ///   - reason: What libcurl wrote into its error buffer; its words for the code when empty.
    ///   - responseCode: The last answer of the server; for SMTP the code of a refusal.
    init(_ code: CURLcode, host: String, reason: String, responseCode: Int, isMail: Bool) {
        let words = reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidRequest(words)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .cannotResolve(host: host)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            self = .cannotConnect(host: host, reason: words)
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(host: host, reason: words)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .untrusted(host: host, reason: words)
        case CURLE_LOGIN_DENIED: self = .loginRefused(host: host)
        case _ where isMail && responseCode >= 400: self = .rejected(host: host, code: responseCode, reason: words)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_SEND_FAIL_REWIND:
            self = .connectionLost(host: host, reason: words)
        default: self = .other(host: host, code: Int(code.rawValue), reason: words)
        }
    }
}
