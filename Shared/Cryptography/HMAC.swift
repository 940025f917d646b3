// HMAC: keyed digests (RFC 2104), keys derived from keys (RFC 5869), and their comparison, by the system's OpenSSL.
import CLibcrypto

/// HMAC with SHA-256.
public enum HMAC {
    /// The code of `bytes` under `key`: 32 bytes.
    public static func sha256(_ bytes: some Collection<UInt8>, key: some Collection<UInt8>) -> [UInt8] {
        let (bytes, key) = (Array(bytes), Array(key))
        return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            // An empty key is a key of no bytes; NULL would mean the one before.
            let made = (key.isEmpty ? [0] : key).withUnsafeBufferPointer { keyBytes in
                CLibcrypto.HMAC(
                    EVP_sha256(), keyBytes.baseAddress, Int32(key.count), bytes, bytes.count, buffer.baseAddress, nil)
            }
            precondition(made != nil, "OpenSSL has no HMAC")
            count = SHA256.byteCount
        }
    }

    /// True when `code` is that of `bytes` under `key`; how long it takes tells nothing of where they differ.
    public static func isSHA256(
        _ code: some Collection<UInt8>, of bytes: some Collection<UInt8>, key: some Collection<UInt8>
    ) -> Bool {
        isEqual(Array(code), sha256(bytes, key: key))
    }

    /// A key of up to 32 bytes, derived for `purpose` from a key that has enough chance in it: HKDF with SHA-256, without
    /// a salt, one block.
    public static func derivedKey(from key: some Collection<UInt8>, purpose: String) -> [UInt8] {
        let extracted = sha256(key, key: [UInt8](repeating: 0, count: SHA256.byteCount))
        return sha256(Array(purpose.utf8) + [1], key: extracted)
    }
}

/// Compares in a time that depends on the lengths alone.
public func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
}
