// RS256: signatures by an RSA key over SHA-256 (RFC 8017, PKCS #1 v1.5; RS256 in RFC 7518), by the system's OpenSSL.
import CLibcrypto

/// Signs with a private RSA key. The key is kept as text and read for each signature, so that the value may be copied and used
/// by any task; signing is rare.
public struct RS256Signer: Sendable {
    /// Why a key cannot be used; says nothing of what is in it.
    public struct KeyError: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    private let pem: [UInt8]

    /// - Parameter pem: `-----BEGIN PRIVATE KEY-----` …, or `RSA PRIVATE KEY`, without a passphrase.
    /// - Throws: When that is no RSA key.
    public init(pem: String) throws(KeyError) {
        self.pem = Array(pem.utf8)
        _ = try Key(self.pem)
    }

    /// The signature of `bytes`, as long as the key's modulus.
    public func signature(of bytes: some Collection<UInt8>) throws(KeyError) -> [UInt8] {
        let key = try Key(pem)
        let bytes = Array(bytes)
        guard let context = EVP_MD_CTX_new() else {
            throw KeyError(description: "OpenSSL has no memory for a signature")
        }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.raw) == 1,
            EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1
        else { throw KeyError(description: "OpenSSL cannot sign with the key") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1 else {
            throw KeyError(description: "OpenSSL could not sign with the key")
        }
        return Array(signature.prefix(count))
    }

    private struct Key: ~Copyable {
        let raw: OpaquePointer

        init(_ pem: [UInt8]) throws(KeyError) {
            guard let source = BIO_new_mem_buf(pem, Int32(pem.count)) else {
                throw KeyError(description: "OpenSSL has no memory for a key")
            }
            defer { BIO_free(source) }
            // Without a function of ours, OpenSSL would ask for a passphrase at the terminal.
            guard let raw = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) else {
                throw KeyError(description: "the private key is not in PEM form, or has a passphrase")
            }
            guard EVP_PKEY_get_base_id(raw) == NID_rsaEncryption else {
                EVP_PKEY_free(raw)
                throw KeyError(description: "the private key is not an RSA key")
            }
            self.raw = raw
        }

        deinit { EVP_PKEY_free(raw) }
    }
}
