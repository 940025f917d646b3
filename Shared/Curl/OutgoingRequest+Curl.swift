// How a request becomes libcurl's options.
import CLibcurl

extension OutgoingRequest {
    func apply(to handle: inout EasyHandle, trust: TrustSettings) {
        handle.set(CURLOPT_URL, url)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        handle.set(CURLOPT_ACCEPT_ENCODING, "")  // every encoding that libcurl can undo
        handle.set(CURLOPT_FOLLOWLOCATION, limits.redirectsMax > 0 ? 1 : 0)
        handle.set(CURLOPT_MAXREDIRS, limits.redirectsMax)
        trust.apply(to: handle)
        limits.apply(to: handle)
        applyMethod(to: handle)
        // A header without a value is written with `;`; `Expect:` would make small requests wait for a `100 Continue`.
        handle.set(
            CURLOPT_HTTPHEADER,
            ["Expect:"] + headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" })
        if !headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
            handle.set(CURLOPT_USERAGENT, "millrace")
        }
    }

    private func applyMethod(to handle: borrowing EasyHandle) {
        if method == "HEAD" { handle.set(CURLOPT_NOBODY, 1) }
        switch body {
        case .none where !["POST", "PUT", "PATCH"].contains(method): break
        case .none: upload(0, to: handle)
        case .bytes(let bytes): upload(bytes.count, to: handle)
        case .stream: upload(-1, to: handle)
        }
        handle.set(CURLOPT_CUSTOMREQUEST, method)
    }

    private func upload(_ size: Int, to handle: borrowing EasyHandle) {
        handle.set(CURLOPT_UPLOAD, 1)
        handle.set(size: CURLOPT_INFILESIZE_LARGE, size)
    }
}

extension RequestLimits {
    func apply(to handle: borrowing EasyHandle) {
        handle.set(milliseconds: CURLOPT_CONNECTTIMEOUT_MS, connectMax)
        handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        handle.set(CURLOPT_LOW_SPEED_TIME, max(1, Int(idleMax / .seconds(1))))
        if let totalMax { handle.set(milliseconds: CURLOPT_TIMEOUT_MS, totalMax) }
        handle.set(size: CURLOPT_MAXFILESIZE_LARGE, responseBytesMax)
    }
}
