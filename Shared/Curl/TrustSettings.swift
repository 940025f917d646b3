import CLibcurl
import Foundation

/// Whom TLS trusts. Verification itself cannot be turned off.
public struct TrustSettings: Sendable, Equatable {
    /// A file of CA certificates (PEM) instead of the system's.
    public var certificateFile: String?
    /// A folder of CA certificates, hashed as OpenSSL does.
    public var certificateFolder: String?

    public init(certificateFile: String? = nil, certificateFolder: String? = nil) {
        self.certificateFile = certificateFile
        self.certificateFolder = certificateFolder
    }

    /// What `CURL_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR` say. Proxies (`https_proxy`, `no_proxy` …) are read by
    /// libcurl itself.
    public static func environment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> TrustSettings {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        return TrustSettings(
            certificateFile: value("CURL_CA_BUNDLE") ?? value("SSL_CERT_FILE"),
            certificateFolder: value("SSL_CERT_DIR"))
    }

    func apply(to handle: borrowing EasyHandle) {
        handle.set(CURLOPT_SSL_VERIFYPEER, 1)
        handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let certificateFile { handle.set(CURLOPT_CAINFO, certificateFile) }
        if let certificateFolder { handle.set(CURLOPT_CAPATH, certificateFolder) }
    }
}
